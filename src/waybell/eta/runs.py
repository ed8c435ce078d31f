"""Keeping estimates up to date: with each change that concerns them, and as time passes.

A run happens in the transaction of the change, just before its events are stored, so that these show the new estimates.
It comes after all other locks of the transaction: it locks the runs of its routes by id, and then writes only estimates
of orders on these routes. So it cannot deadlock, and what happens at one stop waits for nobody at another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from math import ceil, inf
from typing import Any, Protocol, get_args

import structlog
from sqlalchemy.exc import SQLAlchemyError

from waybell.db.database import Database, Tx
from waybell.eta import facts, store, telling
from waybell.eta.event_types import ORDER_ETA_CHANGED, OrderEtaChanged, RouteDelayed, RouteProgress
from waybell.eta.facts import OrderFacts, RouteFacts, Seen, Situation, Wall
from waybell.eta.model import Forecast, eta
from waybell.eta.pending import show
from waybell.events.model import Event
from waybell.events.outbox import record
from waybell.events.subjects import Subject
from waybell.ground.clock import utc_text, wall_text
from waybell.ground.scope import EVERYTHING
from waybell.optimizing import places
from waybell.optimizing.model import Place, road_metres
from waybell.optimizing.planning import Road
from waybell.orders.eta_notes import Cause

log = structlog.get_logger()

EVERY = timedelta(minutes=1)  # for what a position or time alone may have changed
AT_ONCE = 10  # routes in one transaction of the chore
_SLOWER = 60  # a route of which nothing is heard is asked again after this part of the silence
_AFTER_A_FAULT = timedelta(hours=1)
_FARTHEST = timedelta(days=366)  # an estimate beyond that is of a slot in a wrong year, and is not shown


@dataclass(frozen=True, slots=True)
class Estimate:
    """The estimate that an order on a route has shown and is to show, the end of its slot, and the stops before it."""

    order: OrderFacts
    shown: int | None
    now: int
    closes: int | None
    stops_before: int


class Watcher(Protocol):
    """The reader of what the runs have found: `waybell.exceptions`, above this room, which looks for trouble."""

    def of_route(self, tx: Tx, seen: Seen) -> None: ...

    def of_plan(self, tx: Tx, causes: Mapping[str, set[str]]) -> None: ...


class Etas:
    """The runs of all routes; `road` holds the assumptions that replace a map."""

    def __init__(self, road: Road, watcher: Watcher) -> None:
        self._road = road
        self._watcher = watcher

    def settle(self, tx: Tx) -> None:
        """Estimate anew the routes that were noted in this transaction; `Database` calls this before each commit.

        The estimates concern all orders of a route, also those that the caller may not see.
        """
        if tx.pending_routes:
            noted, tx.pending_routes = tx.pending_routes, {}
            scope, tx.scope = tx.scope, EVERYTHING
            try:
                self._watcher.of_plan(tx, noted)
                self._run(tx, noted)
            finally:
                tx.scope = scope

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
            self._run_one(tx, route, cause, known[route.route_id])
        return {route.route_id for route in routes}

    def _run_one(self, tx: Tx, route: RouteFacts, cause: Cause, known: dict[str, Any]) -> None:
        """Run a route. What cannot be estimated must fail neither a driver's report nor the routes beside it."""
        recorded = len(tx.pending_events)
        try:
            self._watcher.of_route(tx, _Run(tx, route, cause, known, self._road).carry_out())
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("estimates.failed", route=route.route_id, account=route.account_id)
            del tx.pending_events[recorded:]
            store.put_off(tx, route.route_id, tx.now + _AFTER_A_FAULT)


def _is_old(tx: Tx, route: RouteFacts) -> bool:
    return route.ran_at is None or not timedelta() <= tx.now - route.ran_at < EVERY


