"""The tables of imports: the file, what its rows became, and what was changed, so that it can be undone."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, false

from waybell.db.schema import Instant, Json, metadata, partial_index

imports = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("user_id", Text, nullable=False),  # who uploaded the file
    Column("who", Text, nullable=False),  # the name of that person
    Column("scope", Json, nullable=False),  # the scope in which the orders are written
    Column("file_name", Text, nullable=False),
    Column("file_size", Integer, nullable=False),
    Column("file_hash", Text, nullable=False),  # SHA-256
    Column("look", Json, nullable=False),  # the first look at the file: how it is read, its headers, a sample
    Column("columns", Json),  # what a person has said about the columns
    Column("found", Json),  # what checking the file found: the decimal sign, values that can be read two ways
    Column("state", Text, nullable=False),
    CheckConstraint(
        "state IN ('uploaded', 'checked', 'running', 'succeeded', 'canceled', 'undoing', 'undone')", name="state"
    ),
    Column("all_or_nothing", Boolean, nullable=False, server_default=false()),
    Column("rows", Integer, nullable=False, server_default="0"),
    Column("orders", Integer, nullable=False, server_default="0"),
    Column("parts", Integer, nullable=False, server_default="0"),
    # By what will be done, and later was done, with the orders of the file.
    Column("created", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("warned", Integer, nullable=False, server_default="0"),
    Column("position", Integer, nullable=False, server_default="0"),  # parts carried out
    Column("undone", Integer, nullable=False, server_default="0"),  # changes taken back
    Column("kept", Integer, nullable=False, server_default="0"),  # changes that could not be taken back
    Column("why", Text),  # why it was undone by itself
    Column("created_at", Instant, nullable=False),
    Column("begun_at", Instant),
    Column("finished_at", Instant),
    Column("undone_at", Instant),
    Index("imports_account", "account_id", "id"),
    Index("imports_hash", "account_id", "file_hash"),
    partial_index("imports_active", "id", where="state IN ('running', 'undoing')"),
)

# The bytes of the file in pieces, so that no transaction is long.
import_pieces = Table(
    "import_pieces",
    metadata,
    Column("import_id", Text, ForeignKey("imports.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

import_parts = Table(
    "import_parts",
    metadata,
    Column("import_id", Text, ForeignKey("imports.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("refused", Integer, nullable=False),  # orders
    Column("warned", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),  # see parts.py
)

# What an import has changed, in this order.
import_changes = Table(
    "import_changes",
    metadata,
    Column("import_id", Text, ForeignKey("imports.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, nullable=False),  # of the file
    Column("kind", Text, nullable=False),
    CheckConstraint("kind IN ('created', 'updated', 'route')", name="kind"),
    Column("about", Text, nullable=False),  # the TrackId of the order, or our id of the route
    Column("before", Json),  # of an updated order: the members that were changed, as they were
    Column("digest", Text),  # of an order: the digest of what it was after the import
    Column("kept", Text),  # why it could not be taken back
)

# What the columns of files with these headers were last said to be.
import_mappings = Table(
    "import_mappings",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("signature", Text, primary_key=True),  # a digest of the headers
    Column("columns", Json, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
