"""The installation's one row, and the life signs of its processes."""

from sqlalchemy import CheckConstraint, Column, Integer, Table, Text

from waybell.db.schema import Instant, metadata

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    CheckConstraint("id = 1", name="one_row"),
    Column("key_check", Text, nullable=False),  # a known text, sealed: opens only with the right secret key
    Column("created_at", Instant, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),  # of the kind of process: 'dispatcher'
    Column("process", Text, nullable=False),  # which one: host and process id
    Column("at", Instant, nullable=False),
)
