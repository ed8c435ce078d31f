"""The one row of the installation, the heartbeats of its processes, and their counters."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Integer, Table, Text, text

from waybell.db.schema import Instant, metadata

installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    CheckConstraint("id = 1", name="one_row"),
    Column("key_check", Text, nullable=False),  # a known text, encrypted: it decrypts only with the right secret key
    Column("created_at", Instant, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),  # rises with each restore, see epoch.py
    Column(
        "is_copy", Boolean, nullable=False, server_default=text("false")
    ),  # a back-up on which no process has started yet
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),  # the kind of process: 'dispatcher'
    Column("process", Text, primary_key=True),  # the process itself: host and process id
    Column("at", Instant, nullable=False),  # the time of its last progress
    Column("in_flight", Integer, nullable=False),  # attempts under way
    Column("shards", Integer, nullable=False),  # shards held
    Column("stopped", Boolean, nullable=False),  # on request
)

# Totals of all dispatchers since the installation began; each adds its new counts with its heartbeat.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
