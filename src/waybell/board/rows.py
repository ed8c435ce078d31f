"""Reading the lean rows of a day: a statement for each kind, and a cheap look whether anything has changed.

Each change of an order gives it a new version, so only the documents of orders with a new version are read.

The orders of a day are those with its Date, and those on a route that touches the day. Orders of earlier days that are
still to be placed are shown beside them and counted apart, so that none is forgotten.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic_core import from_json
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    text,
    type_coerce,
    union_all,
)

from waybell.accounts.model import Account
from waybell.board import lean
from waybell.board.lean import Day
from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.scoped import members
from waybell.exceptions import store as exceptions
from waybell.exceptions.words import text_of
from waybell.ground.errors import Invalid
from waybell.orders.model import FAILED
from waybell.orders.store import in_scope
from waybell.orders.tables import ITS_ESTIMATE, TO_PLACE, eta_runs, etas, orders, routes
from waybell.routes.store import in_scope as route_in_scope

MOST_ORDERS = 20_000  # of one day; more would be too much for a browser
MOST_EARLIER = 1_000
_REACH = timedelta(days=7)  # a route that began before that no longer touches the day
_ETA, _UPDATED_ETA = (lean.ORDER_MEMBERS.index(name) for name in ("ETA", "UpdatedETA"))
_PRIME = 1_000_000_007  # keeps sums of instants small
_LOOKS_BACK = timedelta(days=14)  # for orders that were never placed, or whose attempt failed


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of a day as they were at one moment, each encoded, by its short id."""

    orders: dict[str, bytes] = field(default_factory=dict)
    routes: dict[str, bytes] = field(default_factory=dict)
    exceptions: dict[str, bytes] = field(default_factory=dict)
    on_routes: int = 0
    pool: int = 0
    earlier: int = 0
    route_ids: tuple[str, ...] = ()  # our own ids of the routes
    states: Mapping[int, tuple[Any, ...]] = field(default_factory=dict)  # what rows of orders depend on, by row number
    estimates: Mapping[int, int] = field(default_factory=dict)  # how many came to an order since it had its version

    @property
    def counts(self) -> dict[str, int]:
        return {
            "Day": self.on_routes + self.pool,
            "OnRoutes": self.on_routes,
            "Pool": self.pool,
            "Earlier": self.earlier,
        }


NOTHING = Snapshot()


def fingerprint(tx: Tx, account_id: str, day: Day, known: Snapshot) -> Hashable:
    """Return a value that changes when a row of the day may have changed since `known` was read.

    It reads no document. It takes all orders and routes of the account, whatever the scope.
    """
    first = _before(day, _REACH)
    earlier = _day_before(orders.c.date, day, _LOOKS_BACK)
    parts = [
        _marks(routes).where(routes.c.account_id == account_id, routes.c.date.between(first, day.midnight)),
        _marks(orders).where(orders.c.account_id == account_id, orders.c.date == day.midnight),
        _marks(orders).where(orders.c.account_id == account_id, earlier, text(TO_PLACE)),
        _marks(orders).where(orders.c.route_id.in_(known.route_ids), orders.c.date != day.midnight),
        _estimates(account_id, day),
    ]
    return (*(tuple(row) for row in tx.execute(union_all(*parts))), exceptions.marks(tx, account_id))


def _marks(table: Any) -> Any:
    versions = func.coalesce(func.sum(table.c.version), 0)
    newest = func.coalesce(func.max(type_coerce(table.c.changed_at, BigInteger)), 0)
    return select(func.count(), versions, newest, func.count(table.c.deleted_at))


def _estimates(account_id: str, day: Day) -> Any:
    """Return the marks of when estimates last changed, which gives no order and no route a version.

    The instants are added up, because a transaction that began earlier may commit later.
    """
    changed_at = type_coerce(eta_runs.c.changed_at, BigInteger) % _PRIME
    query = select(func.count(), func.coalesce(func.sum(changed_at), 0), literal(0), literal(0))
    return query.join_from(routes, eta_runs, eta_runs.c.route_id == routes.c.id).where(
        routes.c.account_id == account_id,
        routes.c.status == "InProgress",
        routes.c.date.between(_before(day, _REACH), day.midnight),
    )


