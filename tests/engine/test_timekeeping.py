"""Upkeep serves everybody: it believes no clock that is ahead, and deletes by none that was just set."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from support.receiver import Answer
from support.waiting import wait_for
from waybell.app import build
from waybell.ground.clock import MovableClock
from waybell.upkeep import webhooks
from waybell.upkeep.timekeeping import Course, Reading, Timekeeping, gained
from waybell.webhooks.endpoints import parking
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages import claims
from waybell.webhooks.messages.tables import messages

BEGIN = Reading(datetime(2026, 11, 23, 12, tzinfo=UTC), 1000.0)
POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


def after(reading, seconds, *, set_by=0.0):
    return Reading(reading.wall + timedelta(seconds=seconds + set_by), reading.monotonic + seconds)


def course(*steps):
    """How a clock has gone that was looked at after so many seconds each, and was set by so many meanwhile."""
    gone = Course(BEGIN, BEGIN.monotonic)
    for seconds, set_by in steps:
        gone = gone.then(after(gone.last, seconds, set_by=set_by))
    return gone


DAY = 86_400.0


@pytest.mark.parametrize(
    ("steps", "steady"),
    [
        ([], False),  # a machine may just have started, by a clock that nobody has set yet
        ([(5, 0)] * 119, False),
        ([(5, 0)] * 120, True),
        ([(5, 0.5)] * 120, True),  # as NTP slews
        ([(600, 0), (5, DAY)], False),
        ([(600, 0), (5, -DAY)], False),
        ([(600, 0), (5, DAY), (599, 0)], False),
        ([(600, 0), (5, DAY), (600, 0)], True),  # it slept, or was set for good
        ([(600, 0), (5, DAY), (500, 0), (5, -DAY), (500, 0)], False),
    ],
)
def test_a_clock_is_steady_when_it_has_gone_evenly_for_ten_minutes(steps, steady):
    assert course(*steps).is_steady == steady


@pytest.mark.parametrize(
    ("steps", "within"),
    [
        ([], False),
        ([(5, 5)], False),  # as NTP slews
        ([(5, -60)], False),
        ([(5, 60)], True),
        ([(5, 60), (59, 0)], True),
        ([(5, 60), (59, -60)], True),
        ([(5, 60), (60, 0)], False),
        ([(5, 60), (60, 60)], True),
    ],
)
def test_a_clock_was_set_forward_a_while_ago(steps, within):
    assert course(*steps).was_set_forward_within(timedelta(minutes=1)) == within


def test_what_a_clock_has_gained():
    assert gained(BEGIN, after(BEGIN, 5)) == timedelta()
    assert gained(BEGIN, after(BEGIN, 5, set_by=60)) == timedelta(minutes=1)
    assert gained(BEGIN, after(BEGIN, 5, set_by=-60)) == -timedelta(minutes=1)


def states(app):
    with app.database.reading() as tx:
        return tx.execute(select(messages.c.state)).scalars().all()


@contextmanager
def machine(app, ahead):
    """Another one on the same database, whose clock is off the real time by so much."""
    other = build(app.settings, MovableClock(datetime.now(UTC) + ahead))
    yield other
    other.close()


@POSTGRES
def test_a_machine_whose_clock_is_ahead_takes_no_live_claim_back(
    app, receiver, hang, endpoint, publish, dispatcher_with
):
    hang()
    endpoint(receiver.url)
    publish("order:1")
    dispatcher = dispatcher_with()
    wait_for(lambda: dispatcher.step(0.01) or len(receiver.received) == 1)
    with machine(app, timedelta(seconds=61)) as ahead, machine(app, timedelta()) as right, capture_logs() as lines:
        for one in (ahead, ahead, right):
            webhooks.keep_up(Timekeeping(one.database), one.settings)
    assert states(app) == ["sending"]
    assert [line["seconds"] > 55 for line in lines if line["event"] == "clock.apart"] == [True, True]


def the_claim_ends_after_upkeep_by(app, keeper, claimed_by, endpoint_id):
    with claimed_by.database.transaction() as tx:
        assert claims.claim(tx, {endpoint_id: 1}, tx.now + app.settings.lease)
    webhooks.keep_up(Timekeeping(keeper.database), app.settings)
    with app.database.reading() as tx:
        return tx.execute(select(messages.c.lease_until)).scalar_one()


def test_what_was_claimed_by_a_clock_that_was_ahead_runs_out_within_the_lease(app, endpoint, publish):
    endpoint_id = endpoint("https://e.example/")
    publish("order:1")
    with machine(app, timedelta(hours=1)) as ahead, machine(app, timedelta()) as right:
        ends = the_claim_ends_after_upkeep_by(app, right, ahead, endpoint_id)
    assert ends <= datetime.now(UTC) + app.settings.lease


@POSTGRES
def test_what_is_claimed_by_a_clock_that_is_ahead_runs_out_within_the_lease(app, endpoint, publish):
    endpoint_id = endpoint("https://e.example/")
    publish("order:1")
    with machine(app, timedelta(hours=1)) as ahead:
        ends = the_claim_ends_after_upkeep_by(app, ahead, ahead, endpoint_id)
    assert ends <= datetime.now(UTC) + app.settings.lease


def test_a_clock_that_is_set_forward_ends_no_claim_that_holds(app, clock, endpoint, publish, monkeypatch):
    endpoint_id = endpoint("https://e.example/")
    publish("order:1")
    timekeeping = Timekeeping(app.database)
    with app.database.transaction() as tx:
        assert claims.claim(tx, {endpoint_id: 1}, tx.now + app.settings.lease)
    passed = timekeeping._course.last.monotonic
    monkeypatch.setattr(timekeeping, "_read", lambda: Reading(clock.now(), passed))
    clock.move_to(clock.now() + timedelta(hours=1))
    for seconds, found in ((1, "sending"), (58, "sending"), (2, "waiting")):
        passed += seconds
        clock.move_to(clock.now() + timedelta(seconds=seconds))
        webhooks.keep_up(timekeeping, app.settings)
        assert states(app) == [found]


@POSTGRES
def test_a_machine_whose_clock_is_behind_shortens_no_claim_of_the_others(app, endpoint, publish):
    endpoint_id = endpoint("https://e.example/")
    publish("order:1")
    with machine(app, timedelta()) as right, machine(app, timedelta(hours=-1)) as back:
        with right.database.transaction() as tx:
            assert claims.claim(tx, {endpoint_id: 1}, tx.now + app.settings.lease)
        for one in (back, right):
            webhooks.keep_up(Timekeeping(one.database), app.settings)
    assert states(app) == ["sending"]


@pytest.mark.parametrize("days", [40, 400])
def test_a_clock_that_is_far_ahead_for_a_moment_deletes_and_disables_nothing(app, receiver, endpoint, publish, days):
    receiver.answer = Answer(500)
    endpoint_id = endpoint(receiver.url)
    publish("order:1")
    with app.database.transaction() as tx:
        parking.park(tx, {endpoint_id: "timeout"}, tx.now)
    with machine(app, timedelta(days=days)) as ahead:
        webhooks.keep_up(Timekeeping(ahead.database), ahead.settings)
    assert states(app) == ["waiting"]
    with app.database.reading() as tx:
        assert tx.execute(select(endpoints.c.state, endpoints.c.warnings)).one() == ("enabled", 0)


def test_a_clock_that_is_set_forward_is_told_of_once(app):
    clock = MovableClock(datetime.now(UTC))
    timekeeping = Timekeeping(app.database.going_by(clock))
    with capture_logs() as lines:
        timekeeping.read_clocks()
        clock.move_to(clock.now() + timedelta(hours=1))
        assert not timekeeping.read_clocks().course.is_steady
        timekeeping.read_clocks()
    assert [line["event"] for line in lines if line["event"] == "clock.set_forward"] == ["clock.set_forward"]
