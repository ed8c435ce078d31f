"""Orders in the database: rows to orders and back. The members of the route are joined in here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.scoped import length_of, of_depots, of_shippers, of_teams
from waybell.ground.errors import Forbidden
from waybell.orders.eta_notes import note_changes
from waybell.orders.model import Order, OrderKey, RemovedOrder, removed
from waybell.orders.order_links import LINKED, linked
from waybell.orders.scoped import order_of_carriers
from waybell.orders.tables import ITS_ESTIMATE, etas, orders, routes
from waybell.wire.sizes import check_route

_ROUTE_MEMBERS = (
    "route_number",
    "route_priority",
    "route_status",
    "route_date",
    "driver_login",
    "driver_name",
    "driver_number",
    "driver_vehicle",
)
_COLUMNS = ("number", "id", "type", "date", "seq_number", "status_id", "track_id", "track_key")
_NOT_IN_DOCUMENT = {*_ROUTE_MEMBERS, *_COLUMNS, *LINKED, "route_id", "updated_eta"}


def insert(tx: Tx, account_id: str, new: Sequence[Order]) -> None:
    """Insert new orders.

    Raise `Forbidden` for an order outside the scope.
    """
    for order in new:
        tx.scope.check_order(order.shipper_id, order.depot_id, order.team_code)
    note_changes(tx, [(None, order) for order in new])
    for some in chunks(new):
        tx.execute(
            orders.insert(),
            [
                {
                    "account_id": account_id,
                    "created_at": tx.now,
                    "status_at": _status_time(tx, order),
                    **_planner(tx),
                    **row_of(tx, order),
                }
                for order in some
            ],
        )
    check_carried(tx, account_id, [order.track_id for order in new])


def _status_time(tx: Tx, order: Order) -> datetime | None:
    """Return when a new order got its status: now, or None if it has none yet."""
    return None if order.status_id is None else tx.now


def save(tx: Tx, account_id: str, changed: Sequence[tuple[Order, Order]]) -> None:
    """Write changed orders, given as before and after, over rows that the caller has locked.

    Raise `Forbidden` for an order that would leave the scope.
    """
    for _, after in changed:
        tx.scope.check_order(after.shipper_id, after.depot_id, after.team_code)
    note_changes(tx, changed)
    same = [after for before, after in changed if plan_of(before) == plan_of(after)]
    planned = [
        after for before, after in changed if plan_of(before) != plan_of(after) and before.status_id == after.status_id
    ]
    moved = [after for before, after in changed if before.status_id != after.status_id]
    next_version = orders.c.version + 1
    for group, more, is_planned in (
        (same, {}, False),
        (planned, _planner(tx), True),
        (moved, {"status_at": tx.now, **_planner(tx)}, True),
    ):
        if group:
            change = update(orders).where(orders.c.account_id == account_id, orders.c.track_id == bindparam("this"))
            columns = (set(row_of(tx, group[0])) | set(more)) - {"track_id"}
            versions = {"version": next_version} | ({"planned_version": next_version} if is_planned else {})
            statement = change.values({name: bindparam(f"new_{name}") for name in columns} | versions)
            rows = [row_of(tx, order) | more for order in group]
            tx.execute(
                statement, [{"this": row["track_id"], **{f"new_{name}": row[name] for name in columns}} for row in rows]
            )
    check_carried(tx, account_id, [after.track_id for _, after in changed])


def check_carried(tx: Tx, account_id: str, track_ids: Sequence[str]) -> None:
    """Raise `Forbidden` when one of these orders, as written now, is on no route of the scope's carriers."""
    for some in chunks(track_ids) if tx.scope.carriers else ():
        theirs = (orders.c.account_id == account_id, orders.c.track_id.in_(some), order_of_carriers(tx))
        if tx.execute(select(func.count()).select_from(orders).where(*theirs)).scalar_one() < len(set(some)):
            raise Forbidden("The order must stay on a route of your carrier.")