class _Run:
    """The run of a route that the transaction has locked."""

    def __init__(self, tx: Tx, route: RouteFacts, cause: Cause, known: dict[str, Any], road: Road) -> None:
        self._tx, self._route, self._cause, self._road = tx, route, cause, road
        self._wall = Wall(route.zone)
        self._now = int(tx.now.timestamp())
        self._received = utc_text(tx.now)
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

    def carry_out(self) -> Seen:
        """Make the estimates, tell what is to be told, and return what was seen."""
        known, route_id = self._known, self._route.route_id
        orders = store.orders_of(self._tx, route_id)
        there = facts.situation(
            self._wall, self._route, orders, known["Begins"], _place(known["Start"]), _place(known["End"])
        )
        roads = self._road.of_vehicle(known["SpeedRatio"])
        forecast = eta(there.trip, self._now, there.position, there.visits, roads.seconds)
        estimates = self._estimates(there, forecast)
        idle = max(0, self._now - _last_news(there))
        rows = [row for one in estimates if (row := self._row(one, idle)) is not None]
        store.save(self._tx, route_id, rows)
        show(self._tx, route_id, {row["track_id"]: row for row in rows})
        way = self._way(there, estimates, forecast)
        is_delayed = self._tell_delay(estimates, way)
        told = self._tell_progress(there, way)
        is_left = any(order.is_open for order in orders) or told["Done"] < there.done
        pause = timedelta(seconds=max(EVERY.total_seconds(), idle / _SLOWER))
        due_at = self._tx.now + pause if is_left else None
        store.save_run(self._tx, route_id, due_at, known | {"Delayed": is_delayed, "Told": told}, changed=bool(rows))
        return Seen(self._route, orders, self._wall, there, {one.order.track_id: one.now for one in estimates})

    def _way(self, there: Situation, estimates: Sequence[Estimate], forecast: Forecast) -> dict[str, Any]:
        """Return what events tell of the way that a route has come."""
        return {
            "stops_done": there.done,
            "stops_total": there.total,
            "next_eta": self._wall.write(estimates[0].now) if estimates else None,
            "finish_time": self._wall.write(min(forecast.ends, self._now + int(_FARTHEST.total_seconds()))),
        }

    def _tell_delay(self, estimates: Sequence[Estimate], way: dict[str, Any]) -> bool:
        """Record an event if a delay begins, and return whether the route is delayed."""
        late = [lateness for one in estimates if (lateness := telling.lateness(one.now, one.closes)) > 0]
        planned = self._wall.read(estimates[0].order.planned) if estimates else None
        behind = 0 if planned is None else max(0, estimates[0].now - planned)
        was_delayed = bool(self._known.get("Delayed"))
        is_delayed = telling.Delay(len(late), behind).goes_on(was_delayed=was_delayed)
        if is_delayed and not was_delayed:
            facts_of_it = {"late_orders": len(late), "late_by": _minutes(max(late, default=0))}
            plan = self._route.document.get("FinishTimePlan")
            self._record_of_route(
                RouteDelayed, way | facts_of_it, behind_by=behind // 60, finish_time_plan=plan, **self._why()
            )
        return is_delayed

    def _tell_progress(self, there: Situation, way: dict[str, Any]) -> dict[str, Any]:
        """Record an event if the route has come on, and return what was told last."""
        here, at = self._route.last_place, self._route.last_at
        now = {"Done": there.done, "Place": here, "At": self._now}
        told = self._known.get("Told")
        if told is None:  # the start of the route was told by itself
            return now
        before = _place(told["Place"])
        metres = 0 if here is None else inf if before is None else road_metres(before, here, 1)
        since = self._now - told["At"]
        if not telling.is_progress(done=told["Done"] != there.done, since=since, metres=metres):
            return dict(told)
        lat, lon = here or (None, None)
        self._record_of_route(RouteProgress, way, location_lat=lat, location_lon=lon, location_date=at)
        return now

    def _record_of_route(
        self, model: type[RouteDelayed | RouteProgress], way: dict[str, Any], **facts_of_it: Any
    ) -> None:
        route = self._route
        data = model(
            code=route.code,
            id=route.ext_id,
            date=route.date,
            driver_login=route.driver_login,
            driver_vehicle=route.driver_vehicle,
            depot_id=route.document.get("DepotId"),
            received_date=self._received,
            **way,
            **facts_of_it,
        )
        subject = str(Subject("route", route.route_id))
        record(self._tx, Event(route.account_id, model.__name__, subject, data.as_data(), opt_in=True))

    def _record_of_order(self, one: Estimate, before: str | None) -> None:
        order, of_order = one.order, one.order.document
        data = OrderEtaChanged.model_construct(
            track_id=order.track_id,
            number=order.number,
            id=order.ext_id,
            route_number=self._route.code,
            driver_login=self._route.driver_login,
            shipper_id=of_order.get("ShipperId"),
            depot_id=of_order.get("DepotId"),
            team_code=of_order.get("TeamCode"),
            received_date=self._received,
            eta_plan=order.planned,
            eta_before=before,
            eta=self._wall.write(one.now),
            time_slot_to=of_order.get("TimeSlotTo"),
            late_by=_minutes(telling.lateness(one.now, one.closes)),
            stops_before=one.stops_before,
            **self._why(),
        )
        subject = str(Subject("order", order.track_id))
        record(self._tx, Event(self._route.account_id, ORDER_ETA_CHANGED, subject, data.as_data(), opt_in=True))

    def _why(self) -> dict[str, Any]:
        return {"cause": self._cause, "road_engine": "line"}

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
        return Estimate(order, shown, now, closes, stops_before)

    def _row(self, one: Estimate, idle: int) -> dict[str, Any] | None:
        """Return the row of an estimate, or None when it stays as it was; record the event if it is to be told."""
        order, told = one.order, one.order.told or one.order.planned
        since = None if order.told_at is None else int((self._tx.now - order.told_at).total_seconds())
        is_told = telling.is_told(self._wall.read(told), one.now, one.closes, since=since, cause=self._cause, idle=idle)
        if one.now == one.shown and not is_told:
            return None
        text = self._wall.write(one.now)
        if is_told:
            self._record_of_order(one, told)
        return {
            "track_id": order.track_id,
            "first": order.first or (None if order.planned else text),
            "updated": text,
            "told": text if is_told or told is None else told,
            "told_at": self._tx.now if is_told else order.told_at,
        }


def _place(known: Sequence[float] | None) -> Place | None:
    return None if known is None else (known[0], known[1])


def _minutes(seconds: int) -> int:
    """Return the minutes of a lateness, which is never told as none."""
    return ceil(seconds / 60)


def _last_news(there: Situation) -> int:
    """Return when something was last heard of a route."""
    position = there.position.at if there.position else 0
    return max(there.trip.begins, position, *(visit.last_known for visit in there.visits), 0)