def read(tx: Tx, account: Account, day: Day, known: Snapshot = NOTHING) -> Snapshot:
    """Return the rows of a day inside the scope; the documents of orders that are as in `known` are not read again.

    Raise `Invalid` for a day with more orders than a board can show.
    """
    touching = {row.id: row for row in _touching(tx, account.id, day)}
    found = _orders(tx, account.id, day, touching)
    earlier = {row.seq for row in found if row.date < day.midnight and row.route_id not in touching}
    beside = {row.route_id for row in found if row.route_id and row.seq not in earlier} - touching.keys()
    rows = [*touching.values(), *_routes_with(tx, account.id, beside)]
    states = {row.seq: (row.version, row.route_seq, row.seq in earlier, row.updated_eta) for row in found}
    shown = {
        seq: known.orders[lean.short_id("o", seq)] for seq, state in states.items() if known.states.get(seq) == state
    }
    changed = _documents(tx, account.id, [seq for seq in states if seq not in shown])
    estimates = {
        seq: known.estimates.get(seq, 0) + (seq not in shown)
        for seq, state in states.items()
        if seq in known.states and known.states[seq][0] == state[0]
    }
    shown |= {
        row.seq: lean.encoded(_order_row(day, row, is_earlier=row.seq in earlier, estimates=estimates.get(row.seq, 0)))
        for row in changed
    }
    on_routes = sum(row.route_id is not None for row in found if row.seq not in earlier)
    return Snapshot(
        {lean.short_id("o", seq): shown[seq] for seq in states},
        {lean.short_id("r", row.seq): lean.encoded(_route_row(day, row)) for row in rows},
        _exceptions(tx, account.id, day, states.keys(), {row.seq for row in touching.values()}),
        on_routes,
        len(found) - len(earlier) - on_routes,
        len(earlier),
        tuple(sorted({*touching, *beside})),
        states,
        estimates,
    )


def some(tx: Tx, account: Account, day: Day, short_ids: Collection[str]) -> Snapshot:
    """Return the rows of these orders and routes, as far as the day's board shows them; it counts nothing."""
    order_seqs = [seq for one in short_ids if (seq := lean.seq_of("o", one))]
    route_seqs = [seq for one in short_ids if (seq := lean.seq_of("r", one))]
    where = (orders.c.account_id == account.id, orders.c.deleted_at.is_(None), in_scope(tx))
    columns = (orders.c.seq, orders.c.date, orders.c.route_id, orders.c.status_id)
    found = [
        row
        for part in chunks(sorted(order_seqs))
        for row in tx.execute(select(*columns).where(*where, orders.c.seq.in_(part)))
    ]
    on = {row.route_id for row in found if row.route_id}
    of_routes = [
        row for part in chunks(sorted(on)) for row in tx.execute(_routes(tx, account.id).where(routes.c.id.in_(part)))
    ]
    touching = {row.id for row in of_routes if _touches(day, row)}
    shown = {row.seq for row in found if row.date == day.midnight or row.route_id in touching}
    earlier = {row.seq for row in found if row.seq not in shown and _is_to_place(day, row)}
    documents = _documents(tx, account.id, sorted(shown | earlier))
    wanted = [
        row
        for part in chunks(sorted(route_seqs))
        for row in tx.execute(_routes(tx, account.id).where(routes.c.seq.in_(part)))
        if row.id in on or (row.is_inside and _touches(day, row))
    ]
    return Snapshot(
        {
            lean.short_id("o", row.seq): lean.encoded(_order_row(day, row, is_earlier=row.seq in earlier))
            for row in documents
        },
        {lean.short_id("r", row.seq): lean.encoded(_route_row(day, row)) for row in wanted},
    )


def _is_to_place(day: Day, row: Row[Any]) -> bool:
    is_open = row.status_id is None and row.route_id is None
    return _before(day, _LOOKS_BACK) <= row.date < day.midnight and (is_open or row.status_id in FAILED)


def _touching(tx: Tx, account_id: str, day: Day) -> list[Row[Any]]:
    """Return the routes inside the scope that are on the road on this day, or planned to be."""
    query = _routes(tx, account_id).where(routes.c.date.between(_before(day, _REACH), day.midnight))
    return [row for row in tx.execute(query.where(route_in_scope(tx))) if _touches(day, row)]


def _touches(day: Day, row: Row[Any]) -> bool:
    ends = lean.last_days(from_json(row.members), row.last_eta)
    return row.date == day.midnight or any(text >= day.midnight for text in ends)


def _routes_with(tx: Tx, account_id: str, ids: Collection[str]) -> list[Row[Any]]:
    return list(tx.execute(_routes(tx, account_id).where(routes.c.id.in_(ids)))) if ids else []


def _routes(tx: Tx, account_id: str) -> Select[Any]:
    last_eta = select(func.max(etas.c.updated)).where(etas.c.route_id == routes.c.id).scalar_subquery()
    return select(
        routes.c.seq,
        routes.c.id,
        func.coalesce(routes.c.code, routes.c.ext_id).label("code"),
        routes.c.date,
        routes.c.status,
        routes.c.priority,
        routes.c.driver_login,
        routes.c.driver_name,
        routes.c.driver_vehicle,
        routes.c.version,
        routes.c.locked,
        route_in_scope(tx).label("is_inside"),
        # The last stop of a route in progress, such as one that set out in the evening, may be on another day.
        case((routes.c.status == "InProgress", last_eta)).label("last_eta"),
        members(tx, routes.c.document, lean.ROUTE_MEMBERS).label("members"),
    ).where(routes.c.account_id == account_id, routes.c.deleted_at.is_(None))


