"""the audit trail knows who did it, and not only by a name"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default for existing rows, which neither database writes into the rows.
    op.add_column("audit_entries", sa.Column("actor_id", sa.Text(), server_default="", nullable=False))
