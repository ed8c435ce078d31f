"""Carrying out the acts of a board: all of them in one transaction, or none.

The routes and orders that the acts concern are locked in the order of `routes/actions.py`: advisory locks on names,
routes by id, orders by track id. The acts are tried on a sheet; then what differs is stored at once, with one event for
each route and each order that has changed, however many acts there were.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from waybell.accounts.model import Actor
from waybell.board import finding, requests
from waybell.board.constraints import Setting, Warned, best_index, warnings_of
from waybell.board.finding import check_expected
from waybell.board.lean import Day
from waybell.board.making import Making
from waybell.board.requests import Act, Acts
from waybell.board.sheet import Ids, Sheet
from waybell.board.undoing import Images, images_of, opened, sealed, undo
from waybell.db.database import Tx
from waybell.events.outbox import record
from waybell.ground.clock import Moment
from waybell.ground.errors import NotAllowedNow, NotFound, Raced
from waybell.optimizing import places, planning
from waybell.optimizing.model import tour
from waybell.optimizing.planning import Road
from waybell.orders import store as order_rows
from waybell.orders.model import Order
from waybell.routes import model
from waybell.routes import store as route_rows
from waybell.routes.event_types import (
    ROUTE_CLOSED,
    ROUTE_CREATED,
    ROUTE_OPTIMIZED,
    ROUTE_STARTED,
    ROUTE_UPDATED,
    route_event,
)
from waybell.routes.model import Route
from waybell.routes.moments import became_ready, route_ready
from waybell.routes.order_changes import OrderChanges
from waybell.vault import Vault


@dataclass(frozen=True, slots=True)
class Done:
    """The result of acts. Routes and orders are named by our own ids."""

    orders: Sequence[str]
    routes: Sequence[str]
    made: Sequence[str] = ()
    warnings: Sequence[Warned] = ()
    undo: str | None = None  # None when it cannot be undone; see `undoing.py`

    @property
    def changed(self) -> int:
        return len(self.orders) + len(self.routes)


@dataclass(slots=True)
class _Ids:
    """Our own ids behind the short ones of a request."""

    orders: Mapping[str, str]
    routes: dict[str, str]
    made: dict[int, str] = field(default_factory=dict)  # by the number of the act

    def order(self, short_id: str) -> str:
        if short_id not in self.orders:
            raise NotFound(f"There is no order {short_id} here. It may have been deleted.")
        return self.orders[short_id]

    def route(self, short_id: str) -> str:
        if short_id.startswith("$") and short_id[1:].isdecimal() and int(short_id[1:]) in self.made:
            return self.made[int(short_id[1:])]
        if short_id not in self.routes:
            raise NotFound(f"There is no route {short_id} here. It may have been deleted.")
        return self.routes[short_id]


def carry_out(tx: Tx, actor: Actor, day: Day, sent: Acts, vault: Vault, road: Road) -> Done:
    """Carry out acts: all of them, or none.

    Raise `NotFound` for an unknown order or route, `Outdated` when an expected version is not the present one,
    `NotAllowedNow` when a rule refuses an act, `Invalid` for an unusable request, and `Raced` when another transaction
    changed a row meanwhile.
    """
    if isinstance(sent.acts[0], requests.Undo):
        orders, routes, again = undo(tx, actor, opened(vault, sent.acts[0].undo, actor.account.id))
        return Done(orders, routes, undo=sealed(vault, again))
    ids = _find(tx, actor, sent)
    making = Making(tx, actor, day)
    making.take_names(sent.acts, ids.routes)
    sheet = _locked(tx, actor, ids, sent.expected, road)
    trying = _Trying(sheet, making, ids)
    for number, act in enumerate(sent.acts):
        try:
            trying.act(number, act)
        except NotAllowedNow as error:
            raise NotAllowedNow(_which(sent.acts, number) + str(error)) from None
    done, images = _store(tx, actor, sheet, road)
    if done.changed and not any(_is_final(act) for act in sent.acts):
        return replace(done, undo=sealed(vault, images))
    return done


def _which(acts: Sequence[Act], number: int) -> str:
    return f"Act {number + 1} of {len(acts)}: " if len(acts) > 1 else ""


def _is_final(act: Act) -> bool:
    """Return whether an act cannot be undone: others have been told that a route has started, or has ended."""
    return act.act in ("start", "close")


def _find(tx: Tx, actor: Actor, sent: Acts) -> _Ids:
    orders = {one for act in sent.acts for one in requests.order_ids(act)}
    routes = {one for act in sent.acts for one in requests.route_ids(act)}
    account_id = actor.account.id
    return _Ids(finding.track_ids(tx, account_id, orders), finding.route_ids(tx, account_id, routes))


def _locked(tx: Tx, actor: Actor, ids: _Ids, expected: Mapping[str, int], road: Road) -> Sheet:
    """Lock the routes and orders that are concerned: the named ones, and all that stand on the same routes.

    Raise `Outdated` when an expected version is not the present one.
    """
    account_id = actor.account.id
    named = sorted(set(ids.orders.values()))
    stood_on = finding.routes_of(tx, account_id, named)
    wanted = sorted({*ids.routes.values(), *(one for one in stood_on.values() if one)})
    routes = {route.route_id: route for route in route_rows.lock(tx, account_id, wanted)} if wanted else {}
    beside = [order.track_id for route in routes.values() for order in route.orders or []]
    orders = {order.track_id: order for order in order_rows.lock(tx, account_id, sorted({*named, *beside}))}
    check_expected(tx, actor, expected)  # first, because it can say who was first
    if any(orders[one].route_id != stood_on.get(one) for one in named if one in orders) or any(
        order.route_id not in (None, *routes) for order in orders.values()
    ):
        raise Raced("Somebody moved one of these orders at the same moment. Try again.")
    ids.orders = {short: track_id for short, track_id in ids.orders.items() if track_id in orders}
    ids.routes = {short: route_id for short, route_id in ids.routes.items() if route_id in routes}
    return Sheet(orders, {key: model.header(route) for key, route in routes.items()}, _Best(tx, actor, orders, road))


class _Best:
    """Finding the best place of a stop on a route. It reads the vehicle and the depot of each route once."""

    def __init__(self, tx: Tx, actor: Actor, orders: Mapping[str, Order], road: Road) -> None:
        self._tx, self._actor, self._orders, self._road = tx, actor, orders, road
        self._settings: dict[str, Setting] = {}

    def __call__(self, route: Route, stops: Sequence[Ids], new: Ids) -> int:
        setting = self._settings.get(route.route_id)
        if setting is None:
            setting = self._settings[route.route_id] = _setting(self._tx, self._actor, route, self._road)
        begun = [order for order in self._orders.values() if order.route_id == route.route_id]
        on_it = route.model_copy(update={"orders": begun})
        return best_index(on_it, [[self._orders[one] for one in stop] for stop in stops], self._of(new), setting)

    def _of(self, stop: Ids) -> list[Order]:
        return [self._orders[one] for one in stop]


def _setting(tx: Tx, actor: Actor, route: Route, road: Road) -> Setting:
    now = datetime.fromisoformat(Moment(tx.now, actor.account.zone).local)
    account_id = actor.account.id
    vehicle = places.vehicle_of(tx, account_id, route.driver_vehicle)
    return Setting(vehicle, places.depot_of(tx, account_id, route.depot_id, route.depot), road, now)


@dataclass(frozen=True, slots=True)
class _Trying:
    """Trying acts on a sheet, one method for each kind of act."""

    sheet: Sheet
    making: Making
    ids: _Ids

    def act(self, number: int, act: Act) -> None:
        ways: dict[type[Any], Callable[[int, Any], None]] = {
            requests.Assign: self._assign,
            requests.Unassign: self._unassign,
            requests.Move: self._move,
            requests.Sequence: self._sequence,
            requests.Swap: self._swap,
            requests.Give: self._give,
            requests.Split: self._split,
            requests.Breakdown: self._break_down,
            requests.NewRoute: self._make,
            requests.OnOrder: self._on_order,
            requests.OnRoute: self._on_route,
        }
        ways[type(act)](number, act)

    def _assign(self, _number: int, act: requests.Assign) -> None:
        self.sheet.assign(self._orders(act.orders), self.ids.route(act.route), act.at)

    def _orders(self, short_ids: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(self.ids.order(one) for one in short_ids))

    def _unassign(self, _number: int, act: requests.Unassign) -> None:
        self.sheet.unassign(self._orders(act.orders))

    def _move(self, _number: int, act: requests.Move) -> None:
        self.sheet.move(self.ids.order(act.order), act.at)

    def _sequence(self, _number: int, act: requests.Sequence) -> None:
        self.sheet.sequence(self.ids.route(act.route), self._orders(act.orders), plan=act.plan)

    def _swap(self, _number: int, act: requests.Swap) -> None:
        one, other = (self.ids.route(short_id) for short_id in act.routes)
        self.sheet.swap(one, other)

    def _give(self, _number: int, act: requests.Give) -> None:
        self.sheet.give(
            self.ids.route(act.route), partial(self.making.driven_by, login=act.driver, vehicle=act.vehicle)
        )

    def _split(self, number: int, act: requests.Split) -> None:
        source = self.ids.route(act.route)
        stops = self.sheet.take_from(source, act.at)
        self._beside(number, source, act, stops)

    def _break_down(self, number: int, act: requests.Breakdown) -> None:
        source = self.ids.route(act.route)
        target = self.ids.route(act.to) if isinstance(act.to, str) else None
        if target == source:
            raise NotAllowedNow("Name another route: this one has broken down.")
        stops = self.sheet.take_from(source)
        if isinstance(act.to, requests.NewDriver):
            self._beside(number, source, act.to, stops)
        elif target:
            self.sheet.put_behind(target, stops)

    def _beside(
        self, number: int, source: str, wanted: requests.Split | requests.NewDriver, stops: Sequence[Ids]
    ) -> None:
        route = self.sheet.routes[source]
        made = self.ids.made[number] = self.making.beside(self.sheet, number, route, wanted.driver, wanted.vehicle)
        self.sheet.put_behind(made, stops)

    def _make(self, number: int, act: requests.NewRoute) -> None:
        self.ids.made[number] = self.making.new(self.sheet, number, act)

    def _on_order(self, _number: int, act: requests.OnOrder) -> None:
        self.sheet.pin(self.ids.order(act.order), pinned=act.act == "pin")

    def _on_route(self, _number: int, act: requests.OnRoute) -> None:
        self.sheet.change_route(self.ids.route(act.route), self.making.rule_of(act.act))


def _store(tx: Tx, actor: Actor, sheet: Sheet, road: Road) -> tuple[Done, Images]:
    account_id = actor.account.id
    pairs = {before.track_id: (before, after) for before, after in sheet.changed_orders(_now(tx, actor))}
    headers = dict(sheet.routes)
    for route_id in sheet.planned:
        header, orders = _planned(tx, actor, sheet, route_id, pairs, road)
        headers[route_id] = header
        pairs |= {order.track_id: (sheet.orders[order.track_id], order) for order in orders}
    pairs = {track_id: pair for track_id, pair in pairs.items() if pair[0] != pair[1]}
    for route_id in sheet.made:
        route_rows.insert(tx, account_id, headers[route_id])
    resaved = [one for one, route in sheet.before.items() if headers[one] != route]
    for route_id in resaved:
        route_rows.save(tx, account_id, headers[route_id])
    changes = OrderChanges(tx, actor)
    changes.save(list(pairs.values()))
    restopped = {
        route_id
        for before, after in pairs.values()
        if (before.route_id, before.seq_number) != (after.route_id, after.seq_number)
        for route_id in (before.route_id, after.route_id)
        if route_id
    }
    changed = sorted({*sheet.made, *resaved, *restopped})
    made = route_rows.get_many(tx, account_id, changed)
    for route in made:
        before = sheet.before.get(route.route_id)
        for event_type in _events(before, headers[route.route_id], route, restopped, sheet.planned):
            record(tx, route_event(account_id, event_type, route))
        if became_ready(before, route):
            record(tx, route_ready(account_id, route, tx.now))
    changes.record_events(*made)
    warned = [one for route in made for one in _warnings(tx, actor, route, road)]
    both = [(sheet.before[one], headers[one]) for one in resaved]
    images = images_of(tx, account_id, list(pairs.values()), both, watched=changed, remove=sheet.made)
    return Done(sorted(pairs), changed, list(sheet.made), warned), images


def _planned(
    tx: Tx, actor: Actor, sheet: Sheet, route_id: str, pairs: Mapping[str, tuple[Order, Order]], road: Road
) -> tuple[Route, list[Order]]:
    """Return a route and its orders with the times that they have when its stops are visited in their sequence."""
    now = [pairs[one][1] if one in pairs else order for one, order in sheet.orders.items()]
    on_it = sorted((order for order in now if order.route_id == route_id), key=lambda order: order.seq_number or 0)
    route = sheet.routes[route_id].model_copy(update={"orders": on_it})
    setting = _setting(tx, actor, route, road)
    task = planning.task(route, setting.vehicle, setting.depot, road, setting.now)
    plan = planning.planned(task, tour(task.problem, range(len(task.stops))))
    return model.header(plan.route), plan.orders


def _events(before: Route | None, header: Route, after: Route, restopped: set[str], planned: set[str]) -> list[str]:
    """Return the types of the events of a changed route. A lock is known to the board alone."""
    if before is None:
        return [ROUTE_CREATED]
    events = []
    is_new_status = before.status != after.status
    if is_new_status and after.status in ("InProgress", "Closed"):
        events.append({"InProgress": ROUTE_STARTED, "Closed": ROUTE_CLOSED}[after.status])
    by_status = {name: getattr(header, name) for name in ("status", "start_date", "close_date", "locked")}
    rest_differs = before.model_copy(update=by_status) != header
    if rest_differs or after.route_id in restopped or (is_new_status and not events):
        events.append(ROUTE_OPTIMIZED if after.route_id in planned else ROUTE_UPDATED)
    return events


def _warnings(tx: Tx, actor: Actor, route: Route, road: Road) -> list[Warned]:
    if route.status == "Closed":
        left = sum(not order.finished for order in route.orders or [])
        text = f"{route} is closed, and {left} of its orders {'has' if left == 1 else 'have'} no outcome."
        return [Warned("open orders", route.route_id, text, left)] if left else []
    others = finding.other_routes(tx, actor.account.id, route)
    return warnings_of(route, _setting(tx, actor, route, road), others)


def _now(tx: Tx, actor: Actor) -> str:
    return Moment(tx.now, actor.account.zone).local
