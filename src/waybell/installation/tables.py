"""The installation's one row, the life signs of its processes, and what they have counted."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Integer, Table, Text, text

from waybell.db.schema import Instant, metadata

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    CheckConstraint("id = 1", name="one_row"),
    Column("key_check", Text, nullable=False),  # a known text, sealed: opens only with the right secret key
    Column("created_at", Instant, nullable=False),
    Column(
        "epoch", BigInteger, nullable=False, server_default=text("0")
    ),  # a later one since each restore, see epoch.py
    Column(
        "is_copy", Boolean, nullable=False, server_default=text("false")
    ),  # a back-up on which nobody has started yet
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),  # of the kind of process: 'dispatcher'
    Column("process", Text, primary_key=True),  # which one: host and process id
    Column("at", Instant, nullable=False),  # its last progress
    Column("in_flight", Integer, nullable=False),  # attempts under way
    Column("shards", Integer, nullable=False),  # held
    Column("stopped", Boolean, nullable=False),  # as it was told to
)

# What all dispatchers together have counted since the installation began; each adds what is new with its heartbeat.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
