"""pictures of checks"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pictures", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("pictures_kind"), type_="check")
        batch_op.drop_constraint(op.f("pictures_of_order"), type_="check")
        batch_op.create_check_constraint(op.f("pictures_kind"), "kind IN ('photo', 'signature', 'logo', 'check')")
        batch_op.create_check_constraint(
            op.f("pictures_of_order"), "(kind IN ('photo', 'signature')) = (track_id IS NOT NULL)"
        )
