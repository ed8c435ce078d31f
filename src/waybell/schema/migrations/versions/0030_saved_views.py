"""users save views of lists"""

import sqlalchemy as sa
from alembic import op

from waybell.db.schema import Instant

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("saved_views_user_id_fk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "list", "name", name=op.f("saved_views_pk")),
    )
