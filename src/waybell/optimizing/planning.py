"""Turning a route into the problem of its best sequence, and a tour back into the route and its orders. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby, pairwise

from waybell.directory.model import VehicleExtended
from waybell.ground.amounts import less
from waybell.ground.clock import wall_text
from waybell.ground.errors import Invalid, NotAllowedNow
from waybell.optimizing.model import Load, Place, Problem, Roads, Stop, Tour, distance, tour
from waybell.orders.model import COLLECTION, SUCCEEDED, Order
from waybell.routes.model import Route

MAX_STOPS = 500
FIRST_START = time(8)  # for a route without a planned start

_MOST = 1e9  # the largest load; more is a typing error, and would not fit into the search
_A_DAY = 86_400  # seconds
_LONGEST_SERVICE = timedelta(days=1)
_SLOWEST, _KMH = 1.0, 3.6  # metres a second; km/h for each of them
_LOADS = ("weight", "volume", "pallets")

Orders = tuple[Order, ...]  # the orders of one stop


@dataclass(frozen=True, slots=True)
class Road:
    """The assumptions that replace a map."""

    factor: float  # the length of a road relative to the straight line
    kmh: float

    def of_vehicle(self, speed_ratio: float | None) -> Roads:
        """Return the same assumptions for a vehicle with this SpeedRatio."""
        return Roads(self.factor, max(_SLOWEST, self.kmh * (speed_ratio or 1.0) / _KMH))


@dataclass(frozen=True, slots=True)
class Task:
    """A route with stops to be put in sequence."""

    route: Route
    vehicle: VehicleExtended | None
    last_number: int  # the number of the last stop that keeps its place in front
    driven: int  # metres to that stop
    begins: datetime  # the wall-clock start of the tour through the other stops
    stops: tuple[Orders, ...]  # the other stops in their present sequence
    unlocated: tuple[Orders, ...]  # stops without coordinates, which stay at the end
    problem: Problem


def task(route: Route, vehicle: VehicleExtended | None, depot: Place | None, road: Road, now: datetime) -> Task:
    """Return the planning task of a route. `now` is wall-clock time, from which a route in progress continues.

    Stops with an outcome, and the stop where the driver is, stay first. Raise `NotAllowedNow` for a closed route, and
    `Invalid` when no stop is left, none has coordinates, or there are too many.
    """
    if route.status == "Closed":
        raise NotAllowedNow(f"{route} is Closed. Its sequence stays as it was.")
    all_stops = [tuple(orders) for _, orders in groupby(route.orders or [], lambda order: order.seq_number)]
    kept = sorted((stop for stop in all_stops if _is_begun(stop)), key=_when)
    left = [stop for stop in all_stops if not _is_begun(stop)]
    stops = tuple(stop for stop in left if _place(stop))
    unlocated = tuple(stop for stop in left if not _place(stop))
    if not left:
        raise Invalid(f"{route} has no order left that could be put in a sequence.")
    if not stops:
        raise Invalid(f"No order left on {route} has coordinates. Send AddressLat and AddressLon with its orders.")
    if len(stops) > MAX_STOPS:
        raise Invalid(f"{route} has {len(stops)} stops left. More than {MAX_STOPS} are not put in a sequence.")
    begins = now if route.status == "InProgress" else _planned_start(route, vehicle)
    way = [place for place in (_first_place(route, depot), *map(_place, kept)) if place]
    roads = road.of_vehicle(vehicle.speed_ratio if vehicle else None)
    problem = Problem(
        tuple(_stop(stop, begins) for stop in stops),
        roads.metres_per_second,
        roads.factor,
        way[-1] if way else None,
        depot if route.return_to_depot else None,
        _capacity(route),
        _carried(kept, unlocated),
    )
    last_number = max((stop[0].seq_number or 0 for stop in kept), default=0)
    driven = sum(distance(problem, start, end) for start, end in pairwise(way))
    return Task(route, vehicle, last_number, driven, begins, stops, unlocated, problem)


def _is_begun(stop: Orders) -> bool:
    return any(order.finished or order.arrived_date for order in stop)


def _when(stop: Orders) -> tuple[str, int]:
    return max(order.status_date or order.arrived_date or "" for order in stop), stop[0].seq_number or 0


def _place(stop: Iterable[Order]) -> Place | None:
    for order in stop:
        if order.address_lat is not None and order.address_lon is not None:
            return order.address_lat, order.address_lon
    return None


def _first_place(route: Route, depot: Place | None) -> Place | None:
    return None if route.start_from_depot is False else depot


def _planned_start(route: Route, vehicle: VehicleExtended | None) -> datetime:
    if route.start_time_plan:
        return datetime.fromisoformat(route.start_time_plan)
    starts = time.fromisoformat(vehicle.start_time) if vehicle and vehicle.start_time else FIRST_START
    return datetime.combine(datetime.fromisoformat(route.date).date(), starts)


def _stop(orders: Orders, begins: datetime) -> Stop:
    place = _place(orders)
    assert place
    slots = [slot for order in orders if (slot := _slot(order, begins))]
    return Stop(
        place,
        max([0, *(opens for opens, _ in slots)]),
        min((closes for _, closes in slots if closes is not None), default=None),
        sum(service_seconds(order.service_time) for order in orders),
        _load(order for order in orders if order.type != COLLECTION),
        _load(order for order in orders if order.type == COLLECTION),
    )


def _slot(order: Order, begins: datetime) -> tuple[int, int | None] | None:
    """Return the order's time slot in seconds since the tour begins, or None if it ends before it begins.

    Older versions stored a slot over midnight with the end on the day of the beginning.
    """
    opens, closes = (
        None if text is None else round((datetime.fromisoformat(text) - begins).total_seconds())
        for text in (order.time_slot_from, order.time_slot_to)
    )
    if opens is not None and closes is not None and closes < opens:
        closes += _A_DAY
        if closes < opens:
            return None
    return opens or 0, closes


def service_seconds(minutes: float | None) -> int:
    """Return the time that a ServiceTime stands for."""
    return round(min(max((minutes or 0) * 60, 0), _LONGEST_SERVICE.total_seconds()))


def _load(orders: Iterable[Order]) -> Load:
    weight = volume = pallets = 0.0
    for order in orders:
        weight, volume, pallets = weight + order.weight, volume + order.volume, pallets + order.pallets
    return _within(weight), _within(volume), _within(pallets)


def _within(amount: float) -> float:
    return min(max(amount, 0.0), _MOST)


def _capacity(route: Route) -> tuple[float | None, float | None, float | None]:
    known = [getattr(route.vehicle, name, None) or 0 for name in _LOADS]
    weight, volume, pallets = (_within(amount) if amount > 0 else None for amount in known)
    return weight, volume, pallets


def _carried(kept: Sequence[Orders], unlocated: Sequence[Orders]) -> Load:
    """Return the load that stays in the vehicle: from the stops that are done, and for the stops at the end."""
    behind = [order for stop in kept for order in stop]
    aboard = [order for order in behind if (order.type == COLLECTION) == (order.status_id in SUCCEEDED)]
    return _load([*aboard, *(order for stop in unlocated for order in stop if order.type != COLLECTION)])


def with_pins(task: Task, proposed: Sequence[int]) -> list[int]:
    """Return the proposed sequence with pinned stops in their present places; the others keep their order."""
    pinned = {at for at, stop in enumerate(task.stops) if any(order.pinned for order in stop)}
    others = iter([stop for stop in proposed if stop not in pinned])
    return [at if at in pinned else next(others) for at in range(len(task.stops))]


@dataclass(frozen=True, slots=True)
class Plan:
    """The route and its orders as planned, with the problem and the tours that this was made from."""

    task: Task
    route: Route  # without its orders
    orders: list[Order]  # the orders that may have changed
    before: Tour
    after: Tour

    @property
    def late(self) -> list[tuple[Order, int]]:
        """Orders that come after their time slot, with the delay in seconds."""
        stops, begins = self.task.stops, self.task.begins
        return [
            (order, visit.begins - slot[1])
            for visit in self.after.visits
            for order in stops[visit.stop]
            if (slot := _slot(order, begins)) and slot[1] is not None and visit.begins > slot[1]
        ]

    @property
    def overfull(self) -> list[tuple[str, float, float]]:
        """The loads over the vehicle's capacity: name, load, capacity."""
        pairs = zip(_LOADS, self.after.peak, self.task.problem.capacity, strict=True)
        return [(name, peak, room) for name, peak, room in pairs if room is not None and less(room, peak)]


