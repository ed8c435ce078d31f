"""Searching routes: by day, by status, by the beginning of their code; newest first, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from waybell.db.database import Tx
from waybell.ground import cursors
from waybell.orders import model
from waybell.orders.tables import orders, routes
from waybell.routes import store

STATUSES = ("Draft", "Ready", "Loaded", "InProgress", "Closed")


_MOST_OPEN = 200  # routes that a select offers


@dataclass(frozen=True, slots=True)
class Listed:
    id: str
    code: str | None
    date: str
    status: str
    driver: str | None
    vehicle: str | None
    stops: int
    finished: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    routes: list[Listed]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """A route with what its page shows beside the list."""

    route: Listed
    document: dict[str, Any]  # the members that have no column, such as the plan
    deleted_at: datetime | None
    deleted_by: str | None


def search(
    tx: Tx, account_id: str, date: str | None, status: str | None, typed: str, after: str | None, limit: int
) -> Listing:
    """Return a page of routes.

    `date` is a day's midnight as text; `typed` is the beginning of a Code or an Id.
    """
    query = _listing(tx, account_id).where(routes.c.deleted_at.is_(None))
    if date:
        query = query.where(routes.c.date == date)
    if status:
        query = query.where(routes.c.status == status)
    if typed:
        by_code, by_id = (column.istartswith(typed, autoescape=True) for column in (routes.c.code, routes.c.ext_id))
        query = query.where(by_code | by_id)
    if after:
        query = query.where(routes.c.seq < cursors.number(cursors.decode("routes", after, 1)[0]))
    rows = list(tx.execute(query.order_by(routes.c.seq.desc()).limit(limit + 1)))
    counts = _stops(tx, account_id, [row.id for row in rows[:limit]])
    cursor = cursors.encode("routes", rows[limit - 1].seq) if len(rows) > limit else None
    return Listing([_listed(row, counts) for row in rows[:limit]], cursor)


def search_open(tx: Tx, account_id: str, date: str | None) -> list[Listed]:
    """Return the newest routes that are not closed, of all days or of one day (its midnight as text)."""
    query = _listing(tx, account_id).where(routes.c.deleted_at.is_(None), routes.c.status != "Closed")
    if date:
        query = query.where(routes.c.date == date)
    return [_listed(row, {}) for row in tx.execute(query.order_by(routes.c.seq.desc()).limit(_MOST_OPEN))]


def one(tx: Tx, account_id: str, route_id: str) -> Found | None:
    """Return a route, live or deleted, by our own id."""
    row = tx.execute(_listing(tx, account_id).where(routes.c.id == route_id)).first()
    if row is None:
        return None
    return Found(_listed(row, _stops(tx, account_id, [row.id])), row.document, row.deleted_at, row.deleted_by)


def _listing(tx: Tx, account_id: str) -> Any:
    return select(routes).where(routes.c.account_id == account_id, store.in_scope(tx))


def _stops(tx: Tx, account_id: str, route_ids: list[str]) -> dict[str, tuple[int, int]]:
    """Return for each route the number of its orders, and how many of them are finished."""
    finished = func.count().filter(orders.c.status_id.in_(model.SUCCEEDED + model.FAILED))
    query = select(orders.c.route_id, func.count(), finished).where(
        orders.c.account_id == account_id, orders.c.route_id.in_(route_ids)
    )
    return {route_id: (stops, done) for route_id, stops, done in tx.execute(query.group_by(orders.c.route_id))}


def _listed(row: Row[Any], counts: dict[str, tuple[int, int]]) -> Listed:
    driver = row.driver_name or row.driver_login
    stops = counts.get(row.id, (0, 0))
    return Listed(row.id, row.code, row.date, row.status, driver, row.driver_vehicle, *stops, row.changed_at)
