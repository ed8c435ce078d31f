"""The tables of orders and of the routes that they are on: columns for searched members, one document for the others.

An order shows many members of its route, so the two tables stand in one module, below both rooms. The members that
orders show of their route are columns, so that reading an order reads no document of a route.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    text,
)

from waybell.db.schema import Instant, Json, RowNumber, metadata, partial_index

# The condition of live orders that are to be put on a route: those without one, and those whose attempt failed.
TO_PLACE = "(status_id IS NULL AND route_id IS NULL OR status_id IN (2, 5)) AND deleted_at IS NULL"


def _versions() -> tuple[Column[Any], ...]:
    """Return the columns by which somebody who changes a row sees that another person has changed it.

    `version` grows with each change. `planned_version` is the version that the last change of the plan made: who drives
    it, when, and at which place in the sequence; `planned_at` and `planned_by` say when that was, and who did it.
    """
    return (
        Column("version", Integer, nullable=False, server_default="1"),
        Column("planned_version", Integer, nullable=False, server_default="1"),
        Column("planned_at", Instant),
        Column("planned_by", Text),
    )


orders = Table(
    "orders",
    metadata,
    # the newest of several orders with one number has the highest
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("track_id", Text, nullable=False),
    Column("number", Text),
    Column("ext_id", Text),  # the caller's own Id
    Column("type", Integer, nullable=False),
    Column("date", Text, nullable=False),  # wall-clock, like all times inside the document
    Column("route_id", Text, ForeignKey("routes.id")),
    Column("seq_number", Integer),
    Column("status_id", Integer),
    Column("status_at", Instant),  # when the status last changed, by our clock
    Column("document", Json, nullable=False),  # all other members, except those of the route
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("deleted_at", Instant),  # a tombstone: callers get 410 with what was deleted
    Column("deleted_by", Text),
    *_versions(),
    UniqueConstraint("track_id"),  # a tracking link names no account
    CheckConstraint("type IN (0, 1)", name="type"),
    CheckConstraint("status_id BETWEEN 1 AND 5", name="status"),
    CheckConstraint("(route_id IS NULL) = (seq_number IS NULL)", name="stop"),
    CheckConstraint("(deleted_at IS NULL) = (deleted_by IS NULL)", name="deleted"),
    CheckConstraint("deleted_at IS NULL OR route_id IS NULL", name="deleted_off_route"),
    Index("orders_newest", "account_id", "seq"),
    Index("orders_by_number", "account_id", "number", "seq"),
    Index("orders_by_ext_id", "account_id", "ext_id", "seq"),
    Index("orders_by_date", "account_id", "date", "seq"),
    # The route comes first, so that the index also serves the check whether a route may be deleted.
    partial_index("orders_by_route", "route_id", "seq_number", where="route_id IS NOT NULL"),
    partial_index("orders_by_status_time", "account_id", "status_at", where="status_at IS NOT NULL"),
    partial_index("orders_deleted", "deleted_at", where="deleted_at IS NOT NULL"),
    # This index holds only orders without a plan, and failed ones, so the search for old ones among them is short.
    partial_index("orders_to_place", "account_id", "date", where=TO_PLACE),
    sqlite_autoincrement=True,
)

routes = Table(
    "routes",
    metadata,
    # the newest of several routes with one code has the highest
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),  # our own; callers use Code or their own Id
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("code", Text),
    Column("ext_id", Text),  # the caller's own Id
    Column("date", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("priority", Integer),
    Column("driver_id", Text, ForeignKey("drivers.id")),
    Column("driver_login", Text),  # the driver's login at this route; renaming the driver changes no old route
    Column("driver_name", Text),
    Column("driver_number", Integer),
    Column("driver_vehicle", Text),
    Column("document", Json, nullable=False),  # all other members, except the driver and the orders
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("exported_at", Instant),  # when the caller confirmed that it has taken the route over
    Column("deleted_at", Instant),
    Column("deleted_by", Text),
    Column("locked", Boolean, nullable=False, server_default=text("false")),  # for the board and the optimiser
    *_versions(),
    UniqueConstraint("id"),
    CheckConstraint("status IN ('Draft', 'Ready', 'Loaded', 'InProgress', 'Closed')", name="status"),
    CheckConstraint("(deleted_at IS NULL) = (deleted_by IS NULL)", name="deleted"),
    Index("routes_of_account", "account_id", "id", unique=True),  # the foreign key of points of tracks refers to it
    Index("routes_by_code", "account_id", "code", "seq"),
    Index("routes_by_ext_id", "account_id", "ext_id", "seq"),
    Index("routes_by_date", "account_id", "date", "seq"),
    Index("routes_by_status", "account_id", "status"),
    partial_index("routes_by_driver", "account_id", "driver_id", where="driver_id IS NOT NULL"),
    # This index holds only routes that wait to be exported, so it stays small.
    partial_index(
        "routes_to_export", "account_id", "status", "seq", where="exported_at IS NULL AND deleted_at IS NULL"
    ),
    partial_index("routes_deleted", "deleted_at", where="deleted_at IS NOT NULL"),
    partial_index("routes_deleted", "deleted_at", where="deleted_at IS NOT NULL"),
    sqlite_autoincrement=True,
)

# The estimates of orders on routes in progress stand apart from the orders, so that what happens at one stop locks and
# writes no other order. Only `eta/store.py` writes them; `orders/store.py` joins them to the orders. An estimate of
# another route than the order is on now does not count.
etas = Table(
    "etas",
    metadata,
    Column("track_id", Text, ForeignKey("orders.track_id"), primary_key=True),
    Column("route_id", Text, ForeignKey("routes.id"), nullable=False),
    Column("first", Text),  # wall-clock: the ETA of an order on a route that nobody planned
    Column("updated", Text, nullable=False),  # wall-clock: the UpdatedETA
    Column("told", Text),  # wall-clock: what the last event said, or else the plan; null before both
    Column("told_at", Instant),
    Index("etas_by_route", "route_id"),
)

# joins an order to its estimate
ITS_ESTIMATE = and_(etas.c.track_id == orders.c.track_id, etas.c.route_id == orders.c.route_id)

# One row for each route that has started. A transaction locks it before it writes the estimates of the route.
eta_runs = Table(
    "eta_runs",
    metadata,
    Column("route_id", Text, ForeignKey("routes.id"), primary_key=True),
    Column("ran_at", Instant),
    Column("due_at", Instant),  # when time alone may have changed the estimates; null when no stop is left
    Column("changed_at", Instant),  # when an estimate last changed
    Column("document", Json, nullable=False),  # where the route begins and ends, and what was told of it
    partial_index("eta_runs_due", "due_at", where="due_at IS NOT NULL"),
)
