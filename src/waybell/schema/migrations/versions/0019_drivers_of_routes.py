"""routes keep how their driver was called"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("routes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("driver_login", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("driver_name", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("driver_number", sa.Integer(), nullable=True))

    # The members that were joined in until now.
    op.execute(
        "UPDATE routes SET"
        " driver_login = (SELECT username FROM drivers WHERE drivers.id = routes.driver_id),"
        " driver_name = (SELECT name FROM drivers WHERE drivers.id = routes.driver_id),"
        " driver_number = (SELECT number FROM drivers WHERE drivers.id = routes.driver_id)"
        " WHERE driver_id IS NOT NULL"
    )
