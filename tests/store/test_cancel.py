"""Canceling because a person asks: one message, a selection, or all that wait and match."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from support.endpoints import (
    an_endpoint,
    assert_lanes_are_sound,
    finish,
    finish_all,
    publish,
    rows_of,
    standing,
    tools_of,
)
from support.waiting import wait_for
from waybell.accounts import actions as accounts
from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.ground.errors import Conflict, NotFound
from waybell.webhooks.endpoints import actions, store
from waybell.webhooks.history import cancel_message, job_slices, jobs, resend
from waybell.webhooks.messages import canceling, claims, due_times, locks, results
from waybell.webhooks.messages.lanes import taken_lanes
from waybell.webhooks.messages.tables import messages

HOUR = timedelta(hours=1)


@pytest.fixture
def actor(account):
    return Actor(account, "Anna")


@pytest.fixture
def hinted():
    return []


@pytest.fixture
def skip(db, actor, hinted):
    """Cancels one message; answers how many go on."""

    def skip(message_id: str) -> int:
        with db.transaction() as tx:
            return cancel_message.cancel_one(tx, hinted.append, actor, message_id)

    return skip


def set_message(db, message_id, **values) -> None:
    with db.transaction() as tx:
        tx.execute(update(messages).where(messages.c.id == message_id).values(**values))


def sending(db, message_id) -> None:
    with db.transaction() as tx:
        lease = {"state": "sending", "attempt": 1, "lease_until": tx.now + HOUR}
        tx.execute(update(messages).where(messages.c.id == message_id).values(**lease))


def acts(db, account) -> list[tuple[str, str]]:
    with db.reading() as tx:
        return [(entry.act, entry.detail) for entry in audit.entries(tx, account)]


# One message


def test_when_the_first_of_a_lane_is_canceled_the_next_goes_on(app, db, account, clock, skip, hinted):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 3, "order:2")
    head, *_ = rows_of(db, endpoint_id)
    set_message(db, head.id, due_at=clock.now() + 5 * HOUR, failures=4, attempt=4)
    clock.move_to(clock.now() + HOUR)
    assert skip(head.id) == 2
    assert standing(db, endpoint_id) == [
        ("order:1", 1, "canceled", False),
        ("order:1", 2, "waiting", True),
        ("order:1", 3, "waiting", False),
        ("order:2", 1, "waiting", True),
    ]
    canceled, promoted, *_ = rows_of(db, endpoint_id)
    assert (canceled.finished_at, promoted.due_at) == (clock.now(), clock.now())
    assert hinted == [{endpoint_id}]
    assert acts(db, account)[0] == ("canceled a message for the endpoint", f"OrderUpdated, {head.id}")


def test_one_that_waits_behind_another_is_canceled_and_the_others_stay(app, db, account, skip):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 4)
    assert skip(rows_of(db, endpoint_id)[1].id) == 2
    assert [(state, due) for _, _, state, due in standing(db, endpoint_id)] == [
        ("waiting", True),
        ("canceled", False),
        ("waiting", False),
        ("waiting", False),
    ]
    assert_lanes_are_sound(db, endpoint_id)


def test_without_ordering_nothing_is_promoted(app, db, account, skip):
    endpoint_id = an_endpoint(app, account, ordered=False)
    publish(db, account, *["order:1"] * 2)
    assert skip(rows_of(db, endpoint_id)[0].id) == 0
    assert [state for _, _, state, _ in standing(db, endpoint_id)] == ["canceled", "waiting"]


def test_to_cancel_twice_is_to_cancel_once(app, db, account, skip, clock):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:1")
    before, _ = rows_of(db, endpoint_id)
    skip(before.id)
    clock.move_to(clock.now() + HOUR)
    assert skip(before.id) == 0
    assert rows_of(db, endpoint_id)[0].finished_at == clock.now() - HOUR
    assert [act for act, _ in acts(db, account)].count(cancel_message.CANCELED) == 1


@pytest.mark.parametrize(
    ("state", "said"), [("succeeded", "was sent"), ("failed", "given up"), ("sending", "right now")]
)
def test_when_it_is_too_late_to_cancel_that_is_said(app, db, account, skip, state, said):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    (row,) = rows_of(db, endpoint_id)
    sending(db, row.id) if state == "sending" else finish_all(db, endpoint_id, state)
    with pytest.raises(Conflict, match=said):
        skip(row.id)
    assert rows_of(db, endpoint_id)[0].state == state


def test_a_message_of_another_account_is_not_found(app, db, account, hinted):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    with db.transaction() as tx:
        other = accounts.create_account(tx, "Elsewhere Ltd")
    with db.transaction() as tx, pytest.raises(NotFound):
        cancel_message.cancel_one(tx, hinted.append, Actor(other, "Eve"), rows_of(db, endpoint_id)[0].id)


def test_what_waits_for_a_disabled_endpoint_can_be_canceled(app, db, account, actor, skip):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1")
    with db.transaction() as tx:
        actions.disable(tx, tools_of(app), actor, endpoint_id)
    skip(rows_of(db, endpoint_id)[0].id)
    assert rows_of(db, endpoint_id)[0].state == "canceled"


def test_a_canceled_message_can_be_sent_again_behind_the_others(app, db, account, skip, hinted):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 3)
    skipped, *_ = rows_of(db, endpoint_id)
    skip(skipped.id)
    with db.transaction() as tx:
        resend.retry_one(tx, hinted.append, account.id, skipped.id)
    assert standing(db, endpoint_id) == [
        ("order:1", 1, "waiting", False),
        ("order:1", 2, "waiting", True),
        ("order:1", 3, "waiting", False),
    ]


def test_a_result_that_comes_after_the_cancel_changes_nothing(app, db, account, skip, clock):
    """The claim ran out, the message waited again and was canceled: the dispatcher comes too late."""
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:1")
    first, _ = rows_of(db, endpoint_id)
    with db.transaction() as tx:
        claims.claim(tx, {endpoint_id: 1}, tx.now + HOUR)
    clock.move_to(clock.now() + 2 * HOUR)
    with db.transaction() as tx:
        assert claims.release_expired(tx) == 1
    skip(first.id)
    late = {"message": first.id, "claim": 1, "new_state": "succeeded", "new_due_at": None, "new_failures": 0}
    with db.transaction() as tx:
        results.record(tx, [late | {"new_finished_at": 1, "new_error": None, "new_status": 204}])
    assert standing(db, endpoint_id) == [("order:1", 1, "canceled", False), ("order:1", 2, "waiting", True)]


# Together with others


def blocked(db) -> bool:
    """Whether somebody waits for our locks. On SQLite the whole write turn is one."""
    if db.is_sqlite:
        return True
    with db.reading() as tx:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return tx.execute(waiting).scalar_one() > 0


def beside(act) -> tuple[threading.Thread, list[Exception]]:
    failures: list[Exception] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    return threading.Thread(target=run), failures


@pytest.mark.parametrize("behind", [0, 2])
@pytest.mark.parametrize("end", ["succeeded", "failed"])
def test_a_cancel_that_meets_a_dispatcher_recording_the_message_comes_too_late(app, db, account, skip, behind, end):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * (1 + behind))
    head, *_ = rows_of(db, endpoint_id)
    other, failures = beside(lambda: skip(head.id))
    with db.transaction() as tx:
        finish(tx, head.id, end)
        other.start()
        wait_for(lambda: blocked(db))
    other.join()
    assert [type(one) for one in failures] == [Conflict]
    assert rows_of(db, endpoint_id)[0].state == end
    assert_lanes_are_sound(db, endpoint_id)


@pytest.mark.parametrize("behind", [0, 1])
def test_an_event_that_comes_while_a_head_is_canceled_does_not_wait_for_it(app, db, account, actor, behind):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * (1 + behind))
    head, *_ = rows_of(db, endpoint_id)
    other, failures = beside(lambda: publish(db, account, "order:1"))
    with db.transaction() as tx:
        cancel_message.cancel_one(tx, print, actor, head.id)
        other.start()
        wait_for(lambda: blocked(db))
    other.join()
    assert failures == []
    assert_lanes_are_sound(db, endpoint_id)
    assert [state for _, _, state, _ in standing(db, endpoint_id)] == ["canceled", *["waiting"] * (1 + behind)]


def test_a_dispatcher_that_finishes_the_first_while_the_one_behind_is_canceled(app, db, account, actor):
    """Neither waits for the other in a circle, and the lane is left with a head."""
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 3)
    head, second, _ = rows_of(db, endpoint_id)

    def record() -> None:
        with db.transaction() as tx:
            finish(tx, head.id, "succeeded")

    other, failures = beside(record)
    with db.transaction() as tx:
        cancel_message.cancel_one(tx, print, actor, second.id)
        other.start()
        wait_for(lambda: blocked(db))
    other.join()
    assert failures == []
    assert standing(db, endpoint_id) == [
        ("order:1", 1, "succeeded", False),
        ("order:1", 2, "canceled", False),
        ("order:1", 3, "waiting", True),
    ]


def test_cancels_retries_results_and_publishers_of_one_subject_take_turns(app, db, account, skip, hinted):
    """All at once in threads: nobody fails, no lane gets a second head, and none is left without one."""
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 9, *["order:2"] * 9)
    ids = [row.id for row in rows_of(db, endpoint_id)]
    start = threading.Barrier(9)

    def act(number: int) -> None:
        start.wait()
        for message_id in (ids[number], ids[number + 9]):
            if number % 3 == 0:
                publish(db, account, "order:1", "order:2")
            elif number % 3 == 1:
                with db.transaction() as tx:
                    canceling.cancel(tx, store.target(tx, endpoint_id), [message_id, ids[0], ids[9]])
            else:
                with db.transaction() as tx:
                    resend.retry_one(tx, hinted.append, account.id, message_id)

    threads = [beside(lambda number=number: act(number)) for number in range(9)]
    for thread, _ in threads:
        thread.start()
    for thread, _ in threads:
        thread.join()
    assert [failures for _, failures in threads if failures] == []
    assert_lanes_are_sound(db, endpoint_id)


def test_a_cancel_and_the_end_of_ordering_take_turns(app, db, account, actor, monkeypatch):
    """The selection names one that waits in a lane and the first of another, and is locked in the order of the ids."""
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 2, *["order:2"] * 2)
    _, behind, head, _ = rows_of(db, endpoint_id)

    def skip_both() -> None:
        with db.transaction() as tx:
            canceling.cancel(tx, store.target(tx, endpoint_id), [behind.id, head.id])

    other, failures = beside(skip_both)

    def meet(*args):
        """Let the cancel come when the heads are locked, and those behind them are not."""
        taken = taken_lanes(*args)
        if threading.current_thread() is threading.main_thread():
            other.start()
            wait_for(lambda: blocked(db))
        return taken

    monkeypatch.setattr(locks, "taken_lanes", meet)
    with db.transaction() as tx:
        due_times.release_lanes(tx, store.target(tx, endpoint_id), 10)
    other.join()
    assert failures == []
    assert [state for _, _, state, _ in standing(db, endpoint_id)] == ["waiting", "canceled", "canceled", "waiting"]
    assert_lanes_are_sound(db, endpoint_id)


def test_two_cancels_of_one_message_are_one(app, db, account, skip):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:1")
    head, _ = rows_of(db, endpoint_id)
    threads = [beside(lambda: skip(head.id)) for _ in range(2)]
    for thread, _ in threads:
        thread.start()
    for thread, _ in threads:
        thread.join()
    assert [failures for _, failures in threads] == [[], []]
    assert [act for act, _ in acts(db, account)].count(cancel_message.CANCELED) == 1
    assert standing(db, endpoint_id) == [("order:1", 1, "canceled", False), ("order:1", 2, "waiting", True)]


# Jobs


@pytest.fixture
def begin(db, account, actor):
    def begin(endpoint_id: str, act: Any, *, ids=(), **wanted) -> str:
        with db.reading() as tx:
            if ids:
                plan = jobs.plan_selected(tx, account.id, endpoint_id, ids, act)
            else:
                plan = jobs.plan_waiting(tx, account.id, endpoint_id, act, **wanted)
        with db.transaction() as tx:
            return jobs.begin(tx, plan, actor)

    return begin


@pytest.fixture
def progress(db, account):
    def progress(endpoint_id: str, job_id: str) -> tuple[str, int, int, int]:
        with db.reading() as tx:
            row = jobs.find(tx, account.id, endpoint_id, job_id)
        return row.state, row.total, row.done, row.retried

    return progress


@pytest.fixture
def run(db, hinted):
    """Does slices of up to `batch` messages until nothing is to be done now."""

    def run(batch: int) -> int:
        count = 0
        while jobs.run_once(db, hinted.append, batch):
            count += 1
        return count

    return run


def states(db, endpoint_id) -> list[str]:
    return [state for _, _, state, _ in standing(db, endpoint_id)]


@pytest.mark.parametrize("batch", [1, 3, 500])
@pytest.mark.parametrize("ordered", [True, False])
def test_all_that_waits_is_canceled_slice_by_slice(
    app, db, account, clock, begin, run, progress, batch, ordered, hinted
):
    endpoint_id = an_endpoint(app, account, ordered=ordered)
    publish(db, account, *["order:1"] * 4, *["order:2"] * 3, None)
    finish_all(db, endpoint_id, "failed")
    publish(db, account, *["order:1"] * 4, "order:3", "order:4")
    job_id = begin(endpoint_id, "cancel")
    assert progress(endpoint_id, job_id) == ("running", 6, 0, 0)
    clock.move_to(clock.now() + HOUR)
    publish(db, account, "order:1", "order:5")  # later than what was asked for
    run(batch)
    assert progress(endpoint_id, job_id) == ("succeeded", 6, 6, 6)
    assert states(db, endpoint_id).count("canceled") == 6
    assert [(row.subject, row.due_at is not None) for row in rows_of(db, endpoint_id) if row.state == "waiting"] == [
        ("order:1", True),
        ("order:5", True),
    ]
    assert {endpoint_id} in hinted
    assert_lanes_are_sound(db, endpoint_id)


@pytest.mark.parametrize(
    ("narrowed", "chosen"),
    [
        ({"event_type": "OrderDeleted"}, {"order:3"}),
        ({"subjects": ["order:1", "order:none"]}, {"order:1"}),
        ({"outcome": "4xx"}, {"order:2"}),
        ({"outcome": "timeout"}, set()),
    ],
)
def test_of_what_waits_only_what_matches_is_canceled(
    app, db, account, begin, run, progress, narrowed, chosen, monkeypatch
):
    monkeypatch.setattr(job_slices, "_MOST_SCANNED", 2)
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 3, "order:2")
    publish(db, account, "order:3", event_type="OrderDeleted")
    for row in rows_of(db, endpoint_id):
        if row.subject == "order:2":
            set_message(db, row.id, error="http_status", status=422, failures=1, attempt=1)
    job_id = begin(endpoint_id, "cancel", narrowed=narrowed)
    run(500)
    count = states(db, endpoint_id).count("canceled")
    assert progress(endpoint_id, job_id) == ("succeeded", count, count, count)
    assert {row.subject for row in rows_of(db, endpoint_id) if row.state == "canceled"} == chosen
    assert_lanes_are_sound(db, endpoint_id)


def test_only_what_was_made_in_that_time_is_canceled(app, db, account, clock, begin, run):
    endpoint_id = an_endpoint(app, account)
    for number in range(4):
        publish(db, account, f"order:{number}")
        clock.move_to(clock.now() + HOUR)
    begin(endpoint_id, "cancel", since=clock.now() - 3 * HOUR, until=clock.now() - 2 * HOUR)
    run(10)
    assert states(db, endpoint_id) == ["waiting", "canceled", "canceled", "waiting"]


@pytest.mark.parametrize("chosen", ["all", "selected"])
def test_what_is_being_sent_is_canceled_once_its_attempt_has_failed(
    app, db, account, clock, begin, run, progress, chosen
):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:1", "order:2", "order:3")
    first, _, taken, _ = rows = rows_of(db, endpoint_id)
    for row in (first, taken):
        sending(db, row.id)
    job_id = begin(endpoint_id, "cancel", ids=[row.id for row in rows] if chosen == "selected" else ())
    run(500)
    assert progress(endpoint_id, job_id) == ("running", 4, 2, 2)
    assert states(db, endpoint_id) == ["sending", "canceled", "sending", "canceled"]
    retry = {"state": "waiting", "due_at": clock.now() + 5 * HOUR, "lease_until": None, "failures": 1}
    set_message(db, first.id, **retry)
    with db.transaction() as tx:
        tx.execute(update(messages).where(messages.c.id == taken.id).values(lease_until=None, state="waiting"))
        finish(tx, taken.id, "succeeded")
    clock.move_to(clock.now() + timedelta(seconds=1))
    run(500)
    assert progress(endpoint_id, job_id) == ("succeeded", *((4, 4, 3) if chosen == "selected" else (3, 3, 3)))
    assert states(db, endpoint_id) == ["canceled", "canceled", "succeeded", "canceled"]


def test_a_job_that_waits_for_attempts_holds_up_no_other(app, db, account, begin, run, progress):
    slow, other = an_endpoint(app, account), an_endpoint(app, account)
    publish(db, account, "order:1")
    sending(db, rows_of(db, slow)[0].id)
    job_id, second = begin(slow, "cancel"), begin(other, "cancel")
    run(10)
    assert progress(slow, job_id)[0] == "running"
    assert progress(other, second)[0] == "succeeded"


def test_a_selection_is_canceled_from_behind(app, db, account, begin, run, progress):
    """So none of it is promoted and sent between two slices."""
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 5)
    rows = rows_of(db, endpoint_id)
    job_id = begin(endpoint_id, "cancel", ids=[row.id for row in rows[:4]])
    jobs.run_once(db, print, 3)
    assert standing(db, endpoint_id)[0] == ("order:1", 1, "waiting", True)
    run(3)
    assert progress(endpoint_id, job_id) == ("succeeded", 4, 4, 4)
    assert standing(db, endpoint_id)[4] == ("order:1", 5, "waiting", True)


def test_who_asked_for_a_job_is_on_record(app, db, account, begin, run):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:2")
    job_id = begin(endpoint_id, "cancel")
    assert acts(db, account)[0] == ("canceled messages for the endpoint", f"2 waiting, {job_id}")
    run(5)
    job_id = begin(endpoint_id, "retry", ids=[rows_of(db, endpoint_id)[0].id])
    assert acts(db, account)[0] == ("sent messages again to the endpoint", f"1 selected, {job_id}")


@pytest.mark.parametrize("batch", [1, 500])
def test_retries_that_wait_for_their_time_are_sent_now_in_a_fresh_round(
    app, db, account, clock, begin, run, progress, batch
):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:1", "order:2", "order:3", "order:4")
    first, _, second, third, due = rows_of(db, endpoint_id)
    for row, hours in ((first, 5), (second, 2), (third, 1)):
        later = clock.now() + hours * HOUR
        set_message(db, row.id, due_at=later, failures=3, attempt=3, error="http_status", status=422)
    set_message(db, due.id, failures=2, attempt=2)
    sending(db, third.id)
    clock.move_to(clock.now() + timedelta(minutes=1))
    job_id = begin(endpoint_id, "retry")
    run(batch)
    state, _, _, retried = progress(endpoint_id, job_id)
    assert (state, retried) == ("succeeded", 2)
    first, _, second, third, due = rows_of(db, endpoint_id)
    for row in (first, second):
        assert (row.due_at, row.failures, row.manual, row.attempt) == (clock.now(), 0, True, 3)
    assert (third.state, third.failures) == ("sending", 3)
    assert (due.failures, due.manual) == (2, False)  # it goes now by itself
    assert_lanes_are_sound(db, endpoint_id)


def test_nothing_is_sent_now_to_a_disabled_endpoint(app, db, account, actor, begin):
    endpoint_id = an_endpoint(app, account)
    with db.transaction() as tx:
        actions.disable(tx, tools_of(app), actor, endpoint_id)
    with pytest.raises(Conflict, match="Enable it first"):
        begin(endpoint_id, "retry")
    begin(endpoint_id, "cancel")
