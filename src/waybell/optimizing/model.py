"""A vehicle's tour through its stops: the times of its visits, and the cost of a sequence. Pure.

No map is used: a distance is a straight line times a road factor, and a driving time is that distance at an average
speed. Times are whole seconds since the tour begins, distances whole metres.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Place = tuple[float, float]  # latitude, longitude
Load = tuple[float, float, float]  # weight, volume, pallets

EMPTY: Load = (0.0, 0.0, 0.0)
LATE_STEPS = (0, 15 * 60, 60 * 60, 4 * 60 * 60)
STEP_COST = 4 * 60 * 60  # the cost of being later than one of the steps, in seconds on the road

_EARTH_RADIUS = 6_371_000  # metres


@dataclass(frozen=True, slots=True)
class Stop:
    """The work at one address. Service begins between `opens` and `closes` if possible."""

    place: Place
    opens: int = 0
    closes: int | None = None
    service: int = 0
    delivers: Load = EMPTY
    collects: Load = EMPTY


@dataclass(frozen=True, slots=True)
class Problem:
    """The stops in their present sequence, and the vehicle that visits all of them."""

    stops: tuple[Stop, ...]
    metres_per_second: float
    road_factor: float = 1.0
    start: Place | None = None  # without it, the tour begins at its first stop
    end: Place | None = None  # without it, the tour ends at its last stop
    capacity: tuple[float | None, float | None, float | None] = (None, None, None)
    carried: Load = EMPTY  # in the vehicle from the beginning to the end


@dataclass(frozen=True, slots=True)
class Visit:
    stop: int  # index of the stop in the problem
    begins: int  # after the wait, if the vehicle is early
    waits: int
    late: int  # seconds
    metres: int  # driven since the tour began


@dataclass(frozen=True, slots=True)
class Tour:
    visits: tuple[Visit, ...]
    metres: int
    seconds: int
    on_the_road: int  # the part of these seconds spent driving
    peak: Load  # the largest load in the vehicle at any time

    @property
    def cost(self) -> int:
        """The cost to minimise: time, driving time counted twice, and above all lateness."""
        steps = sum(visit.late > step for visit in self.visits for step in LATE_STEPS)
        return self.seconds + self.on_the_road + steps * STEP_COST


@dataclass(frozen=True, slots=True)
class Roads:
    """The assumptions that replace a map, for one vehicle."""

    factor: float  # the length of a road relative to the straight line
    metres_per_second: float

    def metres(self, start: Place, end: Place) -> int:
        """Return the metres on the road between two places."""
        return road_metres(start, end, self.factor)

    def seconds(self, start: Place, end: Place) -> int:
        """Return the driving time between two places."""
        return round(self.metres(start, end) / self.metres_per_second)


def road_metres(start: Place, end: Place, factor: float) -> int:
    """Return the metres of a road that is so many times as long as the straight line between two places."""
    (lat, lon), (to_lat, to_lon) = ((math.radians(part) for part in place) for place in (start, end))
    half = math.sin((to_lat - lat) / 2) ** 2 + math.cos(lat) * math.cos(to_lat) * math.sin((to_lon - lon) / 2) ** 2
    return round(2 * _EARTH_RADIUS * math.asin(math.sqrt(min(half, 1.0))) * factor)


def distance(problem: Problem, start: Place | None, end: Place | None) -> int:
    """Return the metres on the road; 0 from or to a place that is not given."""
    return 0 if start is None or end is None else road_metres(start, end, problem.road_factor)


def duration(problem: Problem, metres: int) -> int:
    return round(metres / problem.metres_per_second)


def tour(problem: Problem, sequence: Sequence[int]) -> Tour:
    """Return the tour that visits the stops of the problem in this sequence."""
    place, now, metres, on_the_road = problem.start, 0, 0, 0
    load = peak = _total([problem.carried, *(stop.delivers for stop in problem.stops)])
    visits = []
    for number in sequence:
        stop = problem.stops[number]
        leg = distance(problem, place, stop.place)
        metres, on_the_road = metres + leg, on_the_road + duration(problem, leg)
        arrives = now + duration(problem, leg)
        begins = max(arrives, stop.opens)
        late = 0 if stop.closes is None else max(0, begins - stop.closes)
        visits.append(Visit(number, begins, begins - arrives, late, metres))
        place, now = stop.place, begins + stop.service
        load = tuple(a - b + c for a, b, c in zip(load, stop.delivers, stop.collects, strict=True))  # type: ignore[assignment]
        peak = tuple(map(max, peak, load))  # type: ignore[assignment]
    leg = distance(problem, place, problem.end)
    metres, on_the_road, now = metres + leg, on_the_road + duration(problem, leg), now + duration(problem, leg)
    return Tour(tuple(visits), metres, now, on_the_road, peak)


def _total(loads: Sequence[Load]) -> Load:
    weight, volume, pallets = (math.fsum(parts) for parts in zip(*loads, strict=True))
    return weight, volume, pallets


def better(problem: Problem, proposed: Sequence[int]) -> Tour:
    """Return the tour in the proposed sequence, or in the present one if that costs no more."""
    present = tour(problem, range(len(problem.stops)))
    return min(present, tour(problem, proposed), key=lambda one: one.cost)
