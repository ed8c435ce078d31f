"""The table of exceptions. A row is never opened again: the same trouble later is another row."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from waybell.db.schema import Instant, Json, RowNumber, metadata, partial_index

# No foreign key leads to orders and routes: checking it would wait for a change of the order that waits for us.
exceptions = Table(
    "exceptions",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # the track id of an order, or our own id of a route
    Column("track_id", Text),  # the order, unless it is about a route
    Column("route_id", Text),  # the route, or the one that the order is on
    Column("severity", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("gone_at", Instant),  # since when it is no longer found, while it is open
    Column("cleared_at", Instant),
    Column("changed_at", Instant, nullable=False),
    Column("facts", Json, nullable=False),
    partial_index("exceptions_open", "subject", "kind", where="cleared_at IS NULL", unique=True),
    partial_index("exceptions_open_of_account", "account_id", where="cleared_at IS NULL"),
    partial_index("exceptions_open_of_route", "route_id", where="cleared_at IS NULL"),
    partial_index("exceptions_cleared", "cleared_at", where="cleared_at IS NOT NULL"),
    partial_index("exceptions_cleared_of_account", "account_id", "cleared_at", where="cleared_at IS NOT NULL"),
    sqlite_autoincrement=True,
)
