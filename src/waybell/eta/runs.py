"""Keeping estimates up to date: with each change that concerns them, and as time passes.

A run happens in the transaction of the change, just before its events are stored, so that these show the new estimates.
It comes after all other locks of the transaction: it locks the runs of its routes by id, and then writes only estimates
of orders on these routes. So it cannot deadlock, and what happens at one stop waits for nobody at another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any, get_args

from waybell.db.database import Database, Tx
from waybell.eta import facts, store, telling
from waybell.eta.facts import OrderFacts, RouteFacts, Situation, Wall
from waybell.eta.model import Forecast, eta
from waybell.eta.pending import show
from waybell.ground.clock import wall_text
from waybell.optimizing import places
from waybell.optimizing.model import Place
from waybell.optimizing.planning import Road
from waybell.orders.eta_notes import Cause

EVERY = timedelta(minutes=1)  # for what a position or time alone may have changed
AT_ONCE = 10  # routes in one transaction of the chore
_SLOWER = 60  # a route of which nothing is heard is asked again after this part of the silence
_FARTHEST = timedelta(days=366)  # an estimate beyond that is of a slot in a wrong year, and is not shown


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an order that is left on a route is to show, the end of its time slot, and the open stops before it."""

    order: OrderFacts
    now: int
    closes: int | None
    stops_before: int


class Etas:
    """The runs of all routes; `road` holds the assumptions that replace a map."""

    def __init__(self, road: Road) -> None:
        self._road = road

    def settle(self, tx: Tx) -> None:
        """Estimate anew the routes that were noted in this transaction; `Database` calls this before each commit."""
        if tx.pending_routes:
            noted, tx.pending_routes = tx.pending_routes, {}
            self._run(tx, {route_id: causes for route_id, (_, causes) in noted.items()})

    def pass_time(self, database: Database) -> bool:
        """Estimate anew some routes of which nothing was heard for a while; return whether there may be more."""
        with database.transaction() as tx:
            due = store.due(tx, AT_ONCE)
            store.rest(tx, sorted(set(due) - self._run(tx, {route_id: {"Time"} for route_id in due})))
        return len(due) == AT_ONCE

    def _run(self, tx: Tx, causes: dict[str, set[str]]) -> set[str]:
        """Run these routes as far as they are in progress, and return which were."""
        routes = store.under_way(tx, sorted(causes))
        urgent = [route for route in routes if causes[route.route_id] != {"Position"} or _is_old(tx, route)]
        known = store.lock(tx, [route.route_id for route in urgent])
        for route in urgent:
            noted = causes[route.route_id] if known[route.route_id] else {"Start"}
            cause = next(one for one in get_args(Cause) if one in noted)
            _Run(tx, route, cause, known[route.route_id], self._road).carry_out()
        return {route.route_id for route in routes}


def _is_old(tx: Tx, route: RouteFacts) -> bool:
    return route.ran_at is None or not timedelta() <= tx.now - route.ran_at < EVERY


class _Run:
    """One run of a route that the transaction has locked."""

    def __init__(self, tx: Tx, route: RouteFacts, cause: Cause, known: dict[str, Any], road: Road) -> None:
        self._tx, self._route, self._cause, self._road = tx, route, cause, road
        self._wall = Wall(route.zone)
        self._now = int(tx.now.timestamp())
        self._known = known if cause not in ("Start", "Change") else known | self._ends()

    def _ends(self) -> dict[str, Any]:
        """Return what does not change at each stop: where the route begins and ends, when, and how fast its vehicle is.

        A StartDate that no caller sent is in UTC, so it is read as now when it is now in UTC.
        """
        route, of_route = self._route, self._route.document
        depot = places.depot_of(self._tx, route.account_id, of_route.get("DepotId"), of_route.get("Depot"))
        vehicle = places.vehicle_of(self._tx, route.account_id, route.driver_vehicle)
        return {
            "Begins": self._began(),
            "Start": None if of_route.get("StartFromDepot") is False else depot,
            "End": depot if of_route.get("ReturnToDepot") else None,
            "SpeedRatio": vehicle.speed_ratio if vehicle else None,
        }

    def _began(self) -> int:
        text = self._route.document.get("StartDate")
        known = self._wall.read(text)
        return self._now if known is None or text == wall_text(self._tx.now.astimezone(UTC)) else min(known, self._now)

    def carry_out(self) -> None:
        known, route_id = self._known, self._route.route_id
        orders = store.orders_of(self._tx, route_id)
        there = facts.situation(self._route, orders, known["Begins"], _place(known["Start"]), _place(known["End"]))
        roads = self._road.of_vehicle(known["SpeedRatio"])
        forecast = eta(there.trip, self._now, there.position, there.visits, roads.seconds)
        estimates = self._estimates(there, forecast)
        idle = max(0, self._now - _last_news(there))
        rows = [row for one in estimates if (row := self._row(one, idle)) is not None]
        store.save(self._tx, route_id, rows)
        show(self._tx, route_id, {row["track_id"]: row for row in rows})
        pause = timedelta(seconds=max(EVERY.total_seconds(), idle / _SLOWER))
        is_left = any(order.is_open for order in orders)
        store.save_run(self._tx, route_id, self._tx.now + pause if is_left else None, known)

    def _estimates(self, there: Situation, forecast: Forecast) -> list[Estimate]:
        """Return the estimates of the orders that are left and whose way is known, in their sequence."""
        found, before = [], 0
        farthest = self._now + _FARTHEST.total_seconds()
        for begins, group in zip(forecast.begins, there.orders, strict=True):
            left = [order for order in group if order.is_open]
            if begins is not None and begins <= farthest:
                found += [self._estimate(order, begins, before) for order in left]
            before += bool(left)
        return found

    def _estimate(self, order: OrderFacts, begins: int, stops_before: int) -> Estimate:
        shown, closes = self._wall.read(order.updated), facts.slot(self._wall, order)[1]
        now = begins if shown is None or telling.is_shown(shown, begins, closes) else shown
        return Estimate(order, now, closes, stops_before)

    def _row(self, one: Estimate, idle: int) -> dict[str, Any] | None:
        """Return the row of an estimate, or None when it stays as it was; record the event if it is to be told."""
        order, text = one.order, self._wall.write(one.now)
        told = order.told or order.planned
        since = None if order.told_at is None else int((self._tx.now - order.told_at).total_seconds())
        is_told = telling.is_told(self._wall.read(told), one.now, one.closes, since=since, cause=self._cause, idle=idle)
        if text == order.updated and not is_told:
            return None
        return {
            "track_id": order.track_id,
            "first": order.first or (None if order.planned else text),
            "updated": text,
            "told": text if is_told or told is None else told,
            "told_at": self._tx.now if is_told else order.told_at,
        }


def _place(known: Sequence[float] | None) -> Place | None:
    return None if known is None else (known[0], known[1])


def _last_news(there: Situation) -> int:
    """Return when something was last heard of a route."""
    position = there.position.at if there.position else 0
    return max(there.trip.begins, position, *(visit.last_known for visit in there.visits), 0)
