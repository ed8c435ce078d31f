"""Keeping the list of exceptions up to date: with each run of a route's estimates, and as time passes for all others.

A run of estimates has read its route already, and has locked it, so its exceptions cost one more pass over the same
rows. The sweep looks after the orders of the day that are on no such route: those in the pool, on routes that have not
started, and on routes that are done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic_core import from_json
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from waybell.db.database import Database, Tx
from waybell.eta.facts import OrderFacts, Seen, Wall, slot_of
from waybell.eta.model import Position
from waybell.exceptions import store
from waybell.exceptions.comparing import Changes, compare
from waybell.exceptions.model import LOOKS_BACK, Found, Item, Way, exceptions_of
from waybell.ground.clock import Moment

log = structlog.get_logger()

KEPT = timedelta(days=7)  # after it was cleared


@dataclass(frozen=True, slots=True)
class Watch:
    """The rules at work. `cut_off` is the hour from when on orders of the day without a route are exceptions."""

    cut_off: time

    def of_route(self, tx: Tx, seen: Seen) -> None:
        """Compare what a run of estimates has seen with what is open of the route, and write what has changed."""
        now = int(tx.now.timestamp())
        found = exceptions_of([_item(seen, order) for order in seen.orders], _way(tx, seen, now), now)
        changes = compare(store.open_of_route(tx, seen.route.route_id), found, now)
        if changes:
            store.save(tx, seen.route.account_id, changes)

    def of_plan(self, tx: Tx, causes: Mapping[str, set[str]]) -> None:
        """Clear at once what an assignment to one of these routes has settled."""
        if planned := sorted(route_id for route_id, noted in causes.items() if "Sequence" in noted):
            store.end_of_waiting(tx, planned)

    def sweep(self, database: Database) -> bool:
        """Look after all orders of today that no run looks after; return whether there is more to do at once."""
        with database.reading() as tx:
            busy = store.busy_accounts(tx)
        for account_id, zone in busy:
            try:
                self._sweep_one(database, account_id, zone)
            except SQLAlchemyError:
                raise
            except Exception:  # a faulty row of one account must not hide the exceptions of the others
                log.exception("exceptions.failed", account=account_id)
        with database.transaction(durable=False) as tx:
            return store.forget(tx, tx.now - KEPT) > 0

    def _sweep_one(self, database: Database, account_id: str, zone: ZoneInfo) -> None:
        """Look whether anything has changed, and only then open a transaction that writes, and look again in it."""
        with database.reading() as tx:
            if not self._changes(tx, account_id, zone):
                return
        with database.transaction() as tx:
            store.save(tx, account_id, self._changes(tx, account_id, zone))

    def _changes(self, tx: Tx, account_id: str, zone: ZoneInfo) -> Changes:
        wall, now = Wall(zone), int(tx.now.timestamp())
        today = Moment(tx.now, zone).today
        cut_off = wall.read(f"{today}T{self.cut_off:%H:%M:%S}")
        found: list[Found] = []
        for route_id, group in groupby(
            store.resting_orders(tx, account_id, f"{today}T00:00:00"), lambda row: row.route_id
        ):
            rows = list(group)
            way = _resting_way(route_id, rows[0]) if route_id else None
            found += exceptions_of([_resting_item(wall, row, now) for row in rows], way, now, cut_off)
        return compare(store.resting(tx, account_id), found, now)


def _item(seen: Seen, order: OrderFacts) -> Item:
    return Item(
        order.track_id,
        order.seq_number,
        order.status_id,
        {**order.document, "Type": order.order_type},
        seen.expected.get(order.track_id),
        slot_of(seen.wall, order.document)[1] if order.is_open else None,
    )


def _way(tx: Tx, seen: Seen, now: int) -> Way:
    route, there = seen.route, seen.there
    places = (*(stop.place for stop in there.trip.stops), there.trip.start, there.trip.end)
    return Way(
        route.route_id,
        vehicle=route.document.get("Vehicle") or {},
        position=there.position,
        points=_points(tx, seen, now) if there.position else (),
        stops=[place for place in places if place is not None],
        is_at_a_stop=any(visit.came is not None and visit.left is None for visit in there.visits),
        is_left=any(order.is_open for order in seen.orders),
    )


def _points(tx: Tx, seen: Seen, now: int) -> Sequence[Position]:
    rows = store.points(tx, seen.route.account_id, seen.route.route_id, seen.wall.write(now - LOOKS_BACK))
    return [Position((lat, lng), at) for text, lat, lng in rows if (at := seen.wall.read(text)) is not None]


def _resting_way(route_id: str, row: Row[Any]) -> Way:
    vehicle, _ = from_json(row.of_route)
    return Way(route_id, is_closed=row.route_status == "Closed", vehicle=vehicle or {}, is_left=False)


def _resting_item(wall: Wall, row: Row[Any], now: int) -> Item:
    """Return an order that no driver is on the way to: its driver comes when that is planned, but not before now."""
    shown = dict(zip(store.ORDER_MEMBERS, from_json(row.members), strict=True))
    expected = max(wall.read(shown["ETA"]) or now, now)
    return Item(
        row.track_id, row.seq_number, row.status_id, {**shown, "Type": row.type}, expected, slot_of(wall, shown)[1]
    )
