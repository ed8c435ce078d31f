"""Orders and the routes that they are on, as rows: searched members are columns, all others are one document.

An order shows much of its route, so the two tables stand in one file, below both rooms. What orders show of their route
is a column, so that reading an order reads no documents of routes.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from waybell.db.schema import Instant, Json, RowNumber, metadata

orders = Table(
    "orders",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),  # which of several with one number is the newest
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("track_id", Text, nullable=False),
    Column("number", Text),
    Column("ext_id", Text),  # the caller's own Id
    Column("type", Integer, nullable=False),
    Column("date", Text, nullable=False),  # wall-clock, as all times inside the document
    Column("route_id", Text, ForeignKey("routes.id")),
    Column("seq_number", Integer),
    Column("status_id", Integer),
    Column("status_at", Instant),  # when the status last changed, by our clock
    Column("document", Json, nullable=False),  # all other members, but for those of the route
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("deleted_at", Instant),  # a tombstone: callers are told "gone" and what it was
    Column("deleted_by", Text),
    UniqueConstraint("track_id"),  # who follows a tracking link names no account
    CheckConstraint("type IN (0, 1)", name="type"),
    CheckConstraint("status_id BETWEEN 1 AND 5", name="status"),
    CheckConstraint("(route_id IS NULL) = (seq_number IS NULL)", name="stop"),
    CheckConstraint("(deleted_at IS NULL) = (deleted_by IS NULL)", name="deleted"),
    CheckConstraint("deleted_at IS NULL OR route_id IS NULL", name="deleted_off_route"),
    Index("orders_newest", "account_id", "seq"),
    Index("orders_by_number", "account_id", "number", "seq"),
    Index("orders_by_ext_id", "account_id", "ext_id", "seq"),
    Index("orders_by_date", "account_id", "date", "seq"),
    # The route first: so it is also found by who asks whether a route may go.
    Index(
        "orders_by_route",
        "route_id",
        "seq_number",
        sqlite_where=text("route_id IS NOT NULL"),
        postgresql_where=text("route_id IS NOT NULL"),
    ),
    Index(
        "orders_by_status_time",
        "account_id",
        "status_at",
        sqlite_where=text("status_at IS NOT NULL"),
        postgresql_where=text("status_at IS NOT NULL"),
    ),
    Index(
        "orders_deleted",
        "deleted_at",
        sqlite_where=text("deleted_at IS NOT NULL"),
        postgresql_where=text("deleted_at IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

routes = Table(
    "routes",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),  # which of several with one code is the newest
    Column("id", Text, nullable=False),  # our own: callers know it by Code or by their own Id
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("code", Text),
    Column("ext_id", Text),  # the caller's own Id
    Column("date", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Integer),
    Column("driver_id", Text, ForeignKey("drivers.id")),
    Column("driver_login", Text),  # how the driver is called here: another name of the driver changes no old route
    Column("driver_name", Text),
    Column("driver_number", Integer),
    Column("driver_vehicle", Text),
    Column("document", Json, nullable=False),  # all other members, but for the driver and the orders
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("exported_at", Instant),  # when the caller confirmed that it has taken the route over
    Column("deleted_at", Instant),
    Column("deleted_by", Text),
    UniqueConstraint("id"),
    CheckConstraint("status IN ('Draft', 'Ready', 'Loaded', 'InProgress', 'Closed')", name="status"),
    CheckConstraint("(deleted_at IS NULL) = (deleted_by IS NULL)", name="deleted"),
    Index("routes_of_account", "account_id", "id", unique=True),  # what points of tracks refer to
    Index("routes_by_code", "account_id", "code", "seq"),
    Index("routes_by_ext_id", "account_id", "ext_id", "seq"),
    Index("routes_by_date", "account_id", "date", "seq"),
    Index("routes_by_status", "account_id", "status"),
    Index(
        "routes_by_driver",
        "account_id",
        "driver_id",
        sqlite_where=text("driver_id IS NOT NULL"),
        postgresql_where=text("driver_id IS NOT NULL"),
    ),
    # Only of those that wait to be exported: it stays small, however many routes there have been.
    Index(
        "routes_to_export",
        "account_id",
        "status",
        "seq",
        sqlite_where=text("exported_at IS NULL AND deleted_at IS NULL"),
        postgresql_where=text("exported_at IS NULL AND deleted_at IS NULL"),
    ),
    Index(
        "routes_deleted",
        "deleted_at",
        sqlite_where=text("deleted_at IS NOT NULL"),
        postgresql_where=text("deleted_at IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)
