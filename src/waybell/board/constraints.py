"""What a plan breaks: capacity, slots, work time, a driver on two routes. It is allowed, but never silent. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from waybell.directory.model import VehicleExtended
from waybell.ground.errors import WaybellError
from waybell.optimizing.model import Place, Tour, tour
from waybell.optimizing.planning import Plan, Road, Task, planned, task
from waybell.orders.model import COLLECTION, Order
from waybell.routes.model import Route

WarningKind = Literal["capacity", "slot", "work time", "stops", "distance", "driver busy", "no position", "open orders"]
_NAMED = 3  # orders in a sentence


@dataclass(frozen=True, slots=True)
class Warned:
    """A constraint that a changed route breaks. `count` is the number of orders that break it, or 1."""

    kind: WarningKind
    route_id: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Setting:
    """The facts by which a route is judged, beside its orders."""

    vehicle: VehicleExtended | None
    depot: Place | None
    road: Road
    now: datetime  # wall-clock


def tour_of(route: Route, setting: Setting) -> tuple[Task, Tour] | None:
    """Return the tour of a route as it stands; None when it has no open stop with coordinates, or too many stops."""
    try:
        made = task(route, setting.vehicle, setting.depot, setting.road, setting.now)
    except WaybellError:
        return None
    return made, tour(made.problem, range(len(made.stops)))


def warnings_of(route: Route, setting: Setting, others: Sequence[str]) -> list[Warned]:
    """Return what a route breaks; it comes with its orders. `others` are the driver's other open routes of that day."""
    said: list[tuple[WarningKind, str, int]] = []
    if others:
        said.append(("driver busy", f"{route.driver_name or route.driver_login} also drives {_listed(others)}", 1))
    found = tour_of(route, setting)
    if found is None:
        said += _by_loads(route)
    else:
        made, way = found
        said += _by_tour(planned(made, way), setting.vehicle)
    return [Warned(kind, route.route_id, f"{route}: {text}.", many) for kind, text, many in said]


def _by_tour(plan: Plan, vehicle: VehicleExtended | None) -> list[tuple[WarningKind, str, int]]:
    said: list[tuple[WarningKind, str, int]] = [
        ("capacity", f"{name} {peak:g} of {room:g}", 1) for name, peak, room in plan.overfull
    ]
    if late := plan.late:
        said.append(("slot", f"later than the time slot: {_listed([str(order) for order, _ in late])}", len(late)))
    nowhere = [str(order) for stop in plan.task.unlocated for order in stop]
    if nowhere:
        said.append(("no position", f"without coordinates: {_listed(nowhere)}", len(nowhere)))
    hours, km = plan.after.seconds / 3600, (plan.task.driven + plan.after.metres) / 1000
    stops = len(plan.task.stops) + len(plan.task.unlocated) + plan.task.last_number
    if vehicle and vehicle.max_work_time and hours * 60 > vehicle.max_work_time:
        said.append(("work time", f"{hours:.1f} h of {vehicle.max_work_time / 60:.1f} h", 1))
    if vehicle and vehicle.max_distance and km > vehicle.max_distance:
        said.append(("distance", f"{km:.0f} km of {vehicle.max_distance} km", 1))
    if vehicle and vehicle.max_nodes and stops > vehicle.max_nodes:
        said.append(("stops", f"{stops} stops of {vehicle.max_nodes}", 1))
    return said


def _by_loads(route: Route) -> list[tuple[WarningKind, str, int]]:
    """Judge a route without a tour: what is delivered leaves together, and what is collected comes back together."""
    said: list[tuple[WarningKind, str, int]] = []
    orders = [order for order in route.orders or [] if not order.finished]
    for name in ("weight", "volume", "pallets"):
        room = getattr(route.vehicle, name, None) or 0
        loads = [
            sum(_amount(order, name) for order in orders if (order.type == COLLECTION) is side)
            for side in (True, False)
        ]
        if room and max(loads) > room:
            said.append(("capacity", f"{name} {max(loads):g} of {room:g}", 1))
    nowhere = [str(order) for order in orders if order.address_lat is None or order.address_lon is None]
    if nowhere:
        said.append(("no position", f"without coordinates: {_listed(nowhere)}", len(nowhere)))
    return said


def _amount(order: Order, name: str) -> float:
    amount: float = getattr(order, name)
    return amount


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def best_index(route: Route, stops: Sequence[Sequence[Order]], new: Sequence[Order], setting: Setting) -> int:
    """Return the index at which a new stop makes the tour cheapest among the open stops; the end without a position."""
    places = [_place(stop) for stop in stops]
    here = _place(new)
    if here is None or not stops:
        return len(stops)
    if len(stops) <= _EXACT:
        costs = [_cost(route, [*stops[:at], new, *stops[at:]], setting) for at in range(len(stops) + 1)]
    else:
        depot = setting.depot
        around = [None if route.start_from_depot is False else depot, *places, depot if route.return_to_depot else None]
        costs = [_detour(around[at], here, around[at + 1]) for at in range(len(stops) + 1)]
    return costs.index(min(costs))


_EXACT = 30  # stops; with more, the shortest detour decides, and time slots do not count


def _cost(route: Route, stops: Sequence[Sequence[Order]], setting: Setting) -> float:
    numbered = [order.model_copy(update={"seq_number": at}) for at, stop in enumerate(stops, 100_000) for order in stop]
    begun = [order for order in route.orders or [] if order.finished or order.arrived_date]
    found = tour_of(route.model_copy(update={"orders": [*begun, *numbered]}), setting)
    return found[1].cost if found else 0


def _place(stop: Sequence[Order]) -> Place | None:
    located = ((order.address_lat, order.address_lon) for order in stop)
    return next(((lat, lon) for lat, lon in located if lat is not None and lon is not None), None)


def _detour(before: Place | None, here: Place, after: Place | None) -> float:
    return _apart(before, here) + _apart(here, after) - (_apart(before, after) if before and after else 0)


def _apart(one: Place | None, other: Place | None) -> float:
    """Return a measure of the distance that is cheap, and good enough to compare places of one town."""
    if one is None or other is None:
        return 0
    width = math.cos(math.radians(one[0]))
    return math.hypot(one[0] - other[0], (one[1] - other[1]) * width)
