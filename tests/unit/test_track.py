"""How far points lead, and which of them can be added at the end."""

import pytest

from waybell.tracks.model import RouteTrackPoint, Track, extended, in_order, length


def at(second, lat=0.0, lng=0.0) -> RouteTrackPoint:
    return RouteTrackPoint(lat=lat, lng=lng, speed=0, date=f"2026-11-23T08:00:{second:02}")


@pytest.mark.parametrize(
    ("points", "metres"),
    [
        ([], 0),
        ([at(1)], 0),
        ([at(1), at(2)], 0),
        ([at(1), at(2, lat=1)], 111_195),
        ([at(1), at(2, lng=1), at(3)], 2 * 111_195),
        ([at(1, lat=60), at(2, lat=60, lng=1)], 55_597),
        ([at(1, lng=179.5), at(2, lng=-179.5)], 111_195),
        ([at(1, lat=90), at(2, lat=-90)], 20_015_115),
    ],
)
def test_the_length_of_points_is_that_along_the_earth(points, metres):
    assert length(points) == pytest.approx(metres, abs=2)


def test_points_behind_the_end_make_the_track_longer():
    start = extended(None, [at(1)])
    assert start == Track(0, at(1))
    assert extended(start, [at(2, lat=1), at(3, lat=2)]) == Track(pytest.approx(222_390, abs=2), at(3, lat=2))  # type: ignore[arg-type]


@pytest.mark.parametrize("second", [0, 1])
def test_points_before_the_end_or_at_it_do_not_only_make_the_track_longer(second):
    assert extended(Track(5, at(1)), [at(second), at(9)]) is None


def test_points_of_one_moment_are_in_one_order_however_they_came():
    points = [at(1, lat=2), at(1, lat=1, lng=2), at(1, lat=1), at(0)]
    assert in_order(points) == in_order(points[::-1]) == points[::-1]
