"""Turning the rows of a route and its orders into a trip and its visits, see `model.py`. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from waybell.eta.model import Position, Stop, Trip, Visit
from waybell.ground.clock import wall_text
from waybell.optimizing.model import Place
from waybell.optimizing.planning import service_seconds
from waybell.orders.model import FAILED, SUCCEEDED

_A_DAY = 86_400
_A_TOUR = 12 * 3600  # a route that sets out so long before a midnight may still be driven then, as in `orders/days.py`
_CALLED_OFF = ("Canceled", "Not loaded")  # reasons for which no driver went to a door


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order on a route: what its row holds, and its estimate."""

    track_id: str
    seq_number: int
    status_id: int | None
    status_at: datetime | None
    date: str
    number: str | None
    ext_id: str | None
    document: Mapping[str, Any]
    first: str | None
    updated: str | None
    told: str | None
    told_at: datetime | None
    order_type: int

    @property
    def is_open(self) -> bool:
        return self.status_id not in SUCCEEDED + FAILED

    @property
    def planned(self) -> str | None:
        """The ETA that the order shows."""
        return self.document.get("ETA") or self.first


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """A route in progress: what estimates need of its row, and the end of its track."""

    route_id: str
    account_id: str
    zone: ZoneInfo
    code: str | None
    ext_id: str | None
    date: str
    driver_login: str | None
    driver_vehicle: str | None
    document: Mapping[str, Any]
    last_at: str | None
    last_place: Place | None
    ran_at: datetime | None


class Wall:
    """Wall-clock texts of an account, read as seconds since 1970 and written back."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[str, int | None] = {}  # the orders of a route share many times, and zones take a while

    def read(self, text: str | None) -> int | None:
        """Return the seconds, or None for no text and for a year that computers do not count."""
        if not text:
            return None
        if text not in self._known:
            self._known[text] = self._read(text)
        return self._known[text]

    def _read(self, text: str) -> int | None:
        try:
            return int(datetime.fromisoformat(text).replace(tzinfo=self._zone).timestamp())
        except (ValueError, OverflowError):
            return None

    def write(self, seconds: int) -> str:
        return wall_text(datetime.fromtimestamp(seconds, self._zone))

    def status(self, order: OrderFacts) -> int | None:
        """Return when an order got its status: its StatusDate is local, or in UTC when the caller sent none."""
        text, at = order.document.get("StatusDate"), order.status_at
        if at is not None and (text is None or text == wall_text(at.astimezone(UTC))):
            return int(at.timestamp())
        return self.read(text)


@dataclass(frozen=True, slots=True)
class Situation:
    """The trip of a route, with its stops in the sequence in which the driver goes, and the orders of each stop."""

    trip: Trip
    visits: tuple[Visit, ...]
    orders: tuple[tuple[OrderFacts, ...], ...]
    position: Position | None
    done: int  # stops with nothing left to do
    total: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts of a run: the route, its orders, and when the driver comes to those that are left."""

    route: RouteFacts
    orders: Sequence[OrderFacts]
    wall: Wall
    there: Situation
    expected: Mapping[str, int]  # by track id


def situation(
    wall: Wall, route: RouteFacts, orders: Sequence[OrderFacts], begins: int, start: Place | None, end: Place | None
) -> Situation:
    """Return what is known of a route in progress; `orders` are in the sequence of their stops.

    The driver's own sequence counts for the stops that are left. A stop where everything was called off is no stop, and
    neither is one where an order failed although open stops come before it: the office has said so, and nobody was
    there.
    """
    stops = _in_sequence([tuple(group) for _, group in groupby(orders, lambda order: order.seq_number)])
    kept: list[tuple[OrderFacts, ...]] = []
    visits: list[Visit] = []
    is_left = False
    for group in stops:
        visit = _visit(wall, len(kept), group, is_ahead=is_left)
        if visit is not None:
            visits.append(visit)
        elif not any(order.is_open for order in group):
            continue
        is_left = is_left or (visit is None and any(order.is_open for order in group))
        kept.append(group)
    trip = Trip(tuple(_stop(wall, route, begins, group) for group in kept), begins, start, end)
    at = wall.read(route.last_at)
    position = Position(route.last_place, at) if route.last_place and at is not None else None
    done = sum(not any(order.is_open for order in group) for group in stops)
    return Situation(trip, tuple(visits), tuple(kept), position, done, len(stops))


