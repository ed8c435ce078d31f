"""The tables of endpoints: their settings, secrets, subscriptions and outages, and hourly counts of attempts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    false,
    text,
)

from waybell.db.schema import Instant, Json, metadata, partial_index

# Endpoints that are down: parked, or disabled by Waybell. A query must use these words to be led to the index.
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
    # These columns are set while the endpoint as a whole is down, see webhooks/sending/outage.py.
    Column("parked_at", Instant),
    Column("parked_reason", Text),
    Column("probe_at", Instant),
    Column("probes", Integer, nullable=False, server_default=text("0")),
    Column("warnings", Integer, nullable=False, server_default=text("0")),  # how often the outage was warned of
    CheckConstraint("(parked_at IS NULL) = (probe_at IS NULL)", name="parked"),
    Column("paused_until", Instant),  # until when the receiver asked to wait, by Retry-After
    Column("alerts", Boolean, nullable=False, server_default=false()),  # it is the alert URL of its account
    Index("endpoints_account", "account_id", "id"),
    partial_index("endpoints_down", "account_id", "id", where=DOWN),
    partial_index("endpoints_alerts", "account_id", unique=True, where=_ALERTS),
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

# The attempts of each endpoint by the hour, counted as they are recorded, because pages must not count a million rows.
endpoint_hours = Table(
    "endpoint_hours",
    metadata,
    Column("endpoint_id", Text, primary_key=True),
    Column("hour", Instant, primary_key=True),  # its beginning
    # Each dispatcher adds to one of sixteen slots, so that few wait for each other; readers sum the slots.
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Index("endpoint_hours_hour", "hour"),
)

# The durations of these attempts: a row for each duration that occurred, rounded to the steps of `duration_steps.py`.
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
