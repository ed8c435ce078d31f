"""Endpoints that hang hold up no other: however many they are, in whichever way they hang, and across a restart."""

import asyncio
import socket
import threading
from collections import Counter

import pytest
from sqlalchemy import func, select

from support import witness
from support.waiting import wait_for
from support.witness import Witness
from waybell.accounts import actions as accounts
from waybell.webhooks.messages.tables import attempts
from waybell.webhooks.sending import dispatcher as sending

SLOTS, MANY, MESSAGES = 16, 40, 30
WITHIN = 15  # seconds: no attempt that hangs has ended by then
SETTINGS = {"max_in_flight": SLOTS, "attempt_timeout": "40s", "connect_timeout": "35s", "poll_interval": "100ms"}


async def fails_slowly(call):
    await asyncio.sleep(60)
    await call.answer("500 Internal Server Error")
    return False, False


async def answers_slowly(call):
    await asyncio.sleep(60)
    await call.answer()
    return True, False


def answers_once_and_then_hangs():
    asked = Counter()

    async def answers(call):
        asked[call.path] += 1
        return await (witness.well if asked[call.path] == 1 else witness.hangs)(call)

    return answers


HANGING = {
    "hangs": lambda: witness.hangs,
    "trickles": lambda: witness.byte_by_byte,
    "fails slowly": lambda: fails_slowly,
    "answers slowly": lambda: answers_slowly,
    "answers once and then hangs": answers_once_and_then_hangs,
    "is never connected to": lambda: witness.hangs,
}


@pytest.fixture
def receiver():
    """Those below /bad behave as badly as `manner` says, all others are well."""
    made = Witness()
    yield made
    made.close()


@pytest.fixture
def unreachable():
    """A URL where connections are never made: what is sent to open them is dropped."""
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def account_of(app):
    """Makes accounts."""

    def make(name):
        with app.database.transaction() as tx:
            return accounts.create_account(tx, name)

    return make


@pytest.fixture
def arrives(receiver, endpoint, publish):
    """Publish for this account, whose endpoint at that path is well, and wait until all of it has arrived."""

    def arrives(dispatchers, account, path, count=MESSAGES):
        before = len(receiver.taken(path))
        # Of other subjects than before: what was under way when a dispatcher was closed waits for its lease.
        publish(*[f"{path}:{before + number}" for number in range(count)], data={"Subject": path}, of=account)
        for one in dispatchers:
            one.scan()

        def all_is_there():
            for one in dispatchers:
                one.step(0.005)
            return len(receiver.taken(path)) == before + count

        wait_for(all_is_there, WITHIN)

    return arrives


def misbehave(receiver, manner):
    async def behaves(call):
        return await (manner if call.path.startswith("/bad") else witness.well)(call)

    receiver.manner = behaves


def until_no_more_start(dispatcher):
    dispatcher.scan()
    wait_for(lambda: dispatcher.step(0.05) or dispatcher.idle_seconds() > 0.05)


@pytest.mark.parametrize("manner", HANGING)
def test_many_that_hang_hold_up_nobody_and_a_restart_changes_nothing(
    receiver, unreachable, endpoint, publish, account, account_of, arrives, dispatcher_with, manner
):
    misbehave(receiver, HANGING[manner]())
    host = f"http://127.0.0.1:{receiver.port}"
    first = dispatcher_with(**SETTINGS)
    endpoint(f"{host}/known")
    arrives([first], account, "/known", count=1)
    for number in range(MANY):
        endpoint(f"{unreachable if manner == 'is never connected to' else host}/bad/{number}")
    publish(*[f"order:{number}" for number in range(5)], data={"Subject": "order"})
    until_no_more_start(first)
    others = account_of("Elsewhere Ltd")
    endpoint(f"{host}/new", of=others)
    arrives([first], others, "/new")
    # It is of the account of those that hang, but had answered before. If they had too, it may have to wait for them.
    known_is_served = manner != "answers once and then hangs"
    if known_is_served:
        wait_for(lambda: first.step(0.005) or len(receiver.taken("/known")) == 6, WITHIN)
    first.close()
    second = dispatcher_with(**SETTINGS)
    until_no_more_start(second)
    arrives([second], others, "/new")
    publish("order:6", data={"Subject": "order"})
    second.scan()
    if known_is_served:
        wait_for(lambda: second.step(0.005) or len(receiver.taken("/known")) == 7, WITHIN)


def test_those_of_many_accounts_hold_up_nobody_who_answers(
    receiver, endpoint, publish, account, account_of, arrives, dispatcher_with
):
    misbehave(receiver, witness.hangs)
    host = f"http://127.0.0.1:{receiver.port}"
    dispatcher = dispatcher_with(**SETTINGS)
    endpoint(f"{host}/well")
    arrives([dispatcher], account, "/well", count=1)
    for number in range(MANY):
        other = account_of(f"Other {number}")
        endpoint(f"{host}/bad/{number}", of=other)
        publish("order:1", "order:2", data={"Subject": "order"}, of=other)
    until_no_more_start(dispatcher)
    arrives([dispatcher], account, "/well")
    dispatcher.close()  # whoever answered before is known to the next one
    restarted = dispatcher_with(**SETTINGS)
    until_no_more_start(restarted)
    arrives([restarted], account, "/well")


