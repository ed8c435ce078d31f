"""The tables of accounts, users, keys, sessions and the audit trail.

The keys of all other tables begin with `account_id`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from waybell.db.schema import Instant, Json, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("email", Text, nullable=False),  # in lower case, because users sign in with it
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Json),  # the shippers, depots, teams and carriers that the user is limited to; null for everything
    CheckConstraint("role IN ('admin', 'dispatcher', 'viewer', 'shipper-manager', 'carrier')", name="role"),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant),  # to the minute
    UniqueConstraint("email"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),  # SHA-256 of the key, which is random enough to need no salt
    Column("hint", Text, nullable=False),  # the first characters of the key, to tell keys apart
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    Column("restrictions", Json),  # the permissions, see grants.py; null for a full key
    UniqueConstraint("hash"),
)

# The calls of a key in the newest window of each rule, see meter.py. A new window overwrites the row.
api_calls = Table(
    "api_calls",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("window_number", BigInteger, nullable=False),  # counted from 1970
    Column("calls", BigInteger, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", Text, primary_key=True),  # SHA-256 of the token in the cookie
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),  # to the minute
    Index("sessions_user", "user_id"),
)

# A row is a link that signs its user in once: for the first start and for forgotten passwords.
sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("sign_in_links_user", "user_id"),
)

# The object created by a form, so that sending the same form again creates nothing more.
sent_forms = Table(
    "sent_forms",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("made", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# The filters, columns and sort of a list under a name, for the user who saved them.
saved_views = Table(
    "saved_views",
    metadata,
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("list", Text, primary_key=True),  # the path of the list
    Column("name", Text, primary_key=True),
    Column("query", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

# The answer to a request that carried an Idempotency-Key, for its repeats: see kept_answers.py. The row is inserted and
# completed in the transaction of the change, so every committed row is complete.
kept_answers = Table(
    "kept_answers",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("actor_id", Text, primary_key=True),
    Column("key_hash", Text, primary_key=True),  # SHA-256 of the key: the key itself salts `request`
    Column("request", Text, nullable=False),  # the digest of the request
    Column("created_at", Instant, nullable=False),
    Column("status", Integer, nullable=False, server_default="0"),
    Column("answer", Json),
    Index("kept_answers_age", "created_at"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),  # the name of a user or a key
    # usr_…, key_… or terminal; empty in entries from before it was stored
    Column("actor_id", Text, nullable=False, server_default=""),
    Column("act", Text, nullable=False),
    Column("about", Text, nullable=False),  # the id of the changed object
    Column("detail", Text, nullable=False),
    Index("audit_entries_account", "account_id", "id"),
    Index("audit_entries_about", "account_id", "about", "id"),
)
