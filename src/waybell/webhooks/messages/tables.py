"""Messages and their attempts as rows.

The one invariant to know: of the unfinished messages of one endpoint about one subject, exactly one, the *head*, has a
`due_at`; the others wait behind it with none. Finishing the head gives the next one its `due_at`. So a claim never
searches, and a unique index refuses a second head. An endpoint without ordering has messages without a `lane`, and each
is its own head.

On PostgreSQL `attempts`, where the bytes are, is divided into days (`db/day_partitions.py`) by the id of the message.
`messages` is not: that unique index could not span days, claims would have to look into each of them, and who waits
for the lock of a row that moves to another day gets an error where fan-out counts on getting no row. Its rows are
small, and are deleted in batches.
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

# No state stands in these where it need not: an index that a claim leaves alone costs a claim nothing.
_HEAD = text("due_at IS NOT NULL")
# The same rows, said otherwise: who looks for the head of a lane must not be led to this index, nor who claims to that.
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
    Column("due_at", Instant),  # when it is sent next; none while it waits behind another, and when it is finished
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
    Column("error", Text),  # none when it succeeded
    Column("status", Integer),
    Column("request_headers", Text, nullable=False),  # a line each
    Column("response_headers", LargeBinary),
    Column("response_body", LargeBinary),  # its first 16 KiB
    Column("dns_us", Integer, nullable=False),
    Column("connect_us", Integer, nullable=False),
    Column("tls_us", Integer, nullable=False),
    Column("wait_us", Integer, nullable=False),
    Column("total_us", Integer, nullable=False),
    Column("detail", Text),  # what the transport said, for people
    Index("attempts_endpoint", "endpoint_id", "started_at"),
    # Most attempts succeed, so this costs little; without it, finding the few that did not reads all.
    partial_index("attempts_failed", "endpoint_id", "started_at", where=_ERROR),
)
