"""Accounts, users and keys as rows. Every other table leads its keys with `account_id`."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Table, Text, UniqueConstraint

from waybell.db.schema import Instant, metadata

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
    Column("email", Text, nullable=False),  # lower case: it is the login
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    CheckConstraint("role IN ('admin', 'dispatcher', 'viewer')", name="role"),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("email"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),  # SHA-256 of the key, which is random enough to need no salt
    Column("hint", Text, nullable=False),  # its first characters, to tell keys apart
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    UniqueConstraint("hash"),
)