def planned(task: Task, after: Tour) -> Plan:
    """Return the route and its orders as they are when this tour visits the stops."""
    orders: list[Order] = []
    for number, visit in enumerate(after.visits, task.last_number + 1):
        eta = wall_text(task.begins + timedelta(seconds=visit.begins))
        orders += _numbered(task.stops[visit.stop], number, eta, task.driven + visit.metres)
    for number, stop in enumerate(task.unlocated, task.last_number + len(after.visits) + 1):
        orders += _numbered(stop, number, None, None)
    before = tour(task.problem, range(len(task.stops)))
    return Plan(task, _header(task, after), orders, before, after)


def _numbered(stop: Orders, number: int, eta: str | None, metres: int | None) -> list[Order]:
    change = {"seq_number": number, "eta": eta, "distance_from_depot_plan": metres}
    return [order.model_copy(update=change) for order in stop]


def _header(task: Task, after: Tour) -> Route:
    starts, ends = task.begins, task.begins + timedelta(seconds=after.seconds)
    if task.route.status == "InProgress":
        known = task.route.start_time_plan or task.route.start_date
        starts = datetime.fromisoformat(known) if known else starts
    elif task.route.start_time_plan is None:  # a route without a planned start need not wait at its first stop
        starts += timedelta(seconds=after.visits[0].waits)
    metres = task.driven + after.metres
    return task.route.model_copy(
        update={
            "start_time_plan": task.route.start_time_plan or wall_text(starts),
            "finish_time_plan": wall_text(ends),
            "distance_plan": metres,
            "cost_plan": _cost(task.vehicle, metres, ends - starts),
        }
    )


def _cost(vehicle: VehicleExtended | None, metres: int, takes: timedelta) -> float | None:
    prices = (vehicle.base_fare, vehicle.cost_per_distance, vehicle.cost_per_hour) if vehicle else ()
    if all(price is None for price in prices):
        return None
    amounts = (1, metres / 1000, max(takes, timedelta()) / timedelta(hours=1))
    return round(sum((price or 0) * amount for price, amount in zip(prices, amounts, strict=True)), 2)
