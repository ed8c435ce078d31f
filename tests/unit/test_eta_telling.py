"""Which estimates orders show, and which are told."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from waybell.eta.facts import OrderFacts, RouteFacts, Wall, situation
from waybell.eta.telling import Delay, is_progress, is_shown, is_told

MINUTE = 60
CLOSES = 100 * MINUTE


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [(90, 91.9, False), (90, 92, True), (90, 88, True), (99.5, 100.1, True), (100, 100.1, True), (100.1, 99.9, False)],
)
def test_an_order_shows_a_move_of_two_minutes_and_that_it_becomes_late(before, now, shown):
    assert is_shown(round(before * MINUTE), round(now * MINUTE), CLOSES) is shown
    assert is_shown(round(before * MINUTE), round(now * MINUTE), None) is (abs(now - before) >= 2)


@pytest.mark.parametrize(
    ("told", "now", "since", "cause", "idle", "is_news"),
    [
        (80, 84, None, "Outcome", 0, False),
        (80, 85, None, "Outcome", 0, True),
        (80, 90, 4, "Outcome", 0, False),
        (80, 90, 5, "Outcome", 0, True),
        (80, 90, -30, "Outcome", 0, True),
        (99, 101, None, "Position", 0, True),
        (101, 99, None, "Position", 0, True),
        (80, 90, None, "Time", 60, False),
        (80, 95, None, "Time", 60, True),
        (99, 101, None, "Time", 60, True),
        (None, 90, None, "Start", 0, False),
        (None, 101, None, "Start", 0, True),
    ],
)
def test_an_event_tells_five_minutes_or_the_end_of_the_slot_at_most_every_five_minutes(
    told, now, since, cause, idle, is_news
):
    seconds = [None if one is None else one * MINUTE for one in (told, now, since, idle)]
    told, now, since, idle = seconds
    assert is_told(told, now, CLOSES, since=since, cause=cause, idle=idle) is is_news


def test_a_delay_ends_only_when_some_time_is_gained():
    assert Delay(1, 0).goes_on(was_delayed=False)
    assert not Delay(0, 14 * MINUTE).goes_on(was_delayed=False)
    assert Delay(0, 14 * MINUTE).goes_on(was_delayed=True)
    assert not Delay(0, 9 * MINUTE).goes_on(was_delayed=True)


def test_progress_is_told_for_stops_at_once_and_for_positions_seldom():
    assert is_progress(done=True, since=60, metres=0)
    assert not is_progress(done=True, since=59, metres=9000)
    assert not is_progress(done=False, since=299, metres=9000)
    assert is_progress(done=False, since=300, metres=500)
    assert not is_progress(done=False, since=9999, metres=499)
    assert is_progress(done=True, since=-1, metres=0)


# What is known of a route

ZONE = ZoneInfo("Europe/Tallinn")
NOON = datetime(2026, 11, 23, 10, tzinfo=UTC)


def an_order(number, status_id=1, status_at=None, **members):
    where = {"AddressLat": 59.0, "AddressLon": 24.0 + number / 100}
    return OrderFacts(
        f"t{number}",
        number,
        status_id,
        status_at,
        date="2026-11-23T00:00:00",
        number=None,
        ext_id=None,
        document=where | members,
        first=None,
        updated=None,
        told=None,
        told_at=None,
        order_type=0,
    )


def known(*orders):
    route = RouteFacts("r", "a", ZONE, "R", None, "2026-11-23T00:00:00", None, None, {}, None, None, None)
    return situation(Wall(ZONE), route, orders, int(NOON.timestamp()), None, None)


def test_an_outcome_without_a_time_of_its_own_has_the_time_of_our_clock():
    sent = an_order(1, 3, NOON, StatusDate="2026-11-23T11:30:00")
    unsent = an_order(1, 3, NOON, StatusDate="2026-11-23T10:00:00")  # in UTC, as the API specifies
    assert [known(one).visits[0].left - int(NOON.timestamp()) for one in (sent, unsent)] == [-1800, 0]


@pytest.mark.parametrize("reason", ["Canceled", "Not loaded"])
def test_a_stop_that_was_called_off_is_no_stop(reason):
    there = known(an_order(1, 5, NOON, RejectReason=reason), an_order(2))
    assert (len(there.trip.stops), there.visits, there.done, there.total) == (1, (), 1, 2)


def test_a_failure_ahead_of_open_stops_was_said_by_the_office_and_a_delivery_there_was_not():
    assert known(an_order(1), an_order(2, 5, NOON)).visits == ()
    assert [visit.stop for visit in known(an_order(1), an_order(2, 3, NOON)).visits] == [1]
    assert [visit.stop for visit in known(an_order(1, 5, NOON), an_order(2)).visits] == [0]


def test_the_driver_s_own_sequence_counts():
    there = known(an_order(1, SeqNumberDriver=2), an_order(2, SeqNumberDriver=1), an_order(3))
    assert [group[0].track_id for group in there.orders] == ["t2", "t1", "t3"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "not a time"])
def test_a_time_that_computers_do_not_count_is_passed_over(text):
    members = dict.fromkeys(("TimeSlotFrom", "ArrivedDate", "StatusDate"), text)
    known(an_order(1, 3, NOON, **members), an_order(2, **members))
