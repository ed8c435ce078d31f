"""Estimates by themselves: what they are made of, and what holds of each of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waybell.eta.model import QUICKEST, SLOWEST, Position, Stop, Trip, Visit, eta, tempo_of
from waybell.optimizing.model import Problem, Roads, distance, duration

MINUTE = 60
NOW = 1_800_000_000
ROADS = Roads(1.0, 11_119.493 / (10 * MINUTE))  # ten minutes for a tenth of a degree along the equator


def place(tenths):
    return 0.0, tenths / 10


def at(tenths, **members):
    return Stop(place(tenths), **members)


def minutes(trip, now=0, position=None, visits=()):
    """Return when work begins at each stop, in minutes since NOW."""
    found = eta(trip, NOW + now * MINUTE, position, visits, ROADS.seconds)
    return [None if one is None else (one - NOW) / MINUTE for one in found.begins]


def a_trip(*stops, **members):
    return Trip(stops, members.pop("begins", NOW), members.pop("start", place(10)), **members)


def visit(stop, came=None, left=None):
    return Visit(stop, *(None if one is None else NOW + one * MINUTE for one in (came, left)))


def test_a_route_that_starts_takes_what_the_roads_say_and_its_service():
    trip = a_trip(at(11, service=5 * MINUTE), at(13), end=place(14))
    assert minutes(trip) == [10, 35]
    assert eta(trip, NOW, None, (), ROADS.seconds).ends == NOW + 45 * MINUTE


def test_an_early_driver_waits_until_a_stop_opens():
    assert minutes(a_trip(at(11, opens=NOW + 60 * MINUTE, service=MINUTE), at(12))) == [60, 71]


def test_a_slot_on_another_day_is_waited_for():
    tomorrow = NOW + 24 * 60 * MINUTE
    assert minutes(a_trip(at(11), at(12, opens=tomorrow), at(13))) == [10, 1440, 1450]


def test_a_driver_who_is_overdue_is_expected_now():
    assert minutes(a_trip(at(11), at(12)), now=25) == [25, 35]


def test_a_driver_at_a_stop_stays_for_its_service_and_longer_if_it_takes_longer():
    trip = a_trip(at(11, service=10 * MINUTE), at(12))
    here = [visit(0, came=10)]
    assert minutes(trip, 12, visits=here) == [None, 30]
    assert minutes(trip, 40, visits=here) == [None, 50]


def test_a_driver_at_a_stop_that_is_not_open_yet_waits_there():
    trip = a_trip(at(11, opens=NOW + 30 * MINUTE, service=5 * MINUTE), at(12))
    assert minutes(trip, 12, visits=[visit(0, came=10)]) == [None, 45]


def test_the_last_position_counts_once_the_driver_has_left_the_stop_before():
    trip = a_trip(at(11), at(13))
    gone, midway = [visit(0, came=10, left=10)], Position(place(12.5), NOW + 28 * MINUTE)
    assert minutes(trip, 30, visits=gone) == [None, 30]
    assert minutes(trip, 30, midway, gone) == [None, 33]
    earlier = Position(place(10.5), NOW + 5 * MINUTE)
    assert minutes(trip, 12, earlier, gone) == [None, 30]


@pytest.mark.parametrize("where", [(0.0, 0.0), (0.0, 90.0), (-89.0, 1.2)], ids=["zeros", "far away", "at the pole"])
def test_a_position_where_no_vehicle_can_be_is_passed_over(where):
    trip, gone = a_trip(at(11), at(13)), [visit(0, came=10, left=10)]
    assert minutes(trip, 12, Position(where, NOW + 11 * MINUTE), gone) == [None, 30]


def test_zeros_are_no_position_even_where_nothing_else_is_known():
    assert minutes(a_trip(at(11), start=None), 5, Position((0.0, 0.0), NOW + 4 * MINUTE)) == [5]


def test_a_position_from_a_clock_that_is_ahead_is_of_now():
    assert minutes(a_trip(at(11)), 5, Position(place(10.5), NOW + 60 * MINUTE)) == [10]


def test_a_visit_from_a_clock_that_is_ahead_was_now():
    assert minutes(a_trip(at(11), at(12)), 10, visits=[visit(0, came=50, left=55)]) == [None, 20]


def test_a_stop_without_coordinates_has_no_estimate_and_delays_the_later_ones_by_its_service():
    assert minutes(a_trip(at(11), Stop(None, service=20 * MINUTE), at(12))) == [10, None, 40]


def test_nothing_is_left_of_a_route_that_is_done():
    trip = a_trip(at(11), at(12))
    done = [visit(0, 10, 10), visit(1, 20, 22)]
    found = eta(trip, NOW + 30 * MINUTE, None, done, ROADS.seconds)
    assert (found.begins, found.ends) == ((None, None), NOW + 30 * MINUTE)


def test_five_hundred_stops_at_one_place_are_served_one_after_another():
    assert minutes(a_trip(*[at(11, service=MINUTE)] * 500)) == [10 + number for number in range(500)]


def test_a_driver_who_goes_out_of_sequence_goes_on_from_there():
    trip = a_trip(at(11), at(12), at(13))
    assert minutes(trip, 30, visits=[visit(2, came=30, left=30)])[:2] == [50, 60]


# The tempo


def test_without_a_leg_the_roads_are_believed():
    assert tempo_of(a_trip(at(11)), (), ROADS.seconds) == 1


def test_slow_legs_make_the_rest_of_the_route_slow_and_the_last_ones_most():
    trip = a_trip(*[at(11 + number) for number in range(6)])
    slow = [visit(number, 15 * (number + 1), 15 * (number + 1)) for number in range(5)]
    tempo = tempo_of(trip, slow, ROADS.seconds)
    assert 1.35 < tempo < 1.5
    [*_, last] = minutes(trip, 75, visits=slow)
    assert last == pytest.approx(75 + 10 * tempo, abs=0.1)
    quick_at_last = [*slow[:4], visit(4, 60 + 5, 60 + 5)]
    quick_at_first = [visit(0, 5, 5), *(visit(number, 5 + 15 * number, 5 + 15 * number) for number in range(1, 5))]
    assert tempo_of(trip, quick_at_last, ROADS.seconds) < tempo_of(trip, quick_at_first, ROADS.seconds)


def test_a_long_break_counts_as_one_slow_leg():
    trip = a_trip(at(11), at(12))
    assert tempo_of(trip, [visit(0, 10 * 60, 10 * 60)], ROADS.seconds) == tempo_of(
        trip, [visit(0, 20, 20)], ROADS.seconds
    )


def test_what_may_have_been_a_wait_says_nothing_about_the_tempo():
    trip = a_trip(at(11, opens=NOW + 60 * MINUTE, service=5 * MINUTE))
    assert tempo_of(trip, [visit(0, left=65)], ROADS.seconds) == 1
    assert tempo_of(trip, [visit(0, came=20, left=65)], ROADS.seconds) > 1


# What holds of each estimate

places = st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180))
moments = st.integers(NOW - 3 * 86_400, NOW + 3 * 86_400)
stops = st.builds(Stop, places, st.none() | moments, st.integers(0, 86_400))


@st.composite
def situations(draw):
    some = draw(st.lists(stops, max_size=12))
    trip = Trip(tuple(some), draw(moments), draw(places), draw(places))
    gone = draw(st.lists(st.sampled_from(range(len(some))), unique=True)) if some else []
    visits = [Visit(number, draw(st.none() | moments), draw(st.none() | moments)) for number in gone]
    position = draw(st.none() | st.builds(Position, places.filter(bool), moments))
    speed = draw(st.floats(1, 60))
    return trip, draw(moments), position, visits, Roads(draw(st.floats(1, 10)), speed).seconds


@given(situations())
def test_estimates_are_never_past_never_fall_along_the_sequence_and_wait_for_slots(situation):
    trip, now, _, visits, _ = situation
    found = eta(*situation)
    known = [(one, stop) for one, stop in zip(found.begins, trip.stops, strict=True) if one is not None]
    assert all(one >= now and one >= (stop.opens or one) for one, stop in known)
    assert [one for one, _ in known] == sorted(one for one, _ in known)
    assert found.ends >= max([now, *(one + stop.service for one, stop in known)])
    assert QUICKEST <= found.tempo <= SLOWEST
    gone = {visit.stop for visit in visits}
    blank = {number for number, one in enumerate(found.begins) if one is None}
    assert blank == gone | {number for number, stop in enumerate(trip.stops) if stop.place is None}


@given(situations(), st.integers(0, 86_400))
def test_time_that_passes_without_news_moves_no_estimate_forward(situation, later):
    trip, now, position, visits, leg = situation
    known = [one for visit in visits for one in (visit.came, visit.left)] + [position.at if position else None]
    now = max([now, *(one for one in known if one is not None)])  # later than what a wrong clock could be corrected by
    before, after = (eta(trip, moment, position, visits, leg).begins for moment in (now, now + later))
    assert all(one is None or one <= other for one, other in zip(before, after, strict=True))


@given(situations())
def test_a_later_opening_makes_no_later_stop_earlier(situation):
    trip, now, position, visits, leg = situation
    later = Trip(tuple(Stop(s.place, (s.opens or now) + 600, s.service) for s in trip.stops), trip.begins, trip.start)
    free = [number for number in range(len(trip.stops)) if not visits]
    before, after = eta(trip, now, position, visits, leg).begins, eta(later, now, position, visits, leg).begins
    assert all(before[number] is None or before[number] <= after[number] for number in free)


def test_the_legs_are_those_of_the_optimiser():
    problem = Problem((), 11.1, 1.35)
    leg = Roads(1.35, 11.1).seconds
    for start, end in [((59.4, 24.7), (59.5, 24.9)), ((0.0, 0.0), (0.0, 180.0)), ((-90.0, 3.0), (90.0, 3.0))]:
        assert leg(start, end) == duration(problem, distance(problem, start, end))
        assert not math.isnan(leg(start, end))
