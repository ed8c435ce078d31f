"""The track of a route: its points in order, and its length. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Annotated

from pydantic import Field, field_validator

from waybell.ground.clock import Moment
from waybell.orders.days import Span, fact_time
from waybell.wire.model import ApiModel, Number, Request, WallTime

MAX_POINTS = 1000  # in one request
_EARTH = 6_371_008.8  # mean radius in metres


class NewTrackPoint(Request):
    """A position of a vehicle as it is sent.

    The Track-POD API has no such request; there the driver's phone reports it.
    """

    lat: Annotated[float, Field(ge=-90, le=90)]
    lng: Annotated[float, Field(ge=-180, le=180)]
    speed: Number = None  # m/s
    date: WallTime

    @field_validator("date")
    @classmethod
    def _is_given(cls, date: str | None) -> str:
        if date is None:
            raise ValueError("is required")
        return date


class RouteTrackPoint(ApiModel):
    """The position of a vehicle at a time."""

    lat: float
    lng: float
    speed: float  # m/s
    date: str


class RouteTrack(ApiModel):
    """The positions of a vehicle on its route."""

    track_points: list[RouteTrackPoint]


@dataclass(frozen=True, slots=True)
class Track:
    """The length of a track so far, and its last point."""

    metres: float
    last: RouteTrackPoint


def read(points: Sequence[NewTrackPoint], span: Span, moment: Moment) -> list[RouteTrackPoint]:
    """Return the points as they were sent, in the order of their times; a time of day is on a day of the route."""
    read = [
        RouteTrackPoint(
            lat=point.lat,
            lng=point.lng,
            speed=point.speed or 0,
            date=fact_time(point.date or "", span, moment),
        )
        for point in points
    ]
    return in_order(read)


def in_order(points: Iterable[RouteTrackPoint]) -> list[RouteTrackPoint]:
    return sorted(points, key=lambda point: (point.date, point.lat, point.lng))


def extended(track: Track | None, points: Sequence[RouteTrackPoint]) -> Track | None:
    """Return the track extended by these ordered points, or None when the first does not come after the track's end."""
    if track and points[0].date <= track.last.date:
        return None
    start = track or Track(0, points[0])
    return Track(start.metres + length([start.last, *points]), points[-1])


def length(points: Sequence[RouteTrackPoint]) -> float:
    """Return the length in metres along straight lines between the points."""
    return sum(metres_between(one, other) for one, other in pairwise(points))


def metres_between(one: RouteTrackPoint, other: RouteTrackPoint) -> float:
    lat1, lat2 = radians(one.lat), radians(other.lat)
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(radians(other.lng - one.lng) / 2) ** 2
    return 2 * _EARTH * asin(min(1, sqrt(half)))
