"""exceptions of orders and routes"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_OPEN = sa.text("cleared_at IS NULL")
_CLEARED = sa.text("cleared_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "exceptions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("track_id", sa.Text(), nullable=True),
        sa.Column("route_id", sa.Text(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="exceptions_account_id_fk"),
        sa.PrimaryKeyConstraint("id", name="exceptions_pk"),
        sqlite_autoincrement=True,
    )
    for name, columns, where, unique in (
        ("exceptions_open", ["subject", "kind"], _OPEN, True),
        ("exceptions_open_of_account", ["account_id"], _OPEN, False),
        ("exceptions_open_of_route", ["route_id"], _OPEN, False),
        ("exceptions_cleared", ["cleared_at"], _CLEARED, False),
        ("exceptions_cleared_of_account", ["account_id", "cleared_at"], _CLEARED, False),
    ):
        op.create_index(name, "exceptions", columns, unique=unique, sqlite_where=where, postgresql_where=where)
