"""When a vehicle comes to the stops that are left, by what is known at a moment. Pure: no database and no clock.

A leg takes as long as the roads say, times the route's own tempo: how much longer than that its last legs really took.
The arithmetic of the roads is that of the optimiser, so that a plan and an estimate differ only by what has happened.
Times are whole seconds since 1970.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from waybell.optimizing.model import Place, road_metres

Leg = Callable[[Place, Place], int]  # the seconds that the roads say

SLOWEST, QUICKEST = 2.0, 0.5  # the limits of a tempo
_TRUSTED = 20 * 60  # seconds of driving for which the roads are believed before a route has shown its own tempo
_FADES = 0.8  # a leg counts so much less with each later one
_SHORT = 60  # seconds; a shorter leg says nothing about the tempo
_FASTEST = 60  # metres a second; whatever is said to move faster is a fault of its receiver
_STRAY = 10_000  # metres by which a position may be wrong, so that no time seems too short


@dataclass(frozen=True, slots=True)
class Stop:
    """The work at one address. It begins at `opens` at the earliest."""

    place: Place | None
    opens: int | None = None
    service: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """The known times of the driver at a stop."""

    stop: int  # index of the stop in the trip
    came: int | None = None
    left: int | None = None  # None while the driver is there

    @property
    def last_known(self) -> int:
        return max(self.came or 0, self.left or 0)


@dataclass(frozen=True, slots=True)
class Position:
    place: Place
    at: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A route as an estimate needs it: the stops that were visited or are left, the latter in their sequence."""

    stops: tuple[Stop, ...]
    begins: int
    start: Place | None = None  # without it, the trip begins at its first stop
    end: Place | None = None  # without it, the trip ends at its last stop


@dataclass(frozen=True, slots=True)
class Forecast:
    """The time at which work begins at each stop; None for a stop that was visited or has no coordinates."""

    begins: tuple[int | None, ...]
    ends: int  # when the driver has done the last stop and is back, if the trip leads back
    tempo: float


def eta(trip: Trip, now: int, position: Position | None, visits: Sequence[Visit], leg: Leg) -> Forecast:
    """Return when the driver comes to the stops that are left.

    A driver who is early waits until a stop opens. No estimate lies before now, and none before that of an earlier
    stop. A stop without coordinates gets no estimate, because nobody knows its way; its service delays the later ones.
    What is said to have happened in the future happened now: a clock was wrong.
    """
    seen = sorted((_not_after(now, visit) for visit in visits), key=lambda visit: visit.last_known)
    tempo = tempo_of(trip, seen, leg)
    place, free = _whereabouts(trip, now, position, seen)
    visited = {visit.stop for visit in seen}
    begins: list[int | None] = [None] * len(trip.stops)
    for number, stop in enumerate(trip.stops):
        if number in visited:
            continue
        arrives = max(now, free + _driving(place, stop.place, tempo, leg))
        served = max(arrives, stop.opens or arrives)
        begins[number] = served if stop.place else None
        place, free = stop.place or place, served + stop.service
    return Forecast(tuple(begins), max(now, free + _driving(place, trip.end, tempo, leg)), tempo)


def _not_after(now: int, visit: Visit) -> Visit:
    came, left = (None if time is None else min(time, now) for time in (visit.came, visit.left))
    return Visit(visit.stop, came, left)


def _driving(start: Place | None, end: Place | None, tempo: float, leg: Leg) -> int:
    return 0 if start is None or end is None else round(leg(start, end) * tempo)


def tempo_of(trip: Trip, visits: Sequence[Visit], leg: Leg) -> float:
    """Return how long legs really take, relative to what the roads say, by the visits so far in their order.

    Without a reported arrival a driver may have waited for a stop to open, so such a leg says nothing. A long break
    counts as no more than one slow leg.
    """
    took = planned = float(_TRUSTED)
    begun = Visit(-1, left=trip.begins)
    for before, after in pairwise([begun, *visits]):
        start, stop = trip.start if before is begun else trip.stops[before.stop].place, trip.stops[after.stop]
        comes = after.came if after.came is not None else after.left and after.left - stop.service
        if before.left is None or comes is None or start is None or stop.place is None:
            continue
        says = leg(start, stop.place)
        may_have_waited = after.came is None and before.left + says < (stop.opens or 0)
        if says >= _SHORT and not may_have_waited:
            really = min(max(comes - before.left, says * QUICKEST), says * SLOWEST)
            took, planned = took * _FADES + really, planned * _FADES + says
    return min(max(took / planned, QUICKEST), SLOWEST)


def _whereabouts(trip: Trip, now: int, position: Position | None, visits: Sequence[Visit]) -> tuple[Place | None, int]:
    """Return the place from which the driver goes on, and since when or at what time."""
    if not visits:
        place, since = trip.start, trip.begins
    else:
        last = visits[-1]
        stop = trip.stops[last.stop]
        place = stop.place
        if last.left is None:
            came = last.came if last.came is not None else now
            return place, max(now, max(came, stop.opens or came) + stop.service)
        since = last.left
    if position is not None and since < position.at and _is_possible(position, place, since):
        return position.place, min(position.at, now)
    return place, since


def _is_possible(position: Position, place: Place | None, since: int) -> bool:
    """Return whether a vehicle can be there; receivers without a signal report zeros, or somewhere at sea."""
    if position.place == (0, 0):
        return False
    return place is None or road_metres(place, position.place, 1) <= _STRAY + _FASTEST * (position.at - since)
