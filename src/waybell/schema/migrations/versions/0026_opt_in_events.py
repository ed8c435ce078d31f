"""whether an event is of an opt-in type

No event that is there is: the types come with this version. A version before this one leaves the column out and so
stores false, which holds for all that it records.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("opt_in", sa.Boolean(), server_default=sa.text("false"), nullable=False))
