"""Exceptions in the database, and the rows of orders, routes and positions that the rules read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import from_json, to_json
from sqlalchemy import (
    ColumnElement,
    Row,
    Subquery,
    and_,
    bindparam,
    delete,
    exists,
    func,
    null,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)

from waybell.accounts.tables import accounts
from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Prepared, restored, stored
from waybell.db.schema import Instant
from waybell.db.scoped import members
from waybell.exceptions.comparing import Changes, Open
from waybell.exceptions.model import Found
from waybell.exceptions.tables import exceptions
from waybell.orders.store import in_scope
from waybell.orders.tables import eta_runs, orders, routes
from waybell.routes.store import in_scope as route_in_scope
from waybell.routes.tables import track_points

_MOST_POINTS = 500  # of a track; more in so short a time come from a receiver that sends several a second
_FORGOTTEN_AT_ONCE = 1_000
_IS_OPEN = exceptions.c.cleared_at.is_(None)

_columns = (
    exceptions.c.id,
    exceptions.c.kind,
    exceptions.c.subject,
    exceptions.c.route_id,
    exceptions.c.facts,
    exceptions.c.gone_at,
)
_of_route = Prepared(select(*_columns).where(exceptions.c.route_id == bindparam("route"), _IS_OPEN))


def open_of_route(tx: Tx, route_id: str) -> list[Open]:
    """Return what is open of a route and of the orders on it."""
    return [_known(*row) for row in _of_route.run(tx, {"route": route_id})]


def _known(id: int, kind: str, subject: str, route_id: str | None, facts: str, gone_at: int | None) -> Open:  # noqa: A002
    gone = restored(gone_at)
    return Open(id, kind, subject, route_id, from_json(facts), None if gone is None else int(gone.timestamp()))


_points = Prepared(
    select(track_points.c.at, track_points.c.lat, track_points.c.lng)
    .where(
        track_points.c.account_id == bindparam("account"),
        track_points.c.route_id == bindparam("route"),
        track_points.c.at >= bindparam("after"),
    )
    .order_by(track_points.c.at.desc())
    .limit(_MOST_POINTS)
)


def points(tx: Tx, account_id: str, route_id: str, after: str) -> Sequence[tuple[str, float, float]]:
    """Return the last positions of a route, the newest first."""
    return _points.run(tx, {"account": account_id, "route": route_id, "after": after})


def _opening(*, on_postgres: bool) -> Prepared:
    names = ("account_id", "kind", "subject", "track_id", "route_id", "severity", "since", "changed_at", "facts")
    statement = insert_into(exceptions, on_postgres=on_postgres).values({name: bindparam(name) for name in names})
    again = {name: statement.excluded[name] for name in ("route_id", "changed_at", "facts")} | {"gone_at": None}
    return Prepared(
        statement.on_conflict_do_update(
            index_elements=[exceptions.c.subject, exceptions.c.kind],
            index_where=_IS_OPEN,
            set_=again,
        )
    )


_open = {on_postgres: _opening(on_postgres=on_postgres) for on_postgres in (True, False)}
_keep = Prepared(
    update(exceptions)
    .where(exceptions.c.id == bindparam("key"), _IS_OPEN)
    .values(route_id=bindparam("route"), facts=bindparam("shown"), gone_at=None, changed_at=bindparam("now"))
)
_go = Prepared(update(exceptions).where(exceptions.c.id == bindparam("key"), _IS_OPEN).values(gone_at=bindparam("now")))
_clear = Prepared(
    update(exceptions)
    .where(exceptions.c.id == bindparam("key"), _IS_OPEN)
    .values(cleared_at=bindparam("now"), changed_at=bindparam("now"))
)


def save(tx: Tx, account_id: str, changes: Changes) -> None:
    """Write what has changed; first the rows that are there, by id, and then new ones, so that no two writers lock up.

    What another route or the sweep has opened for the same order goes on under this route.
    """
    now = stored(tx.now)
    written: list[tuple[int, Prepared, dict[str, Any]]] = [(id, _clear, {}) for id in changes.cleared]  # noqa: A001
    written += [(id, _go, {}) for id in changes.gone]  # noqa: A001
    written += [(id, _keep, {"route": one.route_id, "shown": _json(one)}) for id, one in changes.kept]  # noqa: A001
    for key, statement, more in sorted(written, key=lambda one: one[0]):
        statement.run(tx, {"key": key, "now": now, **more})
    _open[tx.on_postgres].run_many(
        tx,
        [
            {
                "account_id": account_id,
                "kind": one.kind,
                "subject": one.subject,
                "track_id": one.track_id,
                "route_id": one.route_id,
                "severity": one.severity,
                "since": now,
                "changed_at": now,
                "facts": _json(one),
            }
            for one in changes.opened
        ],
    )


def _json(one: Found) -> str:
    return to_json(one.facts).decode()


def end_of_waiting(tx: Tx, route_ids: Collection[str]) -> None:
    """Clear at once that orders wait for a route, when they are on one of these."""
    placed = select(orders.c.track_id).where(orders.c.route_id.in_(route_ids))
    tx.execute(
        update(exceptions)
        .where(_IS_OPEN, exceptions.c.kind == "unassigned", exceptions.c.subject.in_(placed))
        .values(cleared_at=tx.now, changed_at=tx.now)
    )


def busy_accounts(tx: Tx) -> list[tuple[str, ZoneInfo]]:
    """Return the accounts with orders of about today, or with something open."""
    first, last = (f"{(tx.now + by).date()}T00:00:00" for by in (-timedelta(days=1), timedelta(days=1)))
    of_today = exists().where(orders.c.account_id == accounts.c.id, orders.c.date.between(first, last))
    is_open = exists().where(exceptions.c.account_id == accounts.c.id, _IS_OPEN)
    rows = tx.execute(select(accounts.c.id, accounts.c.time_zone).where(or_(of_today, is_open)))
    return [(id, ZoneInfo(zone)) for id, zone in rows]  # noqa: A001


# Routes whose estimates run as time passes; the run looks after their exceptions.
_RUNS = and_(routes.c.status == "InProgress", routes.c.deleted_at.is_(None), eta_runs.c.due_at.is_not(None))

ORDER_MEMBERS = (
    *("AddressLat", "AddressLon", "LoadStatus", "RejectReason", "COD", "CODActual", "Weight", "Volume", "Pallets"),
    *("ETA", "TimeSlotFrom", "TimeSlotTo"),
)
ROUTE_MEMBERS = ("Vehicle", "FinishTimePlan")  # SQLite makes a list of two members, not of one


def resting_orders(tx: Tx, account_id: str, midnight: str) -> Sequence[Row[Any]]:
    """Return the orders of a day, except those on routes whose estimates run."""
    query = (
        select(
            orders.c.track_id,
            orders.c.type,
            orders.c.status_id,
            orders.c.seq_number,
            orders.c.route_id,
            routes.c.status.label("route_status"),
            members(tx, routes.c.document, ROUTE_MEMBERS).label("of_route"),
            members(tx, orders.c.document, ORDER_MEMBERS).label("members"),
        )
        .outerjoin(routes, routes.c.id == orders.c.route_id)
        .outerjoin(eta_runs, eta_runs.c.route_id == orders.c.route_id)
        .where(orders.c.account_id == account_id, orders.c.date == midnight, orders.c.deleted_at.is_(None))
        .where(or_(orders.c.route_id.is_(None), func.coalesce(_RUNS, False).is_(False)))
        .order_by(orders.c.route_id, orders.c.seq_number, orders.c.seq)
    )
    return tx.execute(query).all()


def resting(tx: Tx, account_id: str) -> list[Open]:
    """Return what is open of an account, except of routes whose estimates run."""
    query = (
        select(*_columns)
        .outerjoin(routes, routes.c.id == exceptions.c.route_id)
        .outerjoin(eta_runs, eta_runs.c.route_id == exceptions.c.route_id)
        .where(exceptions.c.account_id == account_id, _IS_OPEN)
        .where(or_(exceptions.c.route_id.is_(None), func.coalesce(_RUNS, False).is_(False)))
    )
    return [
        Open(row.id, row.kind, row.subject, row.route_id, row.facts, row.gone_at and int(row.gone_at.timestamp()))
        for row in tx.execute(query)
    ]


def forget(tx: Tx, before: datetime) -> int:
    """Delete a batch of what was cleared before that moment; return how many rows."""
    old = select(exceptions.c.id).where(exceptions.c.cleared_at < before).limit(_FORGOTTEN_AT_ONCE)
    return tx.execute(delete(exceptions).where(exceptions.c.id.in_(old))).rowcount


@dataclass(frozen=True, slots=True)
class Listed:
    """An exception as lists show it, with the names of its order and its route."""

    id: int
    kind: str
    severity: int
    since: datetime
    cleared_at: datetime | None
    facts: dict[str, Any]
    track_id: str | None
    number: str | None
    order_id: str | None
    order_seq: int | None
    route_code: str | None
    route_id: str | None
    route_seq: int | None


def listed(tx: Tx, account_id: str, cleared_since: datetime | None, after: int, limit: int) -> list[Listed]:
    """Return exceptions inside the scope in the order of their ids: open ones, and those cleared since a moment."""
    wanted = _IS_OPEN if cleared_since is None else or_(_IS_OPEN, exceptions.c.cleared_at >= cleared_since)
    found = _listed(tx, account_id, wanted, exceptions.c.id > after)
    return [Listed(*row) for row in tx.execute(select(found).order_by(found.c.id).limit(limit))]


def all_open(tx: Tx, account_id: str) -> list[Listed]:
    """Return all open exceptions inside the scope."""
    found = _listed(tx, account_id, _IS_OPEN)
    return [Listed(*row) for row in tx.execute(select(found).order_by(found.c.id))]


def _listed(tx: Tx, account_id: str, *wanted: ColumnElement[bool]) -> Subquery:
    """Return the query of what a caller may see: of its orders, and of routes that hold no others."""
    columns = [exceptions.c[name] for name in ("id", "kind", "severity", "since", "cleared_at", "facts", "track_id")]
    route = [routes.c.code, routes.c.ext_id.label("route_id"), routes.c.seq.label("route_seq")]
    of_orders = (
        select(*columns, orders.c.number, orders.c.ext_id, orders.c.seq, *route)
        .join(orders, orders.c.track_id == exceptions.c.track_id)
        .outerjoin(routes, routes.c.id == exceptions.c.route_id)
        .where(exceptions.c.account_id == account_id, in_scope(tx), *wanted)
    )
    of_routes = (
        select(*columns, null(), null(), null(), *route)
        .join(routes, routes.c.id == exceptions.c.route_id)
        .where(exceptions.c.account_id == account_id, exceptions.c.track_id.is_(None), route_in_scope(tx), *wanted)
    )
    return union_all(of_orders, of_routes).subquery()


def marks(tx: Tx, account_id: str) -> tuple[Any, ...]:
    """Return a value that changes when something of an account was opened, changed or cleared."""
    changed = type_coerce(exceptions.c.changed_at, Instant().impl_instance)
    query = select(func.count(), func.coalesce(func.max(changed), 0), func.coalesce(func.sum(exceptions.c.id), 0))
    return tuple(tx.execute(query.where(exceptions.c.account_id == account_id, _IS_OPEN)).one())
