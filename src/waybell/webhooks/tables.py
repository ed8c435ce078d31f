"""Endpoints, messages and attempts as rows.

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
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
    text,
)

from waybell.db.day_partitions import Divided
from waybell.db.schema import Instant, Json, metadata

# Endpoints that are down: parked, or disabled by us. Who looks for them says it in these words, for the index's sake.
DOWN = text("(parked_at IS NOT NULL OR disabled_reason IN ('gone', 'parked too long'))")
_ALERTS = text("alerts AND state <> 'deleted'")

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("event_types", Json, nullable=False),  # a list of names; empty stands for all
    Column("headers", Text),  # the custom headers as JSON, encrypted: they may carry a token
    Column("ordered", Boolean, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("rate_limit", Float),  # messages a second
    Column("schemes", Json, nullable=False),  # of v1, v1a
    Column("hex_header", Text),  # the name of a header that carries a plain hex HMAC of the body
    Column("state", Text, nullable=False),
    CheckConstraint("state IN ('enabled', 'disabled', 'deleted')", name="state"),
    Column("disabled_reason", Text),  # 'by hand', 'gone', 'parked too long'
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),  # counts the changes that a dispatcher must see
    # The outage: set while the endpoint as a whole is down, see webhooks/sending/outage.py.
    Column("parked_at", Instant),
    Column("parked_reason", Text),
    Column("probe_at", Instant),
    Column("probes", Integer, nullable=False, server_default=text("0")),
    Column("warnings", Integer, nullable=False, server_default=text("0")),  # that the outage goes on, given so far
    CheckConstraint("(parked_at IS NULL) = (probe_at IS NULL)", name="parked"),
    Column("paused_until", Instant),  # the receiver asked for it, by Retry-After
    Column("alerts", Boolean, nullable=False, server_default=false()),  # it is the alert URL of its account
    Index("endpoints_account", "account_id", "id"),
    Index("endpoints_down", "account_id", "id", sqlite_where=DOWN, postgresql_where=DOWN),
    Index("endpoints_alerts", "account_id", unique=True, sqlite_where=_ALERTS, postgresql_where=_ALERTS),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("event_type", Text, primary_key=True),  # '*' stands for all
    Column("endpoint_id", Text, ForeignKey("endpoints.id"), primary_key=True),
)

endpoint_secrets = Table(
    "endpoint_secrets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("endpoint_id", Text, ForeignKey("endpoints.id"), nullable=False),
    Column("scheme", Text, nullable=False),
    CheckConstraint("scheme IN ('v1', 'v1a')", name="scheme"),
    Column("secret", Text, nullable=False),  # encrypted; whsec_... or whsk_...
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),  # set by a rotation: until then it signs beside the new one
    Index("endpoint_secrets_endpoint", "endpoint_id"),
)

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
    Index("messages_head", "endpoint_id", "lane", unique=True, sqlite_where=_HEAD, postgresql_where=_HEAD),
    Index("messages_due", "endpoint_id", "due_at", sqlite_where=_DUE, postgresql_where=_DUE),
    Index("messages_behind", "endpoint_id", "lane", "version", sqlite_where=_BEHIND, postgresql_where=_BEHIND),
    Index("messages_lease", "lease_until", sqlite_where=_SENDING, postgresql_where=_SENDING),
    Index("messages_failed", "endpoint_id", "id", sqlite_where=_FAILED, postgresql_where=_FAILED),
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
    Index("attempts_failed", "endpoint_id", "started_at", sqlite_where=_ERROR, postgresql_where=_ERROR),
)

attempts_by_day = Divided("attempts", "message_id", "msg")

# What an endpoint did, hour by hour, counted as attempts are recorded: pages must not count a million attempts.
endpoint_hours = Table(
    "endpoint_hours",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("hour", Instant, primary_key=True),  # its beginning
    # One of sixteen, by dispatcher, so that several do not wait for each other's commits; readers add them up.
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Index("endpoint_hours_hour", "hour"),
)

# How long those attempts took: a row for each duration that there was, rounded as `webhooks/durations.py` says.
endpoint_durations = Table(
    "endpoint_durations",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("took_us", BigInteger, primary_key=True, autoincrement=False),
    Column("attempts", BigInteger, nullable=False),
    Index("endpoint_durations_hour", "hour"),
)

retry_jobs = Table(
    "retry_jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("endpoint_id", Text, ForeignKey("endpoints.id"), nullable=False),
    Column("act", Text, nullable=False, server_default="retry"),  # what is done to these messages
    CheckConstraint("act IN ('retry', 'cancel')", name="act"),
    Column("what", Text, nullable=False),
    CheckConstraint("what IN ('failed', 'missed', 'selected', 'waiting')", name="what"),
    Column("since", Instant),
    Column("until", Instant),
    Column("message_ids", Json),  # for 'selected'
    Column("narrowed", Json),  # of 'failed' and 'waiting' only these: of a type, about an object, with an outcome
    Column("state", Text, nullable=False),
    CheckConstraint("state IN ('running', 'succeeded', 'canceled')", name="state"),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),  # looked at
    Column("retried", Integer, nullable=False),  # of these, set to be sent, or canceled
    Column("position", Text),  # how far it has come; opaque
    Column("resume_at", Instant),  # set while it waits for attempts that are under way
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Index("retry_jobs_endpoint", "endpoint_id", "id"),
    Index(
        "retry_jobs_running",
        "id",
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)