def _in_sequence(stops: list[tuple[OrderFacts, ...]]) -> list[tuple[OrderFacts, ...]]:
    def place(group: tuple[OrderFacts, ...]) -> tuple[int, int]:
        own = [number for order in group if (number := order.document.get("SeqNumberDriver")) is not None]
        return min(own, default=group[0].seq_number), group[0].seq_number

    return sorted(stops, key=place)


def _visit(wall: Wall, number: int, group: Sequence[OrderFacts], *, is_ahead: bool) -> Visit | None:
    """Return the visit of a stop, or None when the driver has not been there."""
    came = _times(wall, group, "ArrivedDate")
    gone = _times(wall, group, "DepartedDate")
    outcomes = [
        at
        for order in group
        if not order.is_open and _was_at_the_door(order, is_ahead=is_ahead) and (at := wall.status(order)) is not None
    ]
    if not (came or gone or outcomes):
        return None
    is_open = any(order.is_open for order in group)
    if gone:
        left: int | None = max(gone)
    else:
        left = None if is_open else max(outcomes, default=None) if outcomes else max(came)
    arrived = min(came) if came else min(outcomes) if is_open and outcomes else None
    return Visit(number, arrived, left)


def _times(wall: Wall, group: Sequence[OrderFacts], member: str) -> list[int]:
    return [at for order in group if (at := wall.read(order.document.get(member))) is not None]


def _was_at_the_door(order: OrderFacts, *, is_ahead: bool) -> bool:
    """Return whether an outcome shows that the driver was there; `is_ahead` says that open stops come before."""
    if order.status_id in SUCCEEDED:
        return True
    return not is_ahead and order.document.get("RejectReason") not in _CALLED_OFF


def _stop(wall: Wall, route: RouteFacts, begins: int, group: Sequence[OrderFacts]) -> Stop:
    opens = [opening for order in group if (opening := _opens(wall, route, begins, order)) is not None]
    return Stop(
        next((place for order in group if (place := _place(order)) is not None), None),
        max(opens, default=None),
        sum(service_seconds(order.document.get("ServiceTime")) for order in group),
    )


def _place(order: OrderFacts) -> Place | None:
    """Return the coordinates of the address, else where the order got its status."""
    for lat, lon in (("AddressLat", "AddressLon"), ("StatusLat", "StatusLon")):
        north, east = order.document.get(lat), order.document.get(lon)
        if north is not None and east is not None:
            return north, east
    return None


def slot(wall: Wall, order: OrderFacts) -> tuple[int | None, int | None]:
    """Return when the order's time slot begins and ends. One that ends before it begins is of the night."""
    return slot_of(wall, order.document)


def slot_of(wall: Wall, members: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return the same of the members of an order's document."""
    opens, closes = wall.read(members.get("TimeSlotFrom")), wall.read(members.get("TimeSlotTo"))
    if opens is not None and closes is not None and closes < opens:
        closes += _A_DAY
        return (opens, closes) if closes >= opens else (None, None)
    return opens, closes


def _opens(wall: Wall, route: RouteFacts, begins: int, order: OrderFacts) -> int | None:
    """Return the earliest time for an order: its slot, or its own day on a route of several days.

    On such a day work begins at the hour of the route's own start, unless the route was still being driven at the
    midnight before, as a route through the night is.
    """
    opens, closes = slot(wall, order)
    if opens is not None or closes is not None or order.date[:10] <= route.date[:10]:
        return opens
    midnight, plan = wall.read(order.date[:10]), route.document.get("StartTimePlan")
    if midnight is None or midnight - (wall.read(plan) or begins) < _A_TOUR:
        return midnight
    hour = time.fromisoformat(plan[11:]) if plan else time()
    return midnight + hour.hour * 3600 + hour.minute * 60
