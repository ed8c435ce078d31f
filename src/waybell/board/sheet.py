"""The plan on which acts are tried before anything is stored: where each order of some routes stands. Pure.

A stop is the orders of one address, which share a number. Stops that have begun, by an arrival or an outcome, keep
their numbers; the open ones take the free numbers in their sequence. So no act moves what a driver has done.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from waybell.directory.address_book import folded
from waybell.ground.errors import Conflict, NotAllowedNow
from waybell.orders.model import SUCCEEDED, Order
from waybell.orders.outcome import Stop, placed, rescheduled
from waybell.routes.model import Route, check_open, on_day_of

Ids = list[str]  # the track ids of the orders of one stop
# Returns the best index for a stop among the open stops of a route.
Best = Callable[[Route, Sequence[Ids], Ids], int]


@dataclass(eq=False)
class Sheet:
    """The routes and orders that are locked, as they are, and as the acts so far would make them."""

    orders: dict[str, Order]
    before: dict[str, Route]
    best: Best
    routes: dict[str, Route] = field(init=False)
    made: list[str] = field(default_factory=list)  # routes that acts have added
    planned: set[str] = field(default_factory=set)  # routes whose stops are to get planned times
    _open: dict[str, list[Ids]] = field(init=False)
    _begun: dict[str, set[int]] = field(init=False)
    _where: dict[str, str | None] = field(init=False)
    _pinned: dict[str, bool] = field(init=False)

    def __post_init__(self) -> None:
        self.routes = dict(self.before)
        self._open = {route_id: [] for route_id in self.before}
        self._begun = {route_id: set() for route_id in self.before}
        self._where = {track_id: order.route_id for track_id, order in self.orders.items()}
        self._pinned = {track_id: bool(order.pinned) for track_id, order in self.orders.items()}
        for route_id in self.before:
            numbers: dict[int, Ids] = {}
            for order in self.orders.values():
                if order.route_id == route_id:
                    numbers.setdefault(order.seq_number or 0, []).append(order.track_id)
            for number in sorted(numbers):
                # One order of a stop may have failed while another is still open: the stop has begun.
                if any(has_begun(self.orders[one]) for one in numbers[number]):
                    self._begun[route_id].add(number)
                else:
                    self._open[route_id].append(numbers[number])

    # Questions

    def open_stops(self, route_id: str) -> list[Ids]:
        return self._open[route_id]

    def _route_to_change(self, route_id: str) -> Route:
        route = self.routes[route_id]
        if route.locked:
            raise NotAllowedNow(f"{route} is locked. Unlock it first.")
        return route

    def _check_movable(self, track_id: str) -> None:
        """Raise `NotAllowedNow` when an order must stay where it is."""
        order = self.orders[track_id]
        if order.status_id in SUCCEEDED:
            raise NotAllowedNow(f"{order} is {order.status} already and stays where it is.")
        if order.arrived_date and not order.finished:
            raise NotAllowedNow(f"{order} stays on its route: the driver is there already.")
        if self._pinned[track_id]:
            raise NotAllowedNow(f"{order} is pinned. Unpin it first.")
        if (route_id := self._where[track_id]) is not None:
            self._route_to_change(route_id)

    # Acts

    def assign(self, track_ids: Sequence[str], route_id: str, at: int | str | None) -> None:
        """Put orders on a route, in the given sequence.

        Raise `NotAllowedNow` for an order that must stay where it is, and for a route that takes none.
        """
        route = self._route_to_change(route_id)
        check_open(route)
        for track_id in track_ids:
            self._take_off(track_id)
        place = self._index(route_id, at) if isinstance(at, int) else len(self._open[route_id])
        for stop in self._grouped(track_ids):
            if at == "best":
                place = self.best(route, self._open[route_id], stop)
            place = self._insert(route_id, place, stop) + 1
        for track_id in track_ids:
            self._where[track_id] = route_id

    def _grouped(self, track_ids: Iterable[str]) -> list[Ids]:
        """Return the orders as stops: those of one address that follow each other share one."""
        stops: list[Ids] = []
        for track_id in track_ids:
            if stops and _place(self.orders[stops[-1][0]]) == _place(self.orders[track_id]):
                stops[-1].append(track_id)
            else:
                stops.append([track_id])
        return stops

    def _insert(self, route_id: str, place: int, stop: Ids) -> int:
        """Insert a stop, or let its orders join the stop of their address beside that place; return its index."""
        stops = self._open[route_id]
        for near in (place - 1, place):
            if 0 <= near < len(stops) and _place(self.orders[stops[near][0]]) == _place(self.orders[stop[0]]):
                stops[near] = [*stops[near], *stop]
                return near
        stops.insert(place, list(stop))
        return place

    def _take_off(self, track_id: str) -> None:
        """Take an order off its route, for another place."""
        self._check_movable(track_id)
        if (route_id := self._where[track_id]) is not None:
            self._open[route_id] = [
                rest for stop in self._open[route_id] if (rest := [one for one in stop if one != track_id])
            ]
        self._where[track_id] = None

    def unassign(self, track_ids: Sequence[str]) -> None:
        """Take orders off their routes; one that is on none stays as it is.

        Raise `NotAllowedNow` for an order that must stay where it is, and for one with an outcome.
        """
        for track_id in track_ids:
            if self._where[track_id] is not None:
                if self.orders[track_id].finished:
                    raise NotAllowedNow(f"{self.orders[track_id]} has an outcome and stays on its route.")
                self._take_off(track_id)

    def move(self, track_id: str, at: int) -> None:
        """Move the stop of an order, with all its orders, to another place of its route."""
        order, route_id = self.orders[track_id], self._where[track_id]
        if route_id is None:
            raise NotAllowedNow(f"{order} is on no route.")
        self._route_to_change(route_id)
        stops = self._open[route_id]
        found = next((index for index, stop in enumerate(stops) if track_id in stop), None)
        if found is None:
            raise NotAllowedNow(f"{order} stays in its place: the driver has been there.")
        for one in stops[found]:
            self._check_movable(one)
        stop = stops.pop(found)
        stops.insert(self._index(route_id, at), stop)

    def _index(self, route_id: str, at: int) -> int:
        """Return the index among the open stops that gives a stop this number, or the next free one."""
        many = len(self._open[route_id])
        numbers = self._free_numbers(route_id)
        return next((index for index, number in zip(range(many), numbers, strict=False) if number >= at), many)

    def _free_numbers(self, route_id: str) -> Iterable[int]:
        begun = self._begun[route_id]
        return (number for number in count(1) if number not in begun)

    def sequence(self, route_id: str, track_ids: Sequence[str], *, plan: bool) -> None:
        """Put all open orders of a route in this sequence; orders that shared a stop, and follow each other, share it.

        Raise `Conflict` when these are not the open orders of the route.
        """
        route = self._route_to_change(route_id)
        stop_of = {one: index for index, stop in enumerate(self._open[route_id]) for one in stop}
        if sorted(track_ids) != sorted(stop_of):
            raise Conflict(f"{route} has other orders to be driven to by now. Look at it again.")
        stops: list[Ids] = []
        for track_id in track_ids:
            if stops and stop_of[stops[-1][0]] == stop_of[track_id]:
                stops[-1].append(track_id)
            else:
                stops.append([track_id])
        before, after = self._numbered(self._open[route_id], plan=plan), self._numbered(stops, plan=plan)
        if moved := [one for one, place in before.items() if self._pinned[one] and after[one] != place]:
            raise NotAllowedNow(f"{self.orders[moved[0]]} is pinned. Unpin it first.")
        self._open[route_id] = stops
        if plan:
            self.planned.add(route_id)

    def _numbered(self, stops: Sequence[Ids], *, plan: bool) -> dict[str, int]:
        """Return the place of each order; in a plan, stops without coordinates come last and count for nothing."""
        counted = [stop for stop in stops if not plan or any(_is_located(self.orders[one]) for one in stop)]
        return {one: place for place, stop in enumerate(counted) for one in stop}

    def swap(self, one: str, other: str) -> None:
        """Exchange the open stops of two routes."""
        if one == other:
            raise NotAllowedNow("Name two routes: one cannot be exchanged with itself.")
        for route_id in (one, other):
            check_open(self._route_to_change(route_id))
            for track_id in (track_id for stop in self._open[route_id] for track_id in stop):
                self._check_movable(track_id)
        self._open[one], self._open[other] = self._open[other], self._open[one]
        for route_id in (one, other):
            self._note_where(route_id)

    def _note_where(self, route_id: str | None, track_ids: Iterable[str] | None = None) -> None:
        if track_ids is None and route_id:
            track_ids = [one for stop in self._open[route_id] for one in stop]
        for track_id in track_ids or ():
            self._where[track_id] = route_id
            self._pinned[track_id] = self._pinned[track_id] and self.orders[track_id].route_id == route_id

    def take_from(self, route_id: str, at: int = 1) -> list[Ids]:
        """Take the open stops from this place on off a route, pinned or not, and return them."""
        self._route_to_change(route_id)
        index = self._index(route_id, at)
        stops = self._open[route_id][index:]
        if not stops:
            raise NotAllowedNow(f"{self.routes[route_id]} has no open stop there.")
        self._open[route_id] = self._open[route_id][:index]
        self._note_where(None, [one for stop in stops for one in stop])
        return stops

    def put_behind(self, route_id: str, stops: Sequence[Ids]) -> None:
        """Put stops at the end of a route."""
        check_open(self._route_to_change(route_id))
        self._open[route_id] += [list(stop) for stop in stops]
        self._note_where(route_id)

    def pin(self, track_id: str, *, pinned: bool) -> None:
        order = self.orders[track_id]
        if self._where[track_id] is None:
            raise NotAllowedNow(f"{order} is on no route.")
        if has_begun(order):
            raise NotAllowedNow(f"{order} stays in its place anyway: the driver has been there.")
        self._route_to_change(self._where[track_id] or "")
        self._pinned[track_id] = pinned

    def change_route(self, route_id: str, rule: Callable[[Route], Route]) -> None:
        """Change the header of a route, locked or not."""
        self.routes[route_id] = rule(self.routes[route_id])

    def give(self, route_id: str, rule: Callable[[Route], Route]) -> None:
        """Change the driver or the vehicle of a route."""
        check_open(self._route_to_change(route_id))
        self.change_route(route_id, rule)

    def add(self, route: Route) -> None:
        """Add a new route."""
        self.routes[route.route_id] = route
        self._open[route.route_id], self._begun[route.route_id] = [], set()
        self.made.append(route.route_id)

    # The result

    def changed_orders(self, when: str) -> list[tuple[Order, Order]]:
        """Return the orders that differ, before and after; `when` is the time of a newly set status."""
        after = {
            track_id: self._placed(track_id, self.routes[route_id], number, when)
            for route_id, stops in self._open.items()
            for number, stop in zip(self._free_numbers(route_id), stops, strict=False)
            for track_id in stop
        }
        after |= {one: self._left(order, when) for one, order in self.orders.items() if one not in after}
        return [(order, after[one]) for one, order in self.orders.items() if order != after[one]]

    def _placed(self, track_id: str, route: Route, number: int, when: str) -> Order:
        order = self.orders[track_id]
        stop = Stop(route.route_id, number, route.status)
        if order.route_id != route.route_id:
            source = self.before.get(order.route_id or "")
            order = on_day_of(rescheduled(order) if order.finished else order, route, source)
            return placed(order, stop, when)
        if order.finished:  # another attempt on the same route
            return placed(rescheduled(order), stop, when)
        after = order.model_copy(update={"seq_number": number, "pinned": self._pinned[track_id] or None})
        return placed(after, stop, when) if self._starts(route) else after

    def _left(self, order: Order, when: str) -> Order:
        """Return an order that is in no open stop: it leaves its route, is on none, or has begun."""
        if order.route_id is None:
            return order
        if self._where[order.track_id] is None:
            return placed(order, None, when)
        route = self.routes[order.route_id]
        stop = Stop(route.route_id, order.seq_number or 0, route.status)
        return placed(order, stop, when) if self._starts(route) else order

    def _starts(self, route: Route) -> bool:
        before = self.before.get(route.route_id)
        return route.status == "InProgress" and (before is None or before.status != "InProgress")


def has_begun(order: Order) -> bool:
    """Return whether a driver has arrived at an order, or it has an outcome."""
    return order.finished or bool(order.arrived_date)


def _is_located(order: Order) -> bool:
    return order.address_lat is not None and order.address_lon is not None


def _place(order: Order) -> tuple[str, str]:
    return ("id", order.address_id) if order.address_id else ("text", folded(order.address or ""))
