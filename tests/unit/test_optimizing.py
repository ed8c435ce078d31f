"""Optimising by itself: what a tour costs, what the search finds, and what becomes of a route and its orders."""

import random
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waybell.directory.model import VehicleExtended
from waybell.ground.errors import Invalid, NotAllowedNow
from waybell.optimizing import planning
from waybell.optimizing.model import Problem, Stop, better, tour
from waybell.optimizing.planning import Road
from waybell.optimizing.search import find_sequence
from waybell.optimizing.solver import Solver
from waybell.optimizing.wording import in_words
from waybell.orders import samples
from waybell.orders.outcome import Stop as RouteStop
from waybell.orders.outcome import placed
from waybell.orders.samples import sample_order
from waybell.routes.event_types import PLANNED, created_route
from waybell.routes.model import Route

SECONDS = 5.0
NOON = datetime.fromisoformat("2026-11-23T12:00:00")
ROAD = Road(1.35, 40)


def at(longitude, **members):
    """A stop on the equator, where a degree is 111 km."""
    return Stop((0.0, longitude), **members)


def a_problem(*stops, **members):
    return Problem(stops, members.pop("metres_per_second", 10.0), **members)


def found(problem):
    return find_sequence(problem, SECONDS)


# What a tour costs


def test_a_tour_counts_its_way_its_waits_and_its_lateness():
    problem = a_problem(
        at(0.1, opens=2000, service=60), at(0.2, closes=3000), start=(0, 0), end=(0, 0), road_factor=1.5
    )
    one = tour(problem, (0, 1))
    assert [(visit.metres, visit.begins, visit.waits, visit.late) for visit in one.visits] == [
        (16679, 2000, 2000 - 1668, 0),
        (33358, 2000 + 60 + 1668, 0, 3728 - 3000),
    ]
    assert (one.metres, one.on_the_road) == (66716, 2 * 1668 + 3336)
    assert one.seconds == 3728 + 3336


def test_a_tour_from_anywhere_to_anywhere_counts_only_what_lies_between():
    assert tour(a_problem(at(0.5)), (0,)).metres == 0


def test_the_peak_is_what_is_aboard_at_once():
    stops = at(0.1, collects=(5, 0, 0)), at(0.2, delivers=(7, 0, 2))
    problem = a_problem(*stops, carried=(1, 1, 0))
    assert tour(problem, (0, 1)).peak == (13, 1, 2)
    assert tour(problem, (1, 0)).peak == (8, 1, 2)


# What the search finds


def test_a_line_of_points_comes_out_in_its_order():
    places = [n / 10 for n in range(12)]
    random.Random(7).shuffle(places)
    problem = a_problem(*map(at, places), start=(0.0, -1.0))
    assert [places[stop] for stop in found(problem)] == sorted(places)


@pytest.mark.parametrize("ends", [{}, {"start": (0.0, 0.0)}, {"start": (0.0, 0.0), "end": (0.5, 0.5)}])
def test_few_stops_come_in_the_best_of_all_sequences(ends):
    chance = random.Random(3)
    for _ in range(5):
        stops = [
            Stop((chance.random(), chance.random()), closes=chance.choice([None, 20_000]), service=300)
            for _ in range(6)
        ]
        problem = a_problem(*stops, **ends)
        best = min(tour(problem, some).cost for some in permutations(range(6)))
        assert tour(problem, found(problem)).cost == best


def test_time_windows_are_kept_where_they_can_be():
    # The nearest opens last, and the farthest closes first.
    stops = at(0.1, opens=20_000, closes=22_000), at(0.2, service=600), at(0.3, closes=3_400)
    problem = a_problem(*stops, start=(0.0, 0.0))
    one = tour(problem, found(problem))
    assert not any(visit.late for visit in one.visits)
    assert [visit.stop for visit in one.visits] == [2, 1, 0]


def test_windows_that_cannot_be_kept_still_give_a_sequence_with_all_stops():
    stops = [at(n / 10, closes=-5) for n in range(3)] + [at(n / 10, closes=100) for n in range(3, 9)]
    sequence = found(a_problem(*stops, start=(0.0, 0.0)))
    assert sorted(sequence) == list(range(9))


