"""Routes as rows. What orders show of their route is a column, so that reading an order reads no documents."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from waybell.db.schema import Instant, Json, RowNumber, metadata

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