def plan_of(order: Order) -> tuple[Any, ...]:
    """Return the facts whose change by one person another person must hear of before changing the order's plan.

    Its number in the sequence is a fact of its route: it also changes when another order joins or leaves.
    """
    return order.route_id, order.status_id, order.date, order.pinned


def _planner(tx: Tx) -> dict[str, Any]:
    """Return the columns that say who changes a plan now."""
    return {"planned_at": tx.now, "planned_by": tx.by}


def soft_delete(tx: Tx, account_id: str, track_ids: Sequence[str], by: str) -> None:
    """Turn orders that the caller has locked into tombstones."""
    for some in chunks(track_ids):
        change = update(orders).where(orders.c.account_id == account_id, orders.c.track_id.in_(some))
        tx.execute(change.values(route_id=None, seq_number=None, deleted_at=tx.now, deleted_by=by, changed_at=tx.now))


def lock(tx: Tx, account_id: str, track_ids: Sequence[str]) -> list[Order]:
    """Lock the live orders among these until the commit, and return them ordered by track id.

    To avoid deadlocks, a caller that also changes their route locks the route first.
    """
    for some in chunks(sorted(track_ids)):
        these = (orders.c.account_id == account_id, orders.c.track_id.in_(some), orders.c.deleted_at.is_(None))
        query = select(orders.c.seq).where(*these).order_by(orders.c.track_id)
        tx.execute(query.with_for_update(key_share=True)).all()
    return get_many(tx, account_id, track_ids)


def get_many(tx: Tx, account_id: str, track_ids: Sequence[str]) -> list[Order]:
    """Return the live orders among these, ordered by track id."""
    found = []
    for some in chunks(sorted(track_ids)):
        query = _live(tx, account_id).where(orders.c.track_id.in_(some)).order_by(orders.c.track_id)
        found += [_order(tx, row) for row in tx.execute(query)]
    return found


def find(tx: Tx, account_id: str, key: OrderKey, prefer_type: int | None = None) -> Order | None:
    """Return the newest live order with this key, or None; `prefer_type` decides first between types."""
    by = [orders.c.seq.desc()]
    if prefer_type is not None:
        by.insert(0, (orders.c.type != prefer_type).asc())
    row = tx.execute(_live(tx, account_id).where(_has(key)).order_by(*by).limit(1)).first()
    return _order(tx, row) if row else None


def find_waiting(tx: Tx, account_id: str, key: OrderKey, beside: int) -> Order | None:
    """Return the newest live order with this key that is open, on no route, and of another type than `beside`."""
    waiting = (orders.c.route_id.is_(None), orders.c.status_id.is_(None), orders.c.type != beside)
    query = _live(tx, account_id).where(_has(key), *waiting).order_by(orders.c.seq.desc()).limit(1)
    row = tx.execute(query).first()
    return _order(tx, row) if row else None


def find_removed(tx: Tx, account_id: str, key: OrderKey) -> RemovedOrder | None:
    """Return the newest deleted order with this key, or None."""
    query = _select(tx, account_id).where(_has(key), orders.c.deleted_at.is_not(None))
    row = tx.execute(query.order_by(orders.c.seq.desc()).limit(1)).first()
    return removed(_order(tx, row), row.deleted_by, row.deleted_at) if row else None


def account_of(tx: Tx, track_id: str) -> str | None:
    """Return the id of the account of this live order, or None."""
    query = select(orders.c.account_id).where(orders.c.track_id == track_id, orders.c.deleted_at.is_(None))
    account_id: str | None = tx.execute(query).scalar()
    return account_id


def on_date(tx: Tx, account_id: str, date: str) -> list[Order]:
    """Return all orders of a day (its midnight as text), oldest first."""
    return [
        _order(tx, row) for row in tx.execute(_live(tx, account_id).where(orders.c.date == date).order_by(orders.c.seq))
    ]


def with_number(tx: Tx, account_id: str, number: str, limit: int) -> list[Order]:
    """Return the newest orders with this Number, newest first."""
    query = _live(tx, account_id).where(orders.c.number == number).order_by(orders.c.seq.desc()).limit(limit)
    return [_order(tx, row) for row in tx.execute(query)]


