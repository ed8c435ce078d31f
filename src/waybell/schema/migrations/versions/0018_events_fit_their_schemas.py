"""events fit their schemas"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The published events of existing types may not fit, so these types are not checked until a caller asks for it.
    with op.batch_alter_table("custom_event_types") as batch_op:
        batch_op.add_column(sa.Column("check_data", sa.Boolean(), server_default=sa.text("false"), nullable=False))
