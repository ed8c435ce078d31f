"""From the short ids of rows to our own ids, and whether a row is still as somebody knows it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, func, literal, select

from waybell.accounts.model import Actor
from waybell.board.lean import Kind, seq_of, short_id, stored_version
from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.ground.clock import wall_text
from waybell.ground.errors import Outdated
from waybell.orders.store import in_scope as order_in_scope
from waybell.orders.tables import orders, routes
from waybell.routes.model import OPEN, Route
from waybell.routes.store import in_scope as route_in_scope

_ORDER: Kind = "o"
_ROUTE: Kind = "r"


def page_of(tx: Tx, account_id: str, short_id: str) -> str | None:
    """Return the path of the page of an order or a route, or None when the account has no such row."""
    if track_id := track_ids(tx, account_id, [short_id]).get(short_id):
        return f"/orders/{track_id}"
    if route_id := route_ids(tx, account_id, [short_id]).get(short_id):
        return f"/routes/{route_id}"
    return None


def track_ids(tx: Tx, account_id: str, short_ids: Collection[str]) -> dict[str, str]:
    """Return the track id behind each short id of an order of the account; other ids are left out."""
    here = and_(orders.c.account_id == account_id, order_in_scope(tx))
    return _own_ids(tx, _ORDER, orders.c.seq, orders.c.track_id, here, short_ids)


def route_ids(tx: Tx, account_id: str, short_ids: Collection[str]) -> dict[str, str]:
    """Return our own id behind each short id of a route of the account; other ids are left out."""
    here = and_(routes.c.account_id == account_id, route_in_scope(tx))
    return _own_ids(tx, _ROUTE, routes.c.seq, routes.c.id, here, short_ids)


def _own_ids(
    tx: Tx, kind: Kind, seq: Column[Any], own: Column[Any], here: ColumnElement[bool], short_ids: Collection[str]
) -> dict[str, str]:
    known = {number: short_id for short_id in short_ids if (number := seq_of(kind, short_id))}
    found = {}
    for some in chunks(sorted(known)):
        for number, own_id in tx.execute(select(seq, own).where(here, seq.in_(some))):
            found[known[number]] = own_id
    return found


def names_of_routes(tx: Tx, account_id: str, route_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the code and the day of each of these routes."""
    query = select(routes.c.id, func.coalesce(routes.c.code, routes.c.ext_id), routes.c.date)
    these = query.where(routes.c.account_id == account_id, routes.c.id.in_(route_ids))
    return {row[0]: (row[1], row[2]) for row in tx.execute(these)}


def short_ids(tx: Tx, account_id: str, track_ids: Collection[str], route_ids: Collection[str]) -> dict[str, str]:
    """Return the short id of each of these orders and routes."""
    found = {}
    for kind, table, column, ids in (
        (_ORDER, orders, orders.c.track_id, track_ids),
        (_ROUTE, routes, routes.c.id, route_ids),
    ):
        for some in chunks(sorted(ids)):
            query = select(column, table.c.seq).where(table.c.account_id == account_id, column.in_(some))
            found.update({row[0]: short_id(kind, row[1]) for row in tx.execute(query)})
    return found


def routes_of(tx: Tx, account_id: str, track_ids: Collection[str]) -> dict[str, str | None]:
    """Return the route of each of these orders, None for one without a route."""
    found: dict[str, str | None] = {}
    for some in chunks(sorted(track_ids)):
        these = (orders.c.account_id == account_id, orders.c.track_id.in_(some))
        found.update({row[0]: row[1] for row in tx.execute(select(orders.c.track_id, orders.c.route_id).where(*these))})
    return found


def other_routes(tx: Tx, account_id: str, route: Route) -> list[str]:
    """Return the codes of the other open routes that the route's driver has on its day."""
    if route.driver_id is None:
        return []
    query = select(func.coalesce(routes.c.code, routes.c.ext_id)).where(
        routes.c.account_id == account_id,
        routes.c.driver_id == route.driver_id,
        routes.c.date == route.date,
        routes.c.id != route.route_id,
        routes.c.status.in_(OPEN),
        routes.c.deleted_at.is_(None),
    )
    return list(tx.execute(query.order_by(routes.c.seq)).scalars())


@dataclass(frozen=True, slots=True)
class Marks:
    """The version of a row, and by whom and when its plan was last changed."""

    name: str
    version: int
    planned_version: int
    planned_at: datetime | None
    planned_by: str | None
    deleted_at: datetime | None
    deleted_by: str | None


def marks_of_orders(tx: Tx, account_id: str, short_ids: Collection[str]) -> dict[str, Marks]:
    return _marks(tx, account_id, "o", short_ids)


