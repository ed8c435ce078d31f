"""users have a scope, and two more roles"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scope", sa.Text(), nullable=True))
        batch_op.drop_constraint(op.f("users_role"), type_="check")
        batch_op.create_check_constraint(
            op.f("users_role"), "role IN ('admin', 'dispatcher', 'viewer', 'shipper-manager', 'carrier')"
        )
