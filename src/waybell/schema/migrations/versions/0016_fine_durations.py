"""durations of attempts are counted in fine steps"""

import sqlalchemy as sa
from alembic import op

import waybell.db.schema

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# The former columns, and the step that stands for each: its bound. Most longer attempts were timeouts of 15 s.
_BOUNDS = {
    **{f"ms_{bound}": bound for bound in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)},
    "ms_more": 15000,
}


def upgrade() -> None:
    op.create_table(
        "endpoint_durations",
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("hour", waybell.db.schema.Instant(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("took_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("endpoint_id", "hour", "slot", "took_us", name=op.f("endpoint_durations_pk")),
    )
    for column, bound in _BOUNDS.items():
        op.execute(
            f"INSERT INTO endpoint_durations SELECT endpoint_id, hour, slot, {bound * 1000}, {column} "  # noqa: S608
            f"FROM endpoint_hours WHERE {column} > 0"
        )
    op.create_index("endpoint_durations_hour", "endpoint_durations", ["hour"])
    with op.batch_alter_table("endpoint_hours") as batch:
        for column in _BOUNDS:
            batch.drop_column(column)
