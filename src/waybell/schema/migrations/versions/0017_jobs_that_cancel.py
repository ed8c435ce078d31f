"""jobs that cancel"""

import sqlalchemy as sa
from alembic import op

import waybell.db.schema

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# The table as it was: SQLite makes the table anew, and would lose the checks, because Alembic does not find them there.
_BEFORE = sa.Table(
    "retry_jobs",
    sa.MetaData(),
    sa.Column("id", sa.Text(), nullable=False),
    sa.Column("account_id", sa.Text(), nullable=False),
    sa.Column("endpoint_id", sa.Text(), nullable=False),
    sa.Column("what", sa.Text(), nullable=False),
    sa.Column("since", waybell.db.schema.Instant(), nullable=True),
    sa.Column("until", waybell.db.schema.Instant(), nullable=True),
    sa.Column("message_ids", waybell.db.schema.Json(), nullable=True),
    sa.Column("narrowed", waybell.db.schema.Json(), nullable=True),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Column("total", sa.Integer(), nullable=False),
    sa.Column("done", sa.Integer(), nullable=False),
    sa.Column("retried", sa.Integer(), nullable=False),
    sa.Column("position", sa.Text(), nullable=True),
    sa.Column("created_at", waybell.db.schema.Instant(), nullable=False),
    sa.Column("finished_at", waybell.db.schema.Instant(), nullable=True),
    sa.CheckConstraint("state IN ('running', 'succeeded', 'canceled')", name="retry_jobs_state"),
    sa.CheckConstraint("what IN ('failed', 'missed', 'selected')", name="retry_jobs_what"),
    sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name="retry_jobs_endpoint_id_fk"),
    sa.PrimaryKeyConstraint("id", name="retry_jobs_pk"),
    sa.Index("retry_jobs_endpoint", "endpoint_id", "id"),
    sa.Index(
        "retry_jobs_running",
        "id",
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
)


def upgrade() -> None:
    with op.batch_alter_table("retry_jobs", copy_from=_BEFORE) as batch_op:
        batch_op.add_column(sa.Column("act", sa.Text(), server_default="retry", nullable=False))
        batch_op.add_column(sa.Column("resume_at", waybell.db.schema.Instant(), nullable=True))
        batch_op.create_check_constraint(op.f("retry_jobs_act"), "act IN ('retry', 'cancel')")
        batch_op.drop_constraint(op.f("retry_jobs_what"), type_="check")
        batch_op.create_check_constraint(op.f("retry_jobs_what"), "what IN ('failed', 'missed', 'selected', 'waiting')")
