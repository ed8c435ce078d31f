"""Tombstones of deleted orders and routes, and their deletion after their retention time.

A tombstone holds the members that are still shown of a deleted order. With it go the counter of its events, and the
track of a route; its pictures were deleted with the order.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Table, and_, delete, select, tuple_

from waybell.db.chunks import chunks
from waybell.db.database import Database, Tx
from waybell.eta import store as eta_store
from waybell.events.subjects import Kind, Subject
from waybell.events.tables import subjects
from waybell.orders.tables import orders, routes
from waybell.routes.tables import track_points, tracks
from waybell.settings import Settings

_AT_ONCE = 500  # rows of one transaction, so that others do not wait long for it
_POINTS_AT_ONCE = 5000


def run_once(database: Database, settings: Settings) -> bool:
    """Delete a batch of old tombstones; return whether there may be more."""
    with database.transaction() as tx:
        forgotten = forget_orders(tx, tx.now - settings.keep_deleted)
    with database.transaction() as tx:
        forgotten += forget_routes(tx, tx.now - settings.keep_deleted)
    return forgotten > 0


def forget_orders(tx: Tx, before: datetime) -> int:
    """Delete a batch of the orders that were deleted before that moment, the oldest first; return how many."""
    old = _buried(tx, orders, orders.c.track_id, before)
    for some in chunks([track_id for _, track_id in old]):
        eta_store.forget_orders(tx, some)
        tx.execute(delete(orders).where(orders.c.track_id.in_(some)))
    _forget_subjects(tx, "order", old)
    return len(old)


def forget_routes(tx: Tx, before: datetime) -> int:
    """Delete a batch of routes in the same way, after the points of their tracks; return how many rows were deleted."""
    old = _buried(tx, routes, routes.c.id, before)
    points = _forget_points(tx, old)
    if points == _POINTS_AT_ONCE:
        return points
    for some in chunks([route_id for _, route_id in old]):
        eta_store.forget_routes(tx, some)
        tx.execute(delete(tracks).where(tracks.c.route_id.in_(some)))
        tx.execute(delete(routes).where(routes.c.id.in_(some)))
    _forget_subjects(tx, "route", old)
    return points + len(old)


def _buried(tx: Tx, table: Table, key: Column[str], before: datetime) -> list[tuple[str, str]]:
    """Return account and key of the oldest tombstones, except for rows that another dispatcher is deleting."""
    query = select(table.c.account_id, key).where(table.c.deleted_at < before).order_by(table.c.deleted_at)
    query = query.limit(_AT_ONCE).with_for_update(skip_locked=True)
    return [(row[0], row[1]) for row in tx.execute(query)]


def _forget_points(tx: Tx, of: Sequence[tuple[str, str]]) -> int:
    left = _POINTS_AT_ONCE
    for some in chunks(of):
        points = select(*_POINT).where(_these(track_points.c.account_id, track_points.c.route_id, some)).limit(left)
        left -= tx.execute(delete(track_points).where(tuple_(*_POINT).in_(points))).rowcount
    return _POINTS_AT_ONCE - left


_POINT = track_points.primary_key.columns


def _forget_subjects(tx: Tx, kind: Kind, of: Sequence[tuple[str, str]]) -> None:
    """Delete the event counters of deleted objects; only we publish events about them."""
    for some in chunks([(account_id, str(Subject(kind, key))) for account_id, key in of]):
        tx.execute(delete(subjects).where(_these(subjects.c.account_id, subjects.c.subject, some)))


def _these(account_id: Column[str], key: Column[str], of: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    """Return the condition for these objects. No two accounts share a key, and SQLite would scan to compare pairs."""
    return and_(account_id.in_({account for account, _ in of}), key.in_([key for _, key in of]))