def marks_of_routes(tx: Tx, account_id: str, short_ids: Collection[str]) -> dict[str, Marks]:
    return _marks(tx, account_id, "r", short_ids)


def _marks(tx: Tx, account_id: str, kind: Kind, short_ids: Collection[str]) -> dict[str, Marks]:
    table, name, inside = (
        (orders, orders.c.number, order_in_scope(tx)) if kind == "o" else (routes, routes.c.code, route_in_scope(tx))
    )
    known = {seq: short_id for short_id in short_ids if (seq := seq_of(kind, short_id))}
    columns = [table.c[one] for one in ("version", "planned_version", "planned_at", "planned_by")]
    columns += [table.c.deleted_at, table.c.deleted_by]
    found = {}
    for some in chunks(sorted(known)):
        query = select(table.c.seq, func.coalesce(name, table.c.ext_id, ""), *columns)
        for row in tx.execute(query.where(table.c.account_id == account_id, table.c.seq.in_(some), inside)):
            found[known[row[0]]] = Marks(*row[1:])
    return found


def check_expected(tx: Tx, actor: Actor, expected: Mapping[str, int]) -> None:
    """Raise `Outdated` when the plan of a row was changed after the version that the caller expects."""
    account_id = actor.account.id
    found = marks_of_orders(tx, account_id, expected) | marks_of_routes(tx, account_id, expected)
    outdated = [
        (short_id, found.get(short_id))
        for short_id, version in expected.items()
        if (marks := found.get(short_id)) is None
        or marks.deleted_at
        or not marks.planned_version <= stored_version(version) <= marks.version
    ]
    if outdated:
        raise conflict([_conflict(actor, short_id, marks) for short_id, marks in outdated])


def planned_versions(tx: Tx, account_id: str, track_ids: Collection[str], route_ids: Collection[str]) -> dict[str, int]:
    """Return the versions that the last changes of these plans made, by our own ids."""
    return {row.id: row.planned_version for row in _planned(tx, account_id, track_ids, route_ids)}


def check_planned(tx: Tx, actor: Actor, expected: Mapping[str, int]) -> None:
    """Raise `Outdated` when one of these plans has been changed, or its row deleted; `expected` is by our own ids."""
    found = {row.id: row for row in _planned(tx, actor.account.id, list(expected), list(expected))}
    changed = [
        found[one] for one, version in expected.items() if one in found and found[one].planned_version != version
    ]
    gone = len(expected) - len(found)
    if changed or gone:
        shorts = [short_id(row.kind, row.seq) for row in changed]
        marks = marks_of_orders(tx, actor.account.id, shorts) | marks_of_routes(tx, actor.account.id, shorts)
        raise conflict([_conflict(actor, one, marks.get(one)) for one in shorts] or [_conflict(actor, "o0", None)])


def _planned(tx: Tx, account_id: str, track_ids: Collection[str], route_ids: Collection[str]) -> list[Any]:
    found: list[Any] = []
    for kind, table, column, ids in (
        ("o", orders, orders.c.track_id, track_ids),
        ("r", routes, routes.c.id, route_ids),
    ):
        for some in chunks(sorted(ids)):
            columns = (literal(kind).label("kind"), table.c.seq, column.label("id"), table.c.planned_version)
            query = select(*columns).where(table.c.account_id == account_id, column.in_(some))
            found += tx.execute(query.where(table.c.deleted_at.is_(None)))
    return found


def conflict(conflicts: Sequence[Mapping[str, Any]]) -> Outdated:
    """Return the error that names whose changes came first."""
    more = f" And {len(conflicts) - 1} more." if len(conflicts) > 1 else ""
    return Outdated(f"{conflicts[0]['Text']}{more} Nothing was done.", {"Conflicts": conflicts[:MOST_CONFLICTS]})


MOST_CONFLICTS = 100  # that one answer names


def _conflict(actor: Actor, short_id: str, marks: Marks | None) -> dict[str, Any]:
    is_order = short_id.startswith("o")
    what = "Order" if is_order else "Route"
    if marks is None:
        return {what: short_id, "By": None, "At": None, "Text": f"{what} {short_id} is not here any more."}
    by, at = (marks.deleted_by, marks.deleted_at) if marks.deleted_at else (marks.planned_by, marks.planned_at)
    local = wall_text(at.astimezone(actor.account.zone)) if at else None
    act = "deleted" if marks.deleted_at else "changed"
    text = f"{what} {marks.name or short_id} was {act} by {by or 'somebody else'}"
    text += f" at {local[11:16]}." if local else "."
    return {what: short_id, "By": by, "At": local, "Text": text}
