"""runs of estimates say when an estimate last changed"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("eta_runs", sa.Column("changed_at", sa.BigInteger(), nullable=True))
