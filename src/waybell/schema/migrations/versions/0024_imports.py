"""imports of orders from files, and what undoing them takes"""

import sqlalchemy as sa
from alembic import op
import waybell.db.schema

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_mappings",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("columns", waybell.db.schema.Json(), nullable=False),
        sa.Column("changed_at", waybell.db.schema.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("import_mappings_account_id_fk")),
        sa.PrimaryKeyConstraint("account_id", "signature", name=op.f("import_mappings_pk")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("scope", waybell.db.schema.Json(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("look", waybell.db.schema.Json(), nullable=False),
        sa.Column("columns", waybell.db.schema.Json(), nullable=True),
        sa.Column("found", waybell.db.schema.Json(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("all_or_nothing", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("orders", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("warned", sa.Integer(), server_default="0", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("undone", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kept", sa.Integer(), server_default="0", nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("created_at", waybell.db.schema.Instant(), nullable=False),
        sa.Column("begun_at", waybell.db.schema.Instant(), nullable=True),
        sa.Column("finished_at", waybell.db.schema.Instant(), nullable=True),
        sa.Column("undone_at", waybell.db.schema.Instant(), nullable=True),
        sa.CheckConstraint(
            "state IN ('uploaded', 'checked', 'running', 'succeeded', 'canceled', 'undoing', 'undone')",
            name=op.f("imports_state"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("imports_account_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("imports_pk")),
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index("imports_account", ["account_id", "id"], unique=False)
        batch_op.create_index(
            "imports_active",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state IN ('running', 'undoing')"),
            postgresql_where=sa.text("state IN ('running', 'undoing')"),
        )
        batch_op.create_index("imports_hash", ["account_id", "file_hash"], unique=False)

    op.create_table(
        "import_changes",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("before", waybell.db.schema.Json(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("kept", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('created', 'updated', 'route')", name=op.f("import_changes_kind")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("import_changes_import_id_fk")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("import_changes_pk")),
    )
    op.create_table(
        "import_parts",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("import_parts_import_id_fk")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("import_parts_pk")),
    )
    op.create_table(
        "import_pieces",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("import_pieces_import_id_fk")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("import_pieces_pk")),
    )