def with_status_since(tx: Tx, account_id: str, after: datetime) -> list[Order]:
    """Return all orders whose status changed after this instant, in the order of the changes."""
    query = _live(tx, account_id).where(orders.c.status_at > after).order_by(orders.c.status_at, orders.c.seq)
    return [_order(tx, row) for row in tx.execute(query)]


@dataclass(frozen=True, slots=True)
class Named:
    """A live order that has a key, without its document."""

    value: str  # of the key
    track_id: str
    type: int
    date: str
    status_id: int | None
    route_id: str | None


def named(tx: Tx, account_id: str, member: str, values: Collection[str]) -> dict[str, list[Named]]:
    """Return the live orders that have one of these keys, by key, the newest first."""
    column = {"Number": orders.c.number, "Id": orders.c.ext_id, "TrackId": orders.c.track_id}[member]
    others = (orders.c.track_id, orders.c.type, orders.c.date, orders.c.status_id, orders.c.route_id)
    found: dict[str, list[Named]] = {}
    for some in chunks(sorted(values)):
        query = select(column, *others).where(orders.c.account_id == account_id, column.in_(some), in_scope(tx))
        for row in tx.execute(query.where(orders.c.deleted_at.is_(None)).order_by(orders.c.seq.desc())):
            found.setdefault(row[0], []).append(Named(*row))
    return found


@dataclass(frozen=True, slots=True)
class Stored:
    """An order, live or deleted, with the further columns of its row."""

    order: Order
    seq: int
    created_at: datetime
    changed_at: datetime
    status_at: datetime | None
    deleted_at: datetime | None
    deleted_by: str | None


def seqs(
    tx: Tx, account_id: str, which: ColumnElement[bool], order: Sequence[ColumnElement[Any]], limit: int
) -> list[int]:
    """Return the row numbers of live orders that match, in this order; both conditions may use the routes table."""
    query = _live(tx, account_id).where(which).order_by(*order).limit(limit)
    return list(tx.execute(query.with_only_columns(orders.c.seq, maintain_column_froms=True)).scalars())


def of_seqs(tx: Tx, account_id: str, wanted: Sequence[int]) -> list[Stored]:
    """Return the live orders with these row numbers, in the given order."""
    rows = {row.seq: row for row in tx.execute(_live(tx, account_id).where(orders.c.seq.in_(wanted)))}
    return [_stored(tx, rows[seq]) for seq in wanted if seq in rows]


def of_track_id(tx: Tx, account_id: str, track_id: str) -> Stored | None:
    """Return an order, live or deleted, or None."""
    row = tx.execute(_select(tx, account_id).where(orders.c.track_id == track_id)).first()
    return _stored(tx, row) if row else None


def on_routes(tx: Tx, account_id: str, route_ids: Sequence[str]) -> dict[str, list[Order]]:
    """Return the orders of these routes by route, each route's in sequence."""
    found: dict[str, list[Order]] = {route_id: [] for route_id in route_ids}
    for some in chunks(route_ids):
        query = _live(tx, account_id).where(orders.c.route_id.in_(some)).order_by(orders.c.seq_number, orders.c.seq)
        for row in tx.execute(query):
            found[row.route_id].append(_order(tx, row))
    return found


def at_stop(tx: Tx, account_id: str, order: Order) -> list[str]:
    """Return the track ids of the live orders at the same stop of the route as this one, which is among them."""
    same = (orders.c.route_id == order.route_id, orders.c.seq_number == order.seq_number)
    return list(tx.execute(_live(tx, account_id).where(*same).with_only_columns(orders.c.track_id)).scalars())


def check_room(tx: Tx, account_id: str, route_ids: Collection[str]) -> None:
    """Raise `Invalid` when one of these routes has more orders, or lines of goods, than a route may have."""
    lines = length_of(tx, orders.c.document, "GoodsList")
    for some in chunks(sorted(route_ids)):
        query = select(func.count(), func.coalesce(func.sum(lines), 0)).where(
            orders.c.account_id == account_id, orders.c.route_id.in_(some), orders.c.deleted_at.is_(None)
        )
        for found in tx.execute(query.group_by(orders.c.route_id)):
            check_route(*found)