def test_a_stop_that_is_late_anyway_does_not_make_others_late():
    hopeless, near = at(1.0, closes=10), at(0.1, closes=1_200)
    problem = a_problem(hopeless, near, start=(0.0, 0.0))
    assert [visit.late > 0 for visit in tour(problem, found(problem)).visits] == [False, True]


def test_what_is_collected_must_fit_beside_what_is_still_aboard():
    collects, delivers = at(0.1, collects=(9, 0, 0)), at(0.2, delivers=(9, 0, 0))
    free, full = (a_problem(collects, delivers, start=(0.0, 0.0), capacity=(room, None, None)) for room in (None, 10.0))
    assert found(free) == [0, 1]
    assert found(full) == [1, 0]


def test_an_overfull_vehicle_still_gets_a_sequence():
    stops = [at(place, delivers=(0.3334, 1e9, 7)) for place in (0.3, 0.1, 0.2)]
    assert found(a_problem(*stops, start=(0.0, 0.0), capacity=(0.0001, 1.0, 1.0))) == [1, 2, 0]


def test_the_same_problem_gives_the_same_sequence():
    chance = random.Random(1)
    stops = [Stop((chance.random(), chance.random()), closes=chance.choice([None, 9_000])) for _ in range(12)]
    problem = a_problem(*stops)
    assert find_sequence(problem, 60) == find_sequence(problem, 60)


_TIMES = st.integers(-(10**10), 10**10)
_LOADS = st.tuples(*[st.floats(0, 1e9)] * 3)
_STOPS = st.builds(
    lambda lat, lon, opens, closes, service, delivers, collects: Stop(
        (lat, lon), max(0, opens), closes, service, delivers, collects
    ),
    st.floats(-90, 90),
    st.floats(-180, 180),
    _TIMES,
    st.none() | _TIMES,
    st.integers(0, 86_400),
    _LOADS,
    _LOADS,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(_STOPS, min_size=1, max_size=7), st.tuples(*[st.none() | st.floats(0, 1e9)] * 3), _LOADS)
def test_whatever_is_asked_each_stop_is_visited_once(stops, capacity, carried):
    sequence = found(a_problem(*stops, capacity=capacity, carried=carried))
    assert sorted(sequence) == list(range(len(stops)))


def test_what_is_proposed_is_taken_only_when_it_costs_less():
    problem = a_problem(at(0.1), at(0.2), at(0.3))
    assert [visit.stop for visit in better(problem, (1, 0, 2)).visits] == [0, 1, 2]
    assert [visit.stop for visit in better(problem, (2, 1, 0)).visits] == [0, 1, 2]  # as good is not better


def test_the_process_beside_the_server_finds_the_same():
    problem = a_problem(at(0.2), at(0.1), at(0.3), start=(0.0, 0.0))
    assert list(Solver(timedelta(seconds=SECONDS)).solve(problem)) == found(problem) == [1, 0, 2]


# What becomes of a route


def an_order(number, longitude=None, *, seq=1, **members):
    lat = None if longitude is None else 0.0
    changes = {"number": number, "track_id": number, "address_lat": lat, "address_lon": longitude, "weight": 1.0}
    changes |= {"time_slot_from": None, "time_slot_to": None, "service_time": None} | members
    return placed(sample_order(), RouteStop("r", seq, "Ready"), "").model_copy(update=changes)


def a_route(*orders, **members):
    known = {"route_id": "r", "code": "R", "date": "2026-11-23T00:00:00", "create_date_utc": "", "status": "Ready"}
    return Route(**known | {"orders": list(orders)} | members)


def task_of(*orders, **members):
    return planning.task(a_route(*orders, **members), None, None, ROAD, NOON)


