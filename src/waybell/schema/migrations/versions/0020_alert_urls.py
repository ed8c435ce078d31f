"""alert URLs, and an index of the endpoints that are down"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_DOWN = sa.text("(parked_at IS NOT NULL OR disabled_reason IN ('gone', 'parked too long'))")
_ALERTS = sa.text("alerts AND state <> 'deleted'")


def upgrade() -> None:
    op.add_column("endpoints", sa.Column("alerts", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("endpoints_down", "endpoints", ["account_id"], sqlite_where=_DOWN, postgresql_where=_DOWN)
    op.create_index(
        "endpoints_alerts",
        "endpoints",
        ["account_id"],
        unique=True,
        sqlite_where=_ALERTS,
        postgresql_where=_ALERTS,
    )
