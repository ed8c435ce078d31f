"""The tables of messages and their attempts.

The one invariant to know: of the unfinished messages of one endpoint about one subject, exactly one, the *head*, has a
`due_at`; the others wait behind it with none. Finishing the head gives the next one its `due_at`. So a claim never
searches, and a unique index refuses a second head. An endpoint without ordering has messages without a `lane`, and each
is its own head.

On PostgreSQL `attempts`, which holds most of the bytes, is partitioned by day (`db/day_partitions.py`) by the id of the
message. `messages` is not, because the unique index could not span partitions, claims would have to look into each of
them, and a transaction that waits for the lock of a row that moves to another partition gets an error where fan-out
counts on getting no row. The rows of `messages` are small, and are deleted in batches.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from waybell.db.schema import Instant, metadata, partial_index

# These conditions name no state where they need not: an index that a claim does not change costs the claim nothing.
_HEAD = text("due_at IS NOT NULL")
# The same rows in other words: a query for the head of a lane must not choose this index, nor a claim that of _HEAD.
_DUE = text("due_at IS NOT NULL AND finished_at IS NULL")
_BEHIND = text("due_at IS NULL AND finished_at IS NULL")
_SENDING = text("state = 'sending'")
_FAILED = text("state = 'failed'")
_ERROR = text("error IS NOT NULL")

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("endpoint_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("lane", Text),  # the subject, when the endpoint is ordered
    Column("version", BigInteger, nullable=False),  # the place in its lane
    Column("state", Text, nullable=False),
    CheckConstraint("state IN ('waiting', 'sending', 'succeeded', 'failed', 'canceled')", name="state"),
    Column("due_at", Instant),  # when it is sent next; null while it waits behind another, and when it is finished
    Column("attempt", Integer, nullable=False),  # how often it was claimed; names the claim
    Column("failures", Integer, nullable=False),  # failed attempts of this round that count
    Column("manual", Boolean, nullable=False),  # a person asked for this round
    Column("lease_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("error", Text),  # of the last attempt: a word of model.ErrorWord
    Column("status", Integer),  # of the last attempt
    CheckConstraint("(state IN ('succeeded', 'failed', 'canceled')) = (finished_at IS NOT NULL)", name="finished"),
    CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
    CheckConstraint("due_at IS NULL OR finished_at IS NULL", name="due"),
    Index("messages_event", "event_id", "endpoint_id", unique=True),
    Index("messages_endpoint", "endpoint_id", "id"),
    partial_index("messages_head", "endpoint_id", "lane", unique=True, where=_HEAD),
    partial_index("messages_due", "endpoint_id", "due_at", where=_DUE),
    partial_index("messages_behind", "endpoint_id", "lane", "version", where=_BEHIND),
    partial_index("messages_lease", "lease_until", where=_SENDING),
    partial_index("messages_failed", "endpoint_id", "id", where=_FAILED),
)

attempts = Table(
    "attempts",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("endpoint_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    CheckConstraint("kind IN ('automatic', 'manual', 'probe', 'test')", name="kind"),
    Column("started_at", Instant, nullable=False),
    Column("error", Text),  # null when it succeeded
    Column("status", Integer),
    Column("request_headers", Text, nullable=False),  # one header a line
    Column("response_headers", LargeBinary),
    Column("response_body", LargeBinary),  # its first 16 KiB
    Column("dns_us", Integer, nullable=False),
    Column("connect_us", Integer, nullable=False),
    Column("tls_us", Integer, nullable=False),
    Column("wait_us", Integer, nullable=False),
    Column("total_us", Integer, nullable=False),
    Column("detail", Text),  # what the transport said, for people
    Index("attempts_endpoint", "endpoint_id", "started_at"),
    # Most attempts succeed, so this index costs little; without it, finding the few failed ones would read all.
    partial_index("attempts_failed", "endpoint_id", "started_at", where=_ERROR),
)