def test_a_stop_is_open_when_all_of_its_orders_are():
    shared = [
        an_order("A", 0.1, time_slot_from="2026-11-23T08:30:00", service_time=5.0),
        an_order("B", 0.1, time_slot_from="2026-11-23T09:00:00", time_slot_to="2026-11-23T12:00:00", service_time=2.5),
        an_order("C", 0.1, time_slot_to="2026-11-23T11:00:00", type=1, weight=3.0),
    ]
    (stop,) = task_of(*shared).problem.stops
    assert (stop.opens, stop.closes, stop.service) == (3600, 3 * 3600, 450)
    assert (stop.delivers[0], stop.collects[0]) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("day", "closes"), [("2026-11-24", 25 * 3600), ("2026-11-23", 25 * 3600), ("2026-11-22", None)]
)
def test_a_slot_over_midnight_is_kept_also_where_an_older_version_stored_it_on_one_day(day, closes):
    night = an_order("A", 0.1, time_slot_from="2026-11-23T12:00:00", time_slot_to=f"{day}T09:00:00")
    assert task_of(night).problem.stops[0].closes == closes


def test_the_stop_where_the_driver_is_stays_first_and_the_tour_goes_on_from_there():
    here = an_order("A", 0.5, seq=2, arrived_date="2026-11-23T11:50:00")
    task = task_of(an_order("B", 0.1, seq=1), here, an_order("C", 0.3, seq=3), status="InProgress")
    assert task.problem.start == (0.0, 0.5)
    assert (task.begins, task.last_number) == (NOON, 2)
    plan = planning.planned(task, tour(task.problem, (1, 0)))
    assert [(order.number, order.seq_number) for order in plan.orders] == [("C", 3), ("B", 4)]


def test_what_was_not_handed_over_stays_aboard_and_what_was_collected_too():
    behind = [
        an_order("A", 0.1, seq=1, status_id=5, weight=10.0),
        an_order("B", 0.1, seq=2, status_id=3, weight=20.0),
        an_order("C", 0.1, seq=3, status_id=3, type=1, weight=40.0),
    ]
    assert task_of(*behind, an_order("D", 0.1, seq=4)).problem.carried == (50.0, 0.0, 0.0)


def test_a_route_without_a_start_begins_when_it_need_not_wait():
    task = task_of(an_order("A", 0.1, time_slot_from="2026-11-23T13:00:00"))
    plan = planning.planned(task, tour(task.problem, (0,)))
    assert (plan.route.start_time_plan, plan.orders[0].eta) == ("2026-11-23T13:00:00", "2026-11-23T13:00:00")


def test_orders_of_a_stop_are_late_each_by_its_own_slot():
    early = an_order("A", 0.1, time_slot_to="2026-11-23T07:30:00")
    task = task_of(early, an_order("B", 0.1, time_slot_to="2026-11-23T09:00:00"))
    plan = planning.planned(task, tour(task.problem, (0,)))
    assert [(order.number, seconds) for order, seconds in plan.late] == [("A", 1800)]
    assert "Later than its time slot: Order A by 30 min." in in_words(plan, ROAD)


@pytest.mark.parametrize(
    ("orders", "members", "refused"),
    [
        ([], {}, Invalid),
        ([an_order("A")], {}, Invalid),
        ([an_order("A", 0.1, status_id=3)], {}, Invalid),
        ([an_order("A", 0.1)], {"status": "Closed"}, NotAllowedNow),
        ([an_order(str(n), 0.1, seq=n) for n in range(planning.MAX_STOPS + 1)], {}, Invalid),
    ],
)
def test_what_cannot_be_planned_is_refused(orders, members, refused):
    with pytest.raises(refused):
        task_of(*orders, **members)


def test_the_samples_show_what_planning_makes_of_the_sample_route():
    ready = created_route().model_copy(update={"vehicle": None})
    prices = VehicleExtended(base_fare=10, cost_per_distance=1, cost_per_hour=12)
    task = planning.task(ready, prices, (59.4317, 24.8192), ROAD, NOON)
    plan = planning.planned(task, tour(task.problem, (0,)))
    assert {name: getattr(plan.route, name) for name in PLANNED} == PLANNED
    assert {name: getattr(plan.orders[0], name) for name in samples.PLANNED} == samples.PLANNED


def test_pinned_stops_keep_their_places_in_a_proposal():
    orders = [an_order(str(seq), seq / 10, seq=seq, pinned=True if seq in (2, 4) else None) for seq in range(1, 6)]
    assert planning.with_pins(task_of(*orders), [4, 3, 2, 1, 0]) == [4, 1, 2, 3, 0]
