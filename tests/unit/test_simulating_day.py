"""The plan of a simulated day: the same for a seed, whole, and in an order in which it can be carried out."""

from collections import Counter
from itertools import pairwise

import pytest

from waybell.simulating.acts import OFFICE, body_of
from waybell.simulating.day import Wanted, plan
from waybell.simulating.geography import squared
from waybell.simulating.lanes import Lanes

WANTED = Wanted("2026-11-30", seed=3, drivers=8, orders=160, prefix="T-", offline=True)


@pytest.fixture(scope="module")
def day():
    return plan(WANTED)


def test_a_seed_makes_the_same_day_each_time(day):
    assert plan(WANTED) == day
    assert plan(Wanted("2026-11-30", seed=4, drivers=8, orders=160, prefix="T-", offline=True)) != day


def test_every_order_is_created_once_and_no_act_is_about_an_order_or_route_that_is_not_there(day):
    there = set()
    for act in day.acts:
        there.update(act.comes)
        routes = {subject[1] for kind, subject in act.tells if kind == "RouteCreated"}
        assert there.isdisjoint(routes)
        there |= routes
        named = {subject[1] for kind, subject in act.tells}
        assert named <= there, act
        there.difference_update(act.goes)
    created = Counter(number for act in day.acts for number in act.comes)
    assert len(created) == WANTED.orders
    assert set(created.values()) == {1}


def test_a_day_has_something_of_everything_that_goes_wrong(day):
    acts = plan(Wanted("2026-11-30", drivers=40, orders=800, offline=True)).acts
    kinds = {act.kind for act in acts}
    assert kinds >= {"import", "route", "assign", "load", "start", "outcome", "close", "cancel", "move", "positions"}
    assert kinds >= {"order", "delete", "correction", "reschedule"}
    assert any(act.may_be_refused for act in acts)


def test_a_driver_reports_positions_every_fifteen_seconds_and_moves_no_faster_than_a_van(day):
    points = {}
    for act in day.acts:
        points.setdefault(act.path, []).extend(act.points)
    for track in points.values():
        assert track == sorted(track, key=lambda point: point.at)
        for one, other in pairwise(track):
            if other.at - one.at == 15:
                metres = squared(one, other) ** 0.5 * 111_195
                assert metres < 15 * 25


def test_a_phone_without_a_connection_reports_later_what_happened_earlier(day):
    late = [
        act
        for act in day.acts
        if act.kind == "outcome" and act.body["StatusDate"] < f"2026-11-30T{act.at // 3600:02}:{act.at // 60 % 60:02}"
    ]
    assert late


def test_bodies_are_what_the_api_takes(day):
    track = next(act for act in day.acts if act.points)
    assert set(body_of(track, "2026-11-30")[0]) == {"lat", "lng", "speed", "date"}
    order = next(act for act in day.acts if act.kind == "import").body[0]
    assert order["Phone"].startswith("+1 202 555 01")
    assert order["Email"].endswith(".example")


def test_lanes_hand_out_acts_in_time_but_never_two_of_one_lane(day):
    acts = day.acts
    lanes, under_way, done = Lanes(acts), [], []
    while lanes.left:
        while lanes.next_at() is not None and len(under_way) < 5:
            number = lanes.take()
            held = {lane for other in under_way for lane in acts[other].lanes}
            assert held.isdisjoint(acts[number].lanes)
            under_way.append(number)
        finished = under_way.pop(len(done) % len(under_way))
        lanes.finish(finished)
        done.append(finished)
    assert len(done) == len(acts)
    for lane in {OFFICE, *(lane for act in acts for lane in act.lanes)}:
        in_lane = [number for number in done if lane in acts[number].lanes]
        assert in_lane == sorted(in_lane)