def _route_row(day: Day, row: Row[Any]) -> list[Any]:
    inside = bool(row.is_inside)
    return lean.route_row(
        day,
        row.seq,
        row.code,
        row.driver_login,
        row.driver_name,
        row.driver_vehicle,
        row.status,
        row.priority,
        row.date,
        row.version,
        int(row.locked) if inside else 2,
        # Of a route that serves others too, orders show the members above, and nothing else is shown.
        from_json(row.members) if inside else [None] * len(lean.ROUTE_MEMBERS),
        row.last_eta if inside else None,
    )


def _orders(tx: Tx, account_id: str, day: Day, route_ids: Collection[str]) -> list[Row[Any]]:
    mine = and_(orders.c.account_id == account_id, orders.c.deleted_at.is_(None), in_scope(tx))
    earlier = (
        select(orders.c.seq)
        .where(mine, _day_before(orders.c.date, day, _LOOKS_BACK), text(TO_PLACE))
        .order_by(orders.c.date.desc(), orders.c.seq.desc())
        .limit(MOST_EARLIER)
        .subquery()
    )
    which = union_all(
        select(orders.c.seq).where(mine, orders.c.date == day.midnight),
        select(orders.c.seq).where(mine, orders.c.route_id.in_(route_ids), orders.c.date != day.midnight),
        select(earlier.c.seq),
    )
    columns = (orders.c.seq, orders.c.date, orders.c.route_id, orders.c.version, routes.c.seq.label("route_seq"))
    query = select(*columns, etas.c.updated.label("updated_eta")).outerjoin(routes, routes.c.id == orders.c.route_id)
    query = query.outerjoin(etas, ITS_ESTIMATE).where(orders.c.seq.in_(which))
    found = list(tx.execute(query.order_by(orders.c.seq).limit(MOST_ORDERS + MOST_EARLIER + 1)))
    if len(found) > MOST_ORDERS + MOST_EARLIER:
        raise Invalid(f"Day: {day.date} has more than {MOST_ORDERS} orders, which is more than a board can show.")
    return found


def _documents(tx: Tx, account_id: str, seqs: Sequence[int]) -> list[Row[Any]]:
    """Return what rows show of these orders."""
    query = (
        select(
            orders.c.seq,
            orders.c.number,
            orders.c.type,
            routes.c.seq.label("route_seq"),
            orders.c.seq_number,
            orders.c.status_id,
            orders.c.status_at,
            orders.c.version,
            members(tx, orders.c.document, lean.ORDER_MEMBERS).label("members"),
            etas.c.first.label("first_eta"),
            etas.c.updated.label("updated_eta"),
        )
        .outerjoin(routes, routes.c.id == orders.c.route_id)
        .outerjoin(etas, ITS_ESTIMATE)
        .where(orders.c.account_id == account_id)
    )
    return [row for some in chunks(seqs) for row in tx.execute(query.where(orders.c.seq.in_(some)))]


def _order_row(day: Day, row: Row[Any], *, is_earlier: bool, estimates: int = 0) -> list[Any]:
    shown = from_json(row.members)
    shown[_ETA] = shown[_ETA] or row.first_eta
    shown[_UPDATED_ETA] = row.updated_eta
    return lean.order_row(
        day,
        row.seq,
        row.number,
        row.type,
        # The route of an earlier attempt is on the board of its own day.
        None if is_earlier else row.route_seq,
        None if is_earlier else row.seq_number,
        row.status_id,
        row.status_at,
        row.version,
        shown,
        estimates=estimates,
        is_earlier=is_earlier,
    )


def _exceptions(
    tx: Tx, account_id: str, day: Day, order_seqs: Collection[int], route_seqs: Collection[int]
) -> dict[str, bytes]:
    """Return what is open of these orders, and of these routes themselves."""
    return {
        f"e{one.id}": lean.encoded(
            lean.exception_row(
                day,
                one.id,
                one.kind,
                one.severity,
                one.order_seq,
                one.route_seq,
                one.since,
                text_of(one.kind, one.facts),
            )
        )
        for one in exceptions.all_open(tx, account_id)
        if (one.route_seq in route_seqs if one.order_seq is None else one.order_seq in order_seqs)
    }


def _before(day: Day, by: timedelta) -> str:
    return f"{day.date - by}T00:00:00"


def _day_before(column: ColumnElement[Any], day: Day, reach: timedelta) -> ColumnElement[bool]:
    return and_(column >= _before(day, reach), column < day.midnight)
