"""Routes in the database: rows to routes and back. Track and orders are joined in here."""

from collections.abc import Collection, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
    update,
)

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.scoped import of_depots
from waybell.ground.errors import Forbidden
from waybell.orders import store as orders
from waybell.orders.eta_notes import note
from waybell.orders.model import RouteStatus
from waybell.orders.scoped import route_of_carriers, route_of_teams
from waybell.orders.tables import orders as order_rows
from waybell.orders.tables import routes
from waybell.routes.model import OPEN, Route, RouteKey
from waybell.routes.tables import tracks

KEYS = {"Code": routes.c.code, "Id": routes.c.ext_id, "RouteId": routes.c.id}  # by the members that name a route

_DRIVER_MEMBERS = ("driver_id", "driver_login", "driver_name", "driver_vehicle")
_COLUMNS = ("code", "id", "date", "status", "priority", "driver_number", "locked", *_DRIVER_MEMBERS)
_PLAN = ("date", "status", "locked", *_DRIVER_MEMBERS)  # what `orders.store.plan_of` is for orders
_TRACK_MEMBERS = ("track", "location_lat", "location_lon")
_NOT_IN_DOCUMENT = {*_TRACK_MEMBERS, *_COLUMNS, "route_id", "orders"}


def insert(tx: Tx, account_id: str, route: Route) -> None:
    """Insert a new route.

    Raise `Forbidden` when it is outside the scope.
    """
    tx.scope.check_route(route.depot_id)
    tx.execute(
        routes.insert(),
        {
            "account_id": account_id,
            "created_at": tx.now,
            "planned_at": tx.now,
            "planned_by": tx.by,
            "id": route.route_id,
            **row_of(tx, route),
        },
    )
    _check_inside(tx, account_id, route.route_id)


def _check_inside(tx: Tx, account_id: str, route_id: str) -> None:
    """Raise `Forbidden` when a route, as written now, has a driver of other teams or a vehicle of other carriers."""
    inside = (*_this(account_id, route_id), route_of_teams(tx), route_of_carriers(tx))
    if (tx.scope.teams or tx.scope.carriers) and tx.execute(select(routes.c.seq).where(*inside)).first() is None:
        raise Forbidden("The route must have a driver of your team, and a vehicle of your carrier.")


def save(tx: Tx, account_id: str, route: Route) -> None:
    """Write the header of a route that the caller has locked.

    Raise `Forbidden` when the route would leave the scope.
    """
    tx.scope.check_route(route.depot_id)
    row = row_of(tx, route)
    replans = or_(*[routes.c[name].is_distinct_from(row[name]) for name in _PLAN])
    tx.execute(update(routes).where(*_this(account_id, route.route_id)).values(**row, **_versions(tx, replans)))
    if route.status == "InProgress":
        note(tx, route.route_id, "Change")
    _check_inside(tx, account_id, route.route_id)


def note_new_sequence(tx: Tx, account_id: str, route_ids: Collection[str]) -> None:
    """Give a new version to routes whose set or sequence of orders has changed; the caller has locked them."""
    for some in chunks(sorted(route_ids)):
        these = (routes.c.account_id == account_id, routes.c.id.in_(some))
        tx.execute(update(routes).where(*these).values(**_versions(tx, true())))


def _versions(tx: Tx, replans: ColumnElement[bool]) -> dict[str, ColumnElement[Any]]:
    """Return the new values of the columns of versions; `replans` says whether the plan changes."""
    following = routes.c.version + 1
    new = {
        "planned_version": following,
        "planned_at": literal(tx.now, routes.c.planned_at.type),
        "planned_by": literal(tx.by, routes.c.planned_by.type),
    }
    planned = {name: case((replans, value), else_=routes.c[name]) for name, value in new.items()}
    return {"version": following, **planned}


def soft_delete(tx: Tx, account_id: str, route_id: str, by: str) -> None:
    """Turn a route into a tombstone; the caller has locked it and removed its orders."""
    change = update(routes).where(*_this(account_id, route_id))
    tx.execute(change.values(deleted_at=tx.now, deleted_by=by, changed_at=tx.now))


def undelete(tx: Tx, account_id: str, route_ids: Sequence[str]) -> list[str]:
    """Turn tombstones back into routes without orders; return the ids of those that were still there."""
    these = (routes.c.account_id == account_id, routes.c.id.in_(route_ids), routes.c.deleted_at.is_not(None))
    found = list(
        tx.execute(select(routes.c.id).where(*these).order_by(routes.c.id).with_for_update(key_share=True)).scalars()
    )
    change = update(routes).where(*_these(account_id, found))
    tx.execute(change.values(deleted_at=None, deleted_by=None, changed_at=tx.now, version=routes.c.version + 1))
    return found


