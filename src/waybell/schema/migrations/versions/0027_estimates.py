"""estimates of orders on routes in progress"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "etas",
        sa.Column("track_id", sa.Text(), nullable=False),
        sa.Column("route_id", sa.Text(), nullable=False),
        sa.Column("first", sa.Text(), nullable=True),
        sa.Column("updated", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["route_id"], ["routes.id"], name="etas_route_id_fk"),
        sa.ForeignKeyConstraint(["track_id"], ["orders.track_id"], name="etas_track_id_fk"),
        sa.PrimaryKeyConstraint("track_id", name="etas_pk"),
    )
    op.create_index("etas_by_route", "etas", ["route_id"])
    op.create_table(
        "eta_runs",
        sa.Column("route_id", sa.Text(), nullable=False),
        sa.Column("ran_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["route_id"], ["routes.id"], name="eta_runs_route_id_fk"),
        sa.PrimaryKeyConstraint("route_id", name="eta_runs_pk"),
    )
    op.create_index("eta_runs_due", "eta_runs", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)

    # Routes that are in progress are estimated at once.
    op.execute(
        "INSERT INTO eta_runs (route_id, due_at, document)"
        " SELECT id, 0, '{}' FROM routes WHERE status = 'InProgress' AND deleted_at IS NULL"
    )