def test_when_those_that_answered_begin_to_hang_all_at_once_the_others_are_served_within_seconds(
    receiver, endpoint, publish, account, account_of, arrives, dispatcher_with
):
    host = f"http://127.0.0.1:{receiver.port}"
    dispatcher = dispatcher_with(**SETTINGS)
    for number in range(MANY):
        endpoint(f"{host}/bad/{number}")
    for number in range(3):
        publish(f"order:{number}", data={"Subject": "order"})
        until_no_more_start(dispatcher)
    wait_for(lambda: dispatcher.step(0.01) or dispatcher.settled())
    misbehave(receiver, witness.hangs)
    publish(*[f"order:{number}" for number in range(16)], data={"Subject": "order"})
    until_no_more_start(dispatcher)
    others = account_of("Elsewhere Ltd")
    endpoint(f"{host}/well", of=others)
    arrives([dispatcher], others, "/well")


def test_probes_of_those_that_are_parked_take_slots_like_all_attempts(
    app, receiver, endpoint, publish, account, account_of, arrives, dispatcher_with
):
    misbehave(receiver, witness.hangs)
    host = f"http://127.0.0.1:{receiver.port}"
    with app.database.reading() as tx:
        parked = {"parked_at": tx.now, "parked_reason": "timeout", "probe_at": tx.now}
    for number in range(MANY):
        endpoint(f"{host}/bad/{number}", **parked)
    publish("order:1", data={"Subject": "order"})
    dispatcher = dispatcher_with(**SETTINGS)
    until_no_more_start(dispatcher)
    assert dispatcher.in_flight < SLOTS
    others = account_of("Elsewhere Ltd")
    endpoint(f"{host}/well", of=others)
    arrives([dispatcher], others, "/well")


def test_a_turn_is_not_filled_by_those_of_which_nothing_is_known(receiver, endpoint, publish, dispatcher_with):
    receiver.manner = witness.hangs
    for number in range(100):
        endpoint(f"http://127.0.0.1:{receiver.port}/bad/{number}")
    publish("order:1", data={"Subject": "order"})
    dispatcher = dispatcher_with()
    dispatcher.scan()
    dispatcher.step(0)
    assert 0 < dispatcher.in_flight <= 8


def test_between_two_turns_for_those_that_hang_only_those_that_answer_are_served(
    app, receiver, endpoint, publish, account_of, arrives, dispatcher_with, monkeypatch
):
    misbehave(receiver, witness.hangs)
    host = f"http://127.0.0.1:{receiver.port}"
    elsewhere = account_of("Elsewhere Ltd")
    endpoint(f"{host}/well", of=elsewhere)
    dispatcher = dispatcher_with(attempt_timeout="200ms")
    arrives([dispatcher], elsewhere, "/well", count=1)
    monkeypatch.setattr(sending, "_OTHERS_EVERY", 3600)
    for number in range(MANY):
        endpoint(f"{host}/bad/{number}")
    publish("order:1", data={"Subject": "order"})
    dispatcher.scan()
    # On a busy machine a step may last until its attempts have timed out.
    wait_for(lambda: dispatcher.step(0.005) or dispatcher.in_flight or dispatcher._failures)
    assert dispatcher.in_flight <= 8
    wait_for(lambda: dispatcher.step(0.005) or not dispatcher.in_flight)
    arrives([dispatcher], elsewhere, "/well", count=2)
    assert failures(app) == 0  # they wait for the next turn of their like
    stop = threading.Event()
    stop.set()
    dispatcher.run(stop)
    assert failures(app) > 0


def failures(app):
    with app.database.reading() as tx:
        return tx.execute(select(func.count(attempts.c.error))).scalar_one()


def test_all_that_is_due_is_found_though_each_look_sees_few_endpoints(
    receiver, endpoint, publish, dispatcher_with, monkeypatch
):
    monkeypatch.setattr(sending, "_SCAN_AT_ONCE", 3)
    for number in range(10):
        endpoint(f"http://127.0.0.1:{receiver.port}/{number}")
    publish("order:1", data={"Subject": "order"})
    dispatcher = dispatcher_with(poll_interval="1h")
    wait_for(lambda: dispatcher.step(0.005) or all(len(receiver.taken(f"/{number}")) == 1 for number in range(10)))


def test_what_waits_for_a_slot_keeps_nobody_busy(receiver, endpoint, publish, dispatcher_with):
    receiver.manner = witness.hangs
    for number in range(MANY):
        endpoint(f"http://127.0.0.1:{receiver.port}/bad/{number}")
    publish("order:1", data={"Subject": "order"})
    dispatcher = dispatcher_with(**SETTINGS | {"poll_interval": "10s"})
    until_no_more_start(dispatcher)
    assert not dispatcher.settled()
    turns = 0
    while turns < 20 and dispatcher.idle_seconds() > 0:
        dispatcher.step(0.02)
        turns += 1
    assert turns == 20


def test_a_slot_that_is_free_again_goes_to_the_one_that_has_waited_longest(
    receiver, endpoint, publish, dispatcher_with
):
    """All of them fail, and all of them get their turn, though only some may be under way at once."""
    asked = Counter()

    async def fails(call):
        asked[call.path] += 1
        await asyncio.sleep(0.05)
        writer = call.writer
        writer.transport.abort()
        return False, False

    receiver.manner = fails
    for number in range(MANY):
        endpoint(f"http://127.0.0.1:{receiver.port}/bad/{number}")
    publish(*[f"order:{number}" for number in range(5)], data={"Subject": "order"})
    dispatcher = dispatcher_with(**SETTINGS | {"poll_interval": "10s"})
    dispatcher.scan()
    wait_for(lambda: dispatcher.step(0.01) or len(asked) == MANY)
    assert max(asked.values()) <= 3
