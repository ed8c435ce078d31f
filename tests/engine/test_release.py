"""What waits for minutes since an outage goes with the first success: once, and without using up a retry."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from support.receiver import Answer
from support.waiting import wait_for
from waybell.app import build_dispatcher
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages.tables import messages


def hangs_up(_got):
    raise ConnectionError


@pytest.fixture
def fail(clock, publish, settle):
    """These orders are published and tried three times: they wait for half an hour then."""

    def fail(*subjects):
        publish(*subjects)
        settle()
        for pause in (timedelta(seconds=7), timedelta(minutes=7)):
            clock.move_to(clock.now() + pause)
            settle()

    return fail


@pytest.fixture
def waiting(db):
    """The failures that count of each message that waits, by subject."""

    def waiting():
        with db.reading() as tx:
            rows = tx.execute(select(messages.c.subject, messages.c.failures).where(messages.c.state == "waiting"))
            return {row.subject: row.failures for row in rows}

    return waiting


def numbers(receiver):
    """How often each order has arrived."""
    return Counter(got.document["Data"]["Number"] for got in receiver.received)


@pytest.mark.parametrize(
    ("answer", "subjects", "released"),
    [
        (Answer(503), ["order:1", "order:2"], True),
        (Answer(500), ["order:1", "order:2"], True),
        (Answer(401), ["order:1", "order:2"], True),
        (Answer(503), ["order:1"], True),
        (hangs_up, ["order:1"], True),
        (Answer(422), ["order:1"], False),
    ],
)
def test_the_first_success_after_an_outage_lets_go_what_waits(
    db, receiver, endpoint, publish, settle, fail, waiting, answer, subjects, released
):
    endpoint(receiver.url)
    receiver.answer = answer
    fail(*subjects)
    assert waiting() == dict.fromkeys(subjects, 3)
    with db.reading() as tx:
        assert tx.execute(select(endpoints.c.parked_at)).scalar_one() is None
    receiver.answer = Answer()
    publish("order:new")
    settle()
    assert waiting() == ({} if released else dict.fromkeys(subjects, 3))


def test_a_bad_order_is_let_go_once_and_loses_no_retry(clock, receiver, endpoint, publish, settle, fail, waiting):
    endpoint(receiver.url)
    receiver.answer = Answer(503)
    fail("order:1", "order:bad")
    receiver.answer = lambda got: Answer(500 if got.document["Data"]["Number"] == "order:bad" else 204)
    tried = numbers(receiver)["order:bad"]
    publish("order:2")
    settle()
    assert waiting() == {"order:bad": 1}  # the outage has cost it nothing, and this attempt counts
    for number in range(3, 20):
        publish(f"order:{number}")
        settle()
    assert numbers(receiver)["order:bad"] == tried + 1
    pauses = 0
    while waiting() and pauses < 10:  # it is given up in the end, after all its retries, whatever else succeeds
        clock.move_to(clock.now() + timedelta(hours=7))
        publish(f"order:{pauses}")
        settle()
        pauses += 1
    assert numbers(receiver)["order:bad"] == tried + 6


def test_a_bad_order_among_good_ones_waits(clock, receiver, endpoint, publish, settle, waiting):
    endpoint(receiver.url)
    receiver.answer = lambda got: Answer(422 if got.document["Data"]["Number"] == "order:bad" else 204)
    publish("order:bad")
    for number in range(20):  # in less than the second pause
        publish(f"order:{number}")
        settle()
        clock.move_to(clock.now() + timedelta(seconds=10))
    assert waiting() == {"order:bad": 2}
    assert numbers(receiver)["order:bad"] == 2


def test_each_outage_is_followed_by_a_release_of_its_own(clock, receiver, endpoint, publish, settle, fail, waiting):
    endpoint(receiver.url)
    for outage in ("first", "second", "third"):
        receiver.answer = Answer(503)
        fail(f"order:{outage}")
        receiver.answer = Answer()
        publish(f"order:after-{outage}")
        settle()
        assert waiting() == {}


def test_an_outage_is_remembered_across_a_restart(
    app, clock, receiver, endpoint, publish, settle, dispatcher, fail, waiting
):
    endpoint(receiver.url)
    publish("order:0")
    settle()
    receiver.answer = Answer(503)
    fail("order:1", "order:2")
    dispatcher.close()
    receiver.answer = Answer()
    second = build_dispatcher(app)
    try:
        publish("order:3")
        second.scan()
        wait_for(lambda: second.step(0.01) or second.settled())
    finally:
        second.close()
    assert waiting() == {}
    assert numbers(receiver) == {"order:0": 1, "order:1": 4, "order:2": 4, "order:3": 1}


def test_what_an_outage_held_back_in_order_still_comes_in_order(receiver, endpoint, publish, settle, fail):
    endpoint(receiver.url)
    receiver.answer = Answer(503)
    fail(*["order:1"] * 5)
    receiver.answer = Answer()
    back = len(receiver.received)
    publish("order:2")
    settle()
    versions = [
        got.document["Metadata"]["Version"]
        for got in receiver.received[back:]
        if got.document["Data"]["Number"] == "order:1"
    ]
    assert versions == [1, 2, 3, 4, 5]
