"""The estimates in the database, and the lean rows of routes and orders that they are made from.

A run reads no order as the API shows it: that would take longer than everything else that a change does.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import from_json
from sqlalchemy import bindparam, delete, select, update

from waybell.accounts.tables import accounts
from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Among, Prepared, restored, stored
from waybell.eta.facts import OrderFacts, RouteFacts
from waybell.orders.tables import ITS_ESTIMATE, eta_runs, etas, orders, routes
from waybell.routes.tables import tracks

_under_way = Among(
    select(
        routes.c.id,
        routes.c.account_id,
        accounts.c.time_zone,
        routes.c.code,
        routes.c.ext_id,
        routes.c.date,
        routes.c.driver_login,
        routes.c.driver_vehicle,
        routes.c.document,
        tracks.c.last_at,
        tracks.c.last_lat,
        tracks.c.last_lng,
        eta_runs.c.ran_at,
    )
    .join(accounts, accounts.c.id == routes.c.account_id)
    .outerjoin(tracks, tracks.c.route_id == routes.c.id)
    .outerjoin(eta_runs, eta_runs.c.route_id == routes.c.id)
    .where(routes.c.status == bindparam("status"), routes.c.deleted_at.is_(None)),
    routes.c.id,
)


def under_way(tx: Tx, route_ids: Sequence[str]) -> list[RouteFacts]:
    """Return the routes in progress among these, in the order of their ids."""
    rows = _under_way.run(tx, route_ids, status="InProgress")
    return [_route(*row) for row in sorted(rows, key=lambda row: str(row[0]))]


def _route(
    route_id: str, account_id: str, zone: str, code: str | None, ext_id: str | None, date: str, *more: Any
) -> RouteFacts:
    login, vehicle, document, last_at, lat, lng, ran_at = more
    place = None if lat is None or lng is None else (lat, lng)
    known = from_json(document)
    return RouteFacts(
        route_id,
        account_id,
        ZoneInfo(zone),
        code,
        ext_id,
        date,
        login,
        vehicle,
        known,
        last_at,
        place,
        restored(ran_at),
    )


_orders = Prepared(
    select(
        orders.c.track_id,
        orders.c.seq_number,
        orders.c.status_id,
        orders.c.status_at,
        orders.c.date,
        orders.c.number,
        orders.c.ext_id,
        orders.c.document,
        etas.c.first,
        etas.c.updated,
        etas.c.told,
        etas.c.told_at,
        orders.c.type,
    )
    .outerjoin(etas, ITS_ESTIMATE)
    .where(orders.c.route_id == bindparam("route"))
    .order_by(orders.c.seq_number, orders.c.seq)
)


def orders_of(tx: Tx, route_id: str) -> list[OrderFacts]:
    """Return the orders of a route in the sequence of their stops."""
    return [_order(*row) for row in _orders.run(tx, {"route": route_id})]


def _order(track_id: str, seq_number: int, status_id: int | None, status_at: int | None, *more: Any) -> OrderFacts:
    date, number, ext_id, document, first, updated, told, told_at, order_type = more
    known, since = from_json(document), restored(status_at)
    return OrderFacts(
        track_id,
        seq_number,
        status_id,
        since,
        date,
        number,
        ext_id,
        known,
        first,
        updated,
        told,
        restored(told_at),
        order_type,
    )


def _locking(*, on_postgres: bool) -> Prepared:
    statement = insert_into(eta_runs, on_postgres=on_postgres).values(
        route_id=bindparam("route"), document=bindparam("empty")
    )
    known = statement.on_conflict_do_update(index_elements=[eta_runs.c.route_id], set_={"ran_at": eta_runs.c.ran_at})
    return Prepared(known.returning(eta_runs.c.ran_at, eta_runs.c.document))


_lock = {on_postgres: _locking(on_postgres=on_postgres) for on_postgres in (True, False)}


def lock(tx: Tx, route_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Lock the runs of these routes until the commit, in the order of their ids; return what each has noted.

    A route that was never estimated has noted nothing.
    """
    return {
        route_id: from_json(_lock[tx.on_postgres].run(tx, {"route": route_id, "empty": "{}"})[0][1])
        for route_id in sorted(route_ids)
    }


def save_run(tx: Tx, route_id: str, due_at: datetime | None, document: dict[str, Any], *, changed: bool) -> None:
    """Note a run; `changed` says whether it has changed an estimate."""
    values = {"ran_at": tx.now, "due_at": due_at, "document": document} | ({"changed_at": tx.now} if changed else {})
    tx.execute(update(eta_runs).where(eta_runs.c.route_id == route_id).values(**values))


def _saving(*, on_postgres: bool) -> Prepared:
    names = ("track_id", "route_id", "first", "updated", "told", "told_at")
    statement = insert_into(etas, on_postgres=on_postgres).values({name: bindparam(name) for name in names})
    return Prepared(
        statement.on_conflict_do_update(
            index_elements=[etas.c.track_id], set_={name: statement.excluded[name] for name in names[1:]}
        )
    )


_save = {on_postgres: _saving(on_postgres=on_postgres) for on_postgres in (True, False)}


def save(tx: Tx, route_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write the estimates of orders on a route whose run the caller has locked."""
    _save[tx.on_postgres].run_many(
        tx, [{**row, "route_id": route_id, "told_at": stored(row["told_at"])} for row in rows]
    )


def due(tx: Tx, limit: int) -> list[str]:
    """Return routes whose estimates time may have changed, the longest due first, but none that another run has."""
    query = select(eta_runs.c.route_id).where(eta_runs.c.due_at <= tx.now).order_by(eta_runs.c.due_at).limit(limit)
    return list(tx.execute(query.with_for_update(skip_locked=True)).scalars())


def put_off(tx: Tx, route_id: str, until: datetime) -> None:
    """Let no run begin by itself before that moment."""
    tx.execute(update(eta_runs).where(eta_runs.c.route_id == route_id).values(due_at=until))


def rest(tx: Tx, route_ids: Sequence[str]) -> None:
    """Note that time changes nothing for these routes any more."""
    for some in chunks(route_ids):
        tx.execute(update(eta_runs).where(eta_runs.c.route_id.in_(some)).values(due_at=None))


def forget_orders(tx: Tx, track_ids: Sequence[str]) -> None:
    tx.execute(delete(etas).where(etas.c.track_id.in_(track_ids)))


def forget_routes(tx: Tx, route_ids: Sequence[str]) -> None:
    tx.execute(delete(etas).where(etas.c.route_id.in_(route_ids)))
    tx.execute(delete(eta_runs).where(eta_runs.c.route_id.in_(route_ids)))
