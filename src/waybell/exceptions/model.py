"""The rules: what of the orders and of a route needs somebody at a moment. Pure: no database and no clock.

Times are seconds since 1970.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from waybell.eta.model import Position
from waybell.optimizing.model import Place, road_metres
from waybell.orders.model import FAILED, PARTIALLY, SUCCEEDED

Kind = Literal[
    "late",
    "at-risk",
    "very-late",
    "no-position",
    "standing-still",
    "failed",
    "partial",
    "not-loaded",
    "over-capacity",
    "no-coordinates",
    "unassigned",
    "cod-differs",
    "clock-off",
]

# 3 cannot wait, 2 is to be looked at today, 1 is good to know.
SEVERITY: Mapping[Kind, int] = {
    "very-late": 3,
    "failed": 3,
    "unassigned": 3,
    "late": 2,
    "no-position": 2,
    "standing-still": 2,
    "partial": 2,
    "not-loaded": 2,
    "over-capacity": 2,
    "no-coordinates": 2,
    "cod-differs": 2,
    "at-risk": 1,
    "clock-off": 1,
}

_AT_RISK = 10 * 60  # before the end of the time slot
_VERY_LATE = 30 * 60
_SILENT = 15 * 60
_STILL = 20 * 60
LOOKS_BACK = 2 * _STILL  # for how long a vehicle may be said to have stood still at most
_ONE_PLACE = 100  # metres by which a vehicle that stands still seems to move
_AT_A_STOP = 300  # metres
_CLOCK = 2 * 60
_CENT = 0.005
_CANCELED = "Canceled"  # the reason of an order that nobody expects any more
_SAME_LOAD = 1e-6  # sums of fractions are not exact


@dataclass(frozen=True, slots=True)
class Item:
    """An order as the rules need it.

    `expected` is when its driver comes, and `closes` the end of its time slot.
    """

    track_id: str
    stop: int | None
    status_id: int | None
    members: Mapping[str, Any]  # of its document
    expected: int | None = None
    closes: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status_id not in SUCCEEDED + FAILED


@dataclass(frozen=True, slots=True)
class Way:
    """A route as the rules need it; only a route in progress has a position.

    `points` are its last positions, the newest first, and `stops` the places where its vehicle may stand.
    """

    route_id: str
    is_closed: bool = False
    vehicle: Mapping[str, Any] = field(default_factory=dict)
    position: Position | None = None
    points: Sequence[Position] = ()
    stops: Sequence[Place] = ()
    is_at_a_stop: bool = False
    is_left: bool = True  # whether there are stops to go to


@dataclass(frozen=True, slots=True)
class Found:
    """An order, or else a route, that needs a person. `facts` are what its text tells."""

    kind: Kind
    track_id: str | None
    route_id: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.track_id or self.route_id or ""

    @property
    def severity(self) -> int:
        return SEVERITY[self.kind]


def exceptions_of(items: Sequence[Item], way: Way | None, now: int, cut_off: int | None = None) -> list[Found]:
    """Return what needs somebody among the orders of a route, or among orders without a route.

    `cut_off` is from when on orders without a route are late to be planned; None when that does not matter.
    """
    route_id = way.route_id if way else None
    found = [
        Found(kind, item.track_id, route_id, ({} if item.stop is None else {"Stop": item.stop}) | facts)
        for item in items
        for kind, facts in _of_order(item, way, now, cut_off)
    ]
    return found + ([Found(kind, None, route_id, facts) for kind, facts in _of_route(way, items, now)] if way else [])


def _of_order(item: Item, way: Way | None, now: int, cut_off: int | None) -> Iterator[tuple[Kind, dict[str, Any]]]:
    if not item.is_open:
        yield from _of_outcome(item.status_id, item.members)
        return
    if way is None:
        if item.status_id is None and cut_off is not None and now >= cut_off:
            yield "unassigned", {}
    elif not way.is_closed:
        yield from _lateness(item)
    if item.members.get("AddressLat") is None or item.members.get("AddressLon") is None:
        yield "no-coordinates", {}


def _of_outcome(status_id: int | None, members: Mapping[str, Any]) -> Iterator[tuple[Kind, dict[str, Any]]]:
    reason = members.get("RejectReason")
    if status_id in FAILED:
        if members.get("LoadStatus") == "not-loaded":
            yield "not-loaded", {}  # it never left the depot, so its recipient has seen nobody
        elif reason != _CANCELED:
            yield "failed", {"Reason": reason} if reason else {}
    elif status_id == PARTIALLY:
        yield "partial", {}  # of a part of the goods, only a part of the cash is due
    else:
        due, taken = amount(members.get("COD")) or 0.0, amount(members.get("CODActual"))
        if taken is not None and abs(due - taken) >= _CENT:  # an amount that nobody reported is unknown
            yield "cod-differs", {"Due": due, "Taken": taken}


def _lateness(item: Item) -> Iterator[tuple[Kind, dict[str, Any]]]:
    if item.expected is None or item.closes is None:
        return
    late = item.expected - item.closes
    if late > _VERY_LATE:
        yield "very-late", {"Minutes": _minutes_up(late)}
    elif late > 0:
        yield "late", {"Minutes": _minutes_up(late)}
    elif late >= -_AT_RISK:
        yield "at-risk", {"Minutes": -late // 60}


def _of_route(way: Way, items: Sequence[Item], now: int) -> Iterator[tuple[Kind, dict[str, Any]]]:
    if not way.is_closed:
        yield from _overload(way.vehicle, [item.members for item in items if item.is_open])
    if way.position is None or not way.is_left or way.is_closed:
        return
    silent = now - way.position.at
    if silent < -_CLOCK:
        yield "clock-off", {"Minutes": -silent // 60}
    elif silent >= _SILENT:
        yield "no-position", {"Minutes": silent // 60}
    elif not way.is_at_a_stop and (since := still_since(way)) is not None and now - since >= _STILL:
        yield "standing-still", {"Minutes": (now - since) // 60}


def still_since(way: Way) -> int | None:
    """Return since when the vehicle has stood at one place away from its stops; None when it is at one of them."""
    here = way.position
    if here is None or any(road_metres(here.place, stop, 1) <= _AT_A_STOP for stop in way.stops):
        return None
    since = here.at
    for point in way.points:
        if road_metres(here.place, point.place, 1) > _ONE_PLACE:
            break
        since = min(since, point.at)
    return since


def _overload(vehicle: Mapping[str, Any], orders: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """Tell of what the vehicle cannot take at once, the worst alone: one exception of a kind is enough for a route.

    What is delivered leaves together, and what is collected comes back together.
    """
    worst = max(_loads(vehicle, orders), default=None)
    if worst is not None and worst[0] > 1 + _SAME_LOAD:
        _, name, load, room = worst
        yield "over-capacity", {"Of": name, "Load": round(load, 3), "Room": room}


def _loads(
    vehicle: Mapping[str, Any], orders: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[float, str, float, float]]:
    for name in ("Weight", "Volume", "Pallets"):
        room = amount(vehicle.get(name)) or 0.0
        for is_collection in (False, True):
            load = sum(amount(one.get(name)) or 0.0 for one in orders if bool(one.get("Type")) is is_collection)
            if room > 0:
                yield load / room, name, load, room


def amount(value: Any) -> float | None:
    """Return a number that a document holds as a number or as a text; None for none."""
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        return None


def _minutes_up(seconds: int) -> int:
    return -(-seconds // 60)
