"""a picture that is sent again for an order is recognised

Pictures that are there already are not: nobody knows any more what was sent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pictures", sa.Column("sent_hash", sa.Text(), nullable=True))
