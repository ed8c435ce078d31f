"""The clock of a machine is set: nothing waits for a time that has been already."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError

from support.receiver import Answer
from support.waiting import wait_for
from waybell.app import build_dispatcher
from waybell.upkeep import webhooks
from waybell.webhooks.endpoints import parking
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages import due_times
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.sending.clock_jumps import Jumps

HOUR = timedelta(hours=1)


@contextmanager
def without_database(app):
    def refuse(*_):
        raise OperationalError("away", {}, ConnectionError())

    event.listen(app.database.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(app.database.engine, "before_cursor_execute", refuse)


def the_message(db):
    with db.reading() as tx:
        return tx.execute(select(messages)).one()


def test_a_clock_that_is_set_back_is_noticed_once(clock):
    jumps = Jumps(clock)
    clock.move_to(clock.now() - HOUR)
    assert abs(jumps.set_back() - HOUR) < timedelta(seconds=5)
    assert jumps.set_back() == timedelta()


def test_a_clock_that_is_set_forward_is_none_of_this(clock):
    jumps = Jumps(clock)
    clock.move_to(clock.now() + HOUR)
    assert jumps.set_back() == timedelta()


def test_a_clock_that_was_ahead_for_a_moment_is_noticed(clock):
    jumps = Jumps(clock)
    clock.move_to(clock.now() + HOUR)
    jumps.note()
    clock.move_to(clock.now() - HOUR)
    assert abs(jumps.set_back() - HOUR) < timedelta(seconds=5)


def test_what_was_put_off_by_a_clock_that_was_ahead_for_a_moment_does_not_wait_for_that_time(
    app, clock, receiver, endpoint, publish, settle, dispatcher
):
    receiver.answer = Answer(500)
    endpoint(receiver.url)
    settle()
    publish("order:1")
    clock.move_to(clock.now() + HOUR)
    wait_for(lambda: dispatcher.step(0.01) or (receiver.received and the_message(app.database).failures == 1))
    clock.move_to(clock.now() - HOUR)  # before the dispatcher has looked through the database
    receiver.answer = Answer()
    settle()
    clock.move_to(clock.now() + timedelta(seconds=7))
    settle()
    assert the_states(app) == {"succeeded"}


def test_a_jump_is_caught_up_with_when_the_database_is_back(
    app, clock, receiver, endpoint, publish, settle, dispatcher
):
    receiver.answer = Answer(500)
    endpoint(receiver.url)
    publish("order:1")
    settle()
    receiver.answer = Answer()
    with without_database(app):
        clock.move_to(clock.now() - HOUR)
        dispatcher.scan()
    settle()
    clock.move_to(clock.now() + timedelta(seconds=7))
    settle()
    assert the_states(app) == {"succeeded"}


@pytest.mark.parametrize("hours", [-1, 1])
def test_what_waits_for_its_retry_is_sent_after_the_clock_jumped(
    app, clock, receiver, endpoint, publish, settle, hours
):
    receiver.answer = Answer(500)
    endpoint(receiver.url)
    publish("order:1")
    settle()
    receiver.answer = Answer()
    clock.move_to(clock.now() + hours * HOUR)
    publish("order:2")
    settle()
    clock.move_to(clock.now() + timedelta(seconds=7))
    settle()
    assert len(receiver.received) == 3
    assert the_states(app) == {"succeeded"}


def the_states(app):
    with app.database.reading() as tx:
        return set(tx.execute(select(messages.c.state)).scalars())


def test_probes_and_pauses_do_not_wait_for_the_old_time(app, clock, receiver, endpoint, publish, settle):
    parked, paused = endpoint(receiver.url), endpoint(receiver.url)
    settle()  # the dispatcher has begun to work
    with app.database.transaction() as tx:
        parking.park(tx, {parked: "timeout"}, tx.now + timedelta(seconds=5))
        parking.pause(tx, paused, tx.now + timedelta(seconds=5))
    clock.move_to(clock.now() - HOUR)
    publish("order:1")
    settle()
    clock.move_to(clock.now() + timedelta(seconds=5))
    settle()
    assert len(receiver.received) == 2
    with app.database.reading() as tx:
        assert tx.execute(select(endpoints.c.parked_at)).scalars().all() == [None, None]


def test_a_retry_keeps_its_distance(app, clock, endpoint, publish, settle):
    endpoint("http://127.0.0.1:9/")
    settle()  # the dispatcher has begun to work
    publish("order:1")
    with app.database.transaction() as tx:
        tx.execute(update(messages).values(due_at=tx.now + 5 * HOUR))
    clock.move_to(clock.now() - HOUR)
    settle()
    assert abs(the_message(app.database).due_at - clock.now() - 5 * HOUR) < timedelta(seconds=5)


def test_a_clock_that_was_set_back_while_no_dispatcher_ran_is_noticed_at_the_start(
    app, clock, receiver, endpoint, publish
):
    endpoint(receiver.url)
    publish("order:1")
    began = clock.now()
    clock.move_to(began - HOUR)
    own = build_dispatcher(app)  # made after the clock was set back
    own.clock_was_at(began)
    try:
        wait_for(lambda: own.step(0.01) or len(receiver.received) == 1)
    finally:
        own.close()


def test_what_another_machine_stored_by_a_clock_that_is_ahead_does_not_wait_for_that_time(
    app, clock, receiver, endpoint, publish, settle
):
    endpoint(receiver.url)
    clock.move_to(clock.now() + HOUR)  # the machine of the web server
    publish("order:1", "order:2")
    clock.move_to(clock.now() - HOUR)
    settle()
    assert receiver.received == []
    webhooks.run_once(app.database, app.settings)
    settle()
    assert len(receiver.received) == 2


def test_what_failed_and_waits_for_its_retry_is_not_released_early(app, clock, receiver, endpoint, publish, settle):
    receiver.answer = Answer(500)
    endpoint(receiver.url)
    publish("order:1")
    settle()
    with app.database.transaction() as tx:
        tx.execute(update(messages).values(due_at=tx.now + HOUR))
        assert due_times.find_early(tx, list(due_times.next_due(tx))) == []
