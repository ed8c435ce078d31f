"""the index of the endpoints that are down has them in order

Without their ids SQLite read all endpoints of the account, because they are asked for in order.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_DOWN = sa.text("(parked_at IS NOT NULL OR disabled_reason IN ('gone', 'parked too long'))")


def upgrade() -> None:
    op.drop_index("endpoints_down", "endpoints")
    op.create_index("endpoints_down", "endpoints", ["account_id", "id"], sqlite_where=_DOWN, postgresql_where=_DOWN)
