"""A message that its receiver will never take is canceled: what waits behind it goes on at once, and in order."""

import threading
from datetime import timedelta

import pytest

from support.endpoints import rows_of
from support.receiver import Answer
from support.waiting import wait_for
from waybell.accounts.model import Actor
from waybell.ground.errors import Conflict
from waybell.webhooks.history import cancel_message, jobs


def no_hint(_ids) -> None:
    """The tests look themselves."""


@pytest.fixture
def skip(app, account):
    def skip(message_id: str) -> int:
        with app.database.transaction() as tx:
            return cancel_message.cancel_one(tx, no_hint, Actor(account, "Anna"), message_id)

    return skip


def version(got) -> int:
    return got.document["Metadata"]["Version"]


def poisoned(got):
    """422 for the first event of the object, for ever."""
    return Answer(422 if version(got) == 1 else 204)


def test_of_an_order_that_is_held_back_fourteen_go_on(app, receiver, endpoint, publish, settle, skip, clock):
    receiver.answer = poisoned
    endpoint_id = endpoint(receiver.url)
    publish(*["order:1"] * 15)
    settle()
    assert [version(got) for got in receiver.received] == [1]
    clock.move_to(clock.now() + timedelta(seconds=2))
    settle()
    assert len(receiver.received) == 1  # it waits for its retry, and the others wait for it
    first, *_ = rows_of(app.database, endpoint_id)
    assert skip(first.id) == 14
    settle()
    assert [version(got) for got in receiver.received] == list(range(1, 16))
    assert [row.state for row in rows_of(app.database, endpoint_id)] == ["canceled", *["succeeded"] * 14]
    clock.move_to(clock.now() + timedelta(days=1))
    settle()
    assert len(receiver.received) == 15  # nobody tries it again


def test_what_is_being_sent_is_not_canceled_by_itself_but_by_a_job(
    app, account, receiver, endpoint, publish, settle, skip, clock, dispatcher
):
    over = threading.Event()

    def answer(got):
        if version(got) == 1:
            over.wait(60)
        return poisoned(got)

    receiver.answer = answer
    endpoint_id = endpoint(receiver.url)
    publish(*["order:1"] * 2)
    dispatcher.scan()
    wait_for(lambda: dispatcher.step(0.01) or receiver.received)
    first, _ = rows_of(app.database, endpoint_id)
    try:
        with pytest.raises(Conflict, match="right now"):
            skip(first.id)
        with app.database.reading() as tx:
            plan = jobs.plan_selected(tx, account.id, endpoint_id, [first.id], "cancel")
        with app.database.transaction() as tx:
            job_id = jobs.begin(tx, plan, Actor(account, "Anna"))
        while jobs.run_once(app.database, no_hint):
            pass
    finally:
        over.set()
    settle()
    clock.move_to(clock.now() + timedelta(seconds=1))
    while jobs.run_once(app.database, no_hint):
        pass
    settle()
    assert [row.state for row in rows_of(app.database, endpoint_id)] == ["canceled", "succeeded"]
    with app.database.reading() as tx:
        assert jobs.find(tx, account.id, endpoint_id, job_id).state == "succeeded"
