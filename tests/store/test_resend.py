"""Sending again because a person asks, in the order of each subject."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from support.endpoints import an_endpoint, assert_lanes_are_sound, finish, finish_all, publish, rows_of, standing
from support.waiting import wait_for
from waybell.ground.errors import Conflict, NotFound
from waybell.webhooks.endpoints import store
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.history import resend
from waybell.webhooks.messages import due_times
from waybell.webhooks.messages.tables import messages


def no_hint(_ids) -> None:
    pass


def retry(db, account, message_id) -> None:
    with db.transaction() as tx:
        resend.retry_one(tx, no_hint, account.id, message_id)


def test_a_failed_message_starts_a_fresh_round(app, db, account, clock):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    finish_all(db, endpoint_id)
    clock.move_to(clock.now() + timedelta(hours=1))
    (before,) = rows_of(db, endpoint_id)
    retry(db, account, before.id)
    (after,) = rows_of(db, endpoint_id)
    assert (after.state, after.failures, after.manual, after.due_at) == ("waiting", 0, True, clock.now())
    assert (after.finished_at, after.error, after.status) == (None, None, None)
    assert after.attempt == before.attempt  # it names claims


@pytest.mark.parametrize("state", ["succeeded", "failed", "canceled"])
def test_any_finished_message_can_be_sent_again(app, db, account, state):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", None)
    finish_all(db, endpoint_id, state)
    for row in rows_of(db, endpoint_id):
        retry(db, account, row.id)
    assert [row.state for row in rows_of(db, endpoint_id)] == ["waiting", "waiting"]
    assert_lanes_are_sound(db, endpoint_id)


def test_a_waiting_message_goes_now_and_not_later(app, db, account, clock):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:1")
    head, behind = rows_of(db, endpoint_id)
    with db.transaction() as tx:
        later = update(messages).where(messages.c.id == head.id)
        tx.execute(later.values(due_at=tx.now + timedelta(hours=5), failures=4))
    retry(db, account, head.id)
    retry(db, account, behind.id)
    head, behind = rows_of(db, endpoint_id)
    assert (head.due_at, head.failures) == (clock.now(), 0)
    assert (behind.due_at, behind.manual) == (None, True)  # still behind the head


def test_a_message_that_is_being_sent_is_left_alone(app, db, account):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    (row,) = rows_of(db, endpoint_id)
    with db.transaction() as tx:
        tx.execute(update(messages).values(state="sending", attempt=1, lease_until=tx.now))
    with pytest.raises(Conflict, match="sent right now"):
        retry(db, account, row.id)
    assert rows_of(db, endpoint_id)[0].state == "sending"


def test_a_retried_message_waits_behind_the_head_of_its_lane(app, db, account):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    (first,) = rows_of(db, endpoint_id)
    with db.transaction() as tx:
        finish(tx, first.id)
    publish(db, account, "order:1", "order:1")
    retry(db, account, first.id)
    assert standing(db, endpoint_id) == [
        ("order:1", 1, "waiting", False),
        ("order:1", 2, "waiting", True),
        ("order:1", 3, "waiting", False),
    ]
    with db.transaction() as tx:
        finish(tx, rows_of(db, endpoint_id)[1].id, "succeeded")
    assert standing(db, endpoint_id)[0] == ("order:1", 1, "waiting", True)  # the lowest version is next


def test_of_several_retried_messages_the_oldest_of_a_subject_goes_first(app, db, account):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 3, *["order:2"] * 2, None)
    finish_all(db, endpoint_id)
    with db.transaction() as tx:
        ids = [row.id for row in rows_of(db, endpoint_id)]
        assert resend.send_again(tx, endpoint_id, ids) == 6
    assert [due for *_, due in standing(db, endpoint_id)] == [True, True, False, False, True, False]
    assert_lanes_are_sound(db, endpoint_id)


def test_who_retries_at_a_parked_endpoint_has_it_probed_now(app, db, account, clock):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    with db.transaction() as tx:
        later = tx.now + timedelta(hours=1)
        parked = update(endpoints).where(endpoints.c.id == endpoint_id)
        tx.execute(parked.values(parked_at=tx.now, parked_reason="timeout", probe_at=later))
    (message,) = rows_of(db, endpoint_id)
    retry(db, account, message.id)
    with db.reading() as tx:
        assert tx.execute(select(endpoints.c.probe_at)).scalar() == clock.now()


def test_without_ordering_all_are_due_at_once(app, db, account):
    endpoint_id = an_endpoint(app, account, ordered=False)
    publish(db, account, *["order:1"] * 3)
    finish_all(db, endpoint_id)
    for row in rows_of(db, endpoint_id):
        retry(db, account, row.id)
    assert [(row.lane, row.due_at is not None) for row in rows_of(db, endpoint_id)] == [(None, True)] * 3


def test_nothing_is_retried_at_a_disabled_or_foreign_endpoint(app, db, account):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    finish_all(db, endpoint_id)
    (row,) = rows_of(db, endpoint_id)
    with db.transaction() as tx, pytest.raises(NotFound):
        resend.retry_one(tx, no_hint, "acc_other", row.id)
    with db.transaction() as tx:
        tx.execute(update(endpoints).values(state="disabled"))
    with pytest.raises(Conflict, match="Enable it first"):
        retry(db, account, row.id)


def test_lanes_are_released_in_batches_when_ordering_ends(app, db, account):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 4, *["order:2"] * 3)
    released = []
    while not released or released[-1]:
        with db.transaction() as tx:
            released.append(due_times.release_lanes(tx, store.target(tx, endpoint_id), 2))
    assert released == [2, 2, 1, 0]
    assert all(due for *_, due in standing(db, endpoint_id))
    assert_lanes_are_sound(db, endpoint_id)


def blocked(db) -> bool:
    """Whether somebody waits for our locks. On SQLite the whole write turn is one."""
    if db.is_sqlite:
        return True
    with db.reading() as tx:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return tx.execute(waiting).scalar_one() > 0


@pytest.mark.parametrize("what", ["publish", "retry"])
@pytest.mark.parametrize("behind", [0, 1])
def test_who_adds_to_a_lane_while_its_head_is_being_finished_finds_the_next_head(app, db, account, behind, what):
    """Whoever waits for the lock of a finished head does not see by itself which one was promoted in its place."""
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    (old,) = rows_of(db, endpoint_id)
    finish_all(db, endpoint_id)
    publish(db, account, *["order:1"] * (1 + behind))
    head = rows_of(db, endpoint_id)[1]
    failures = []

    def act() -> None:
        try:
            if what == "publish":
                publish(db, account, "order:1")
            else:
                retry(db, account, old.id)
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    other = threading.Thread(target=act)
    with db.transaction() as tx:
        finish(tx, head.id, "succeeded")
        other.start()
        wait_for(lambda: blocked(db))
    other.join()
    assert failures == []
    assert_lanes_are_sound(db, endpoint_id)
    with db.reading() as tx:
        assert len(tx.execute(select(messages.c.id).where(messages.c.state == "waiting")).all()) == 1 + behind


def test_publishers_and_retries_of_one_subject_take_turns(app, db, account):
    """All at once in threads: no lane gets a second head, and none is left without one."""
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 8)
    finish_all(db, endpoint_id)
    ids = [row.id for row in rows_of(db, endpoint_id)]
    failures = []
    start = threading.Barrier(8)

    def act(number: int) -> None:
        start.wait()
        try:
            if number % 2:
                publish(db, account, "order:1", "order:2")
            else:
                retry(db, account, ids[number])
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert_lanes_are_sound(db, endpoint_id)
