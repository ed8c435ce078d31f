"""The append-only table of events, and a counter for each subject.

On PostgreSQL `events` is partitioned by day (`db/day_partitions.py`) on its `id`, which is the primary key there; `seq`
is still numbered, and has a plain index. A unique index on a partitioned table must include its key, so publishers'
keys have a table of their own.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text, UniqueConstraint, text

from waybell.db.day_partitions import Divided
from waybell.db.schema import Instant, Json, RowNumber, metadata

events = Table(
    "events",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the exact bytes that are signed and sent
    # The position in the feed: see events/feed.py.
    Column("horizon", BigInteger, nullable=False),
    # a test event, which a user sent to try an endpoint
    Column("test", Boolean, nullable=False, server_default=text("false")),
    # whether its type is opt-in: readers that name no types do not get it
    Column("opt_in", Boolean, nullable=False, server_default=text("false")),
    Column("trace", Text),  # the trace of the request that caused it, see waybell/ground/trace.py
    UniqueConstraint("id"),
    Index("events_feed", "account_id", "horizon", "seq"),
    Index("events_subject", "account_id", "subject", "version"),
    sqlite_autoincrement=True,
)

events_by_day = Divided("events", "id", "evt")

# A publisher's own id of an event, so that publishing it again makes no second event. It is deleted with the event.
event_keys = Table(
    "event_keys",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("event_id", Text, nullable=False),
    Index("event_keys_event", "event_id"),
)

subjects = Table(
    "subjects",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),  # the version of its newest event
    Column("horizon", BigInteger, nullable=False),
)

custom_event_types = Table(
    "custom_event_types",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("meaning", Text, nullable=False),
    Column("data_schema", Json),
    Column("check_data", Boolean, nullable=False, server_default=text("false")),  # whether Data must fit the schema
    Column("sample", Json),
    Column("created_at", Instant, nullable=False),
)