def _these(account_id: str, route_ids: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return routes.c.account_id == account_id, routes.c.id.in_(route_ids)


def _this(account_id: str, route_id: str) -> tuple[ColumnElement[bool], ...]:
    return routes.c.account_id == account_id, routes.c.id == route_id


def row_of(tx: Tx, route: Route) -> dict[str, Any]:
    """Return the columns of a route, without those that only the database fills."""
    return {
        "code": route.code,
        "ext_id": route.id,
        "date": route.date,
        "status": route.status,
        "priority": route.priority,
        "locked": route.locked,
        **{name: getattr(route, name) for name in _DRIVER_MEMBERS},
        "driver_number": route.driver_number or None,
        "document": route.model_dump(by_alias=True, exclude_none=True, exclude=_NOT_IN_DOCUMENT),
        "changed_at": tx.now,
    }


def lock(tx: Tx, account_id: str, route_ids: Sequence[str]) -> list[Route]:
    """Lock the live routes among these until the commit, and return their present state.

    Every transaction that adds, moves or removes an order locks the order's routes first, so the set of a locked
    route's orders does not change. Raise `Forbidden` for a route outside the scope, which an order inside may be on.
    """
    query = select(routes.c.seq).where(
        routes.c.account_id == account_id, routes.c.id.in_(route_ids), routes.c.deleted_at.is_(None)
    )
    there = tx.execute(query.order_by(routes.c.id).with_for_update(key_share=True)).all()
    locked = get_many(tx, account_id, route_ids)
    if len(locked) < len(there):
        raise Forbidden("The order is on a route that also serves others: you may not change that route.")
    return locked


def get_many(tx: Tx, account_id: str, route_ids: Sequence[str]) -> list[Route]:
    """Return the live routes among these, with their orders, oldest first."""
    return [
        route
        for some in chunks(route_ids)
        for route in _routes(tx, account_id, _live(tx, account_id).where(routes.c.id.in_(some)).order_by(routes.c.seq))
    ]


def on_date(tx: Tx, account_id: str, date: str) -> list[Route]:
    """Return all routes of a day (its midnight as text), with their orders, oldest first."""
    return _routes(tx, account_id, _live(tx, account_id).where(routes.c.date == date).order_by(routes.c.seq))


def find(tx: Tx, account_id: str, key: RouteKey, date: str | None = None) -> str | None:
    """Return the id of the newest live route with this key (and on this day), or None."""
    query = select(routes.c.id).where(
        routes.c.account_id == account_id, KEYS[key.member] == key.value, routes.c.deleted_at.is_(None), in_scope(tx)
    )
    if date:
        query = query.where(routes.c.date == date)
    return tx.execute(query.order_by(routes.c.seq.desc()).limit(1)).scalar()


def of_driver(tx: Tx, account_id: str, driver_id: str) -> dict[str, RouteStatus]:
    """Return the ids of all live routes of a driver, with their status."""
    query = select(routes.c.id, routes.c.status).where(
        routes.c.account_id == account_id, routes.c.driver_id == driver_id, routes.c.deleted_at.is_(None)
    )
    return {row.id: row.status for row in tx.execute(query)}


def open_of_driver(tx: Tx, account_id: str, driver_id: str, earliest: str, limit: int) -> list[tuple[str, int]]:
    """Return a driver's open live routes of this day and later, the earliest first, inside the scope.

    Each route is given by its id and the stored size of its orders.
    """
    length = func.length(type_coerce(order_rows.c.document, Text))
    size = select(func.coalesce(func.sum(length), 0)).where(order_rows.c.route_id == routes.c.id).scalar_subquery()
    query = select(routes.c.id, size).where(
        routes.c.account_id == account_id,
        routes.c.driver_id == driver_id,
        routes.c.status.in_(OPEN),
        routes.c.date >= earliest,
        routes.c.deleted_at.is_(None),
        in_scope(tx),
    )
    return [(row[0], row[1]) for row in tx.execute(query.order_by(routes.c.date, routes.c.seq).limit(limit))]


def vehicles_in_use(tx: Tx, account_id: str) -> dict[str, str]:
    """Return the vehicles of all live open routes as they were sent, each with the Code of such a route."""
    query = select(routes.c.driver_vehicle, func.coalesce(routes.c.code, routes.c.ext_id)).where(
        routes.c.account_id == account_id,
        routes.c.status.in_(OPEN),
        routes.c.driver_vehicle.is_not(None),
        routes.c.deleted_at.is_(None),
    )
    return {row[0]: row[1] for row in tx.execute(query)}


def _live(tx: Tx, account_id: str) -> Select[Any]:
    return (
        select(
            routes,
            tracks.c.metres.label("track"),
            tracks.c.last_lat.label("location_lat"),
            tracks.c.last_lng.label("location_lon"),
        )
        .outerjoin(tracks, tracks.c.route_id == routes.c.id)
        .where(routes.c.account_id == account_id, routes.c.deleted_at.is_(None), in_scope(tx))
    )


def in_scope(tx: Tx) -> ColumnElement[bool]:
    """Return the condition that a route is inside the scope, by itself and with all its orders."""
    if tx.scope.is_all:
        return true()
    others = exists().where(
        order_rows.c.account_id == routes.c.account_id,
        order_rows.c.route_id == routes.c.id,
        func.coalesce(orders.in_scope(tx), false()).is_(False),
    )
    return and_(of_depots(tx, routes.c.document), route_of_teams(tx), route_of_carriers(tx), not_(others))


def _routes(tx: Tx, account_id: str, query: Select[Any]) -> list[Route]:
    rows = tx.execute(query).all()
    on_them = orders.on_routes(tx, account_id, [row.id for row in rows])
    return [_route(row).model_copy(update={"orders": on_them[row.id]}) for row in rows]


def route_of(columns: dict[str, Any]) -> Route:
    """Return the route of these columns, without its track and its orders."""
    return _route(SimpleNamespace(**columns, **dict.fromkeys(_TRACK_MEMBERS)))


def _route(row: Any) -> Route:
    return Route.model_validate(
        {
            **row.document,
            "code": row.code,
            "id": row.ext_id,
            "date": row.date,
            "status": row.status,
            "priority": row.priority,
            "locked": row.locked,
            **{name: getattr(row, name) for name in _DRIVER_MEMBERS},
            "driver_number": row.driver_number or 0,
            "route_id": row.id,
            **{name: getattr(row, name) for name in _TRACK_MEMBERS},
        }
    )
