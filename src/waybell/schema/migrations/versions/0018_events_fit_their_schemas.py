"""events fit their schemas"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of types that are there nobody knows whether what is published fits: they are not checked until somebody says so.
    with op.batch_alter_table("custom_event_types") as batch_op:
        batch_op.add_column(sa.Column("check_data", sa.Boolean(), server_default=sa.text("false"), nullable=False))
