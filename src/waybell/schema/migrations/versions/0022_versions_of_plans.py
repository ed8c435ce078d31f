"""orders and routes have versions, routes can be locked, and an index finds the orders to be placed

The rows that are there begin with version 1, and nobody is on record as who planned them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TO_PLACE = sa.text("(status_id IS NULL AND route_id IS NULL OR status_id IN (2, 5)) AND deleted_at IS NULL")


def upgrade() -> None:
    op.add_column("routes", sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    for table in ("orders", "routes"):
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        op.add_column(table, sa.Column("planned_version", sa.Integer(), server_default="1", nullable=False))
        op.add_column(table, sa.Column("planned_at", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column("planned_by", sa.Text(), nullable=True))
    op.create_index(
        "orders_to_place", "orders", ["account_id", "date"], sqlite_where=_TO_PLACE, postgresql_where=_TO_PLACE
    )