def _has(key: OrderKey) -> ColumnElement[bool]:
    if key.member == "TrackId":
        return orders.c.track_id == key.value.lower()
    return {"Number": orders.c.number, "Id": orders.c.ext_id}[key.member] == key.value


def _live(tx: Tx, account_id: str) -> Select[Any]:
    return _select(tx, account_id).where(orders.c.deleted_at.is_(None))


def _select(tx: Tx, account_id: str) -> Select[Any]:
    return (
        select(
            orders,
            routes.c.code.label("route_number"),
            routes.c.priority.label("route_priority"),
            routes.c.status.label("route_status"),
            routes.c.date.label("route_date"),
            routes.c.driver_login,
            routes.c.driver_name,
            routes.c.driver_number,
            routes.c.driver_vehicle,
            etas.c.first.label("first_eta"),
            etas.c.updated.label("updated_eta"),
        )
        .outerjoin(routes, routes.c.id == orders.c.route_id)
        .outerjoin(etas, ITS_ESTIMATE)
        .where(orders.c.account_id == account_id, in_scope(tx))
    )


def _stored(tx: Tx, row: Row[Any]) -> Stored:
    return Stored(
        _order(tx, row), row.seq, row.created_at, row.changed_at, row.status_at, row.deleted_at, row.deleted_by
    )


def in_scope(tx: Tx) -> ColumnElement[bool]:
    """Return the condition that an order is inside the scope of the transaction."""
    of = orders.c.document
    return and_(of_shippers(tx, of), of_depots(tx, of), of_teams(tx, of), order_of_carriers(tx))


def order_of(tx: Tx, columns: dict[str, Any]) -> Order:
    """Return the order of these columns, without estimates and the members that it shows of its route."""
    joined = dict.fromkeys((*_ROUTE_MEMBERS, "first_eta", "updated_eta"))
    return _order(tx, SimpleNamespace(**columns, **joined))


def _order(tx: Tx, row: Any) -> Order:
    leg = row.document.get("PickupOrder")
    order = Order.model_validate(
        {
            **row.document,
            "PickupOrder": leg and {**leg, "RouteDate": row.route_date},
            "number": row.number,
            "id": row.ext_id,
            "type": row.type,
            "date": row.date,
            "seq_number": row.seq_number,
            "status_id": row.status_id,
            "track_id": row.track_id,
            "track_key": row.track_id,
            "route_id": row.route_id,
            "eta": row.document.get("ETA") or row.first_eta,
            "updated_eta": row.updated_eta,
            **{name: getattr(row, name) for name in _ROUTE_MEMBERS},
        }
    )
    return linked(order, tx.links, tx.now)


def row_of(tx: Tx, order: Order) -> dict[str, Any]:
    """Return the columns of an order, without those that only the database fills."""
    document = order.model_dump(by_alias=True, exclude_none=True, exclude=_NOT_IN_DOCUMENT)
    hidden: dict[str, Any] = {
        "Corrections": order.corrections,
        "PhotoIds": order.photo_ids,
        "SignatureIds": order.signature_ids,
        "LoadSignatureIds": order.load_signature_ids,
        "Pinned": order.pinned,
    }
    for line, row in zip(order.goods_list or (), document.get("GoodsList") or (), strict=True):
        if line.photo_ids:
            row["PhotoIds"] = line.photo_ids
            row.pop("HasPhoto", None), row.pop("Photos", None)  # links expire, so they are not stored
    return {
        "track_id": order.track_id,
        "number": order.number,
        "ext_id": order.id,
        "type": order.type,
        "date": order.date,
        "route_id": order.route_id,
        "seq_number": order.seq_number,
        "status_id": order.status_id,
        "document": document | {name: value for name, value in hidden.items() if value},
        "changed_at": tx.now,
    }
