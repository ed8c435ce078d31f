"""The tables of drivers, vehicles, addresses, and the names behind callers' own ids."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from waybell.db.schema import Instant, Json, RowNumber, metadata, partial_index

drivers = Table(
    "drivers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("number", Integer, nullable=False),  # counts from 1 in each account
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False),  # with letter case folded, for comparing
    Column("name", Text, nullable=False),
    Column("password_hash", Text),  # argon2; null as long as this driver cannot sign in
    Column("active", Boolean, nullable=False),
    Column("document", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("deleted_at", Instant),  # a tombstone keeps the number from being given to another driver
    UniqueConstraint("account_id", "number"),
    partial_index("drivers_by_username", "account_id", "username_key", unique=True, where="deleted_at IS NULL"),
)

vehicles = Table(
    "vehicles",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("id", Integer, primary_key=True),  # counts from 1 in each account
    Column("number", Text, nullable=False),
    Column("number_key", Text, nullable=False),  # with letter case folded, for comparing
    Column("driver_id", Text, ForeignKey("drivers.id"), nullable=False),
    Column("document", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("deleted_at", Instant),  # a tombstone keeps the id from being given to another vehicle
    partial_index("vehicles_by_number", "account_id", "number_key", unique=True, where="deleted_at IS NULL"),
)

addresses = Table(
    "addresses",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("ext_id", Text),  # the caller's own id
    Column("full_address", Text, nullable=False),
    Column("key", Text, nullable=False),  # the full address in the form in which addresses are compared
    Column("lat", Float),
    Column("lon", Float),
    Column("zone", Text),
    Column("document", Json),  # the other members, when the address was sent by itself and not with an order
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("id"),
    Index("addresses_by_key", "account_id", "key"),
    partial_index("addresses_by_ext_id", "account_id", "ext_id", unique=True, where="ext_id IS NOT NULL"),
    partial_index("addresses_without_id", "account_id", "key", unique=True, where="ext_id IS NULL"),
    sqlite_autoincrement=True,
)

# The entries behind the callers' own ids, for all kinds of `directory/entry_kinds.py`.
names = Table(
    "names",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("ext_id", Text, primary_key=True),
    Column("name", Text),
    Column("document", Json),  # the members of this kind beside its name, if any
    Column("created_at", Instant, nullable=False),
)
