"""Retry jobs: many messages again, a slice at a time, with progress."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from support.endpoints import an_endpoint, assert_lanes_are_sound, finish_all, publish, rows_of, standing, tools_of
from waybell.accounts import actions as accounts
from waybell.accounts.model import Actor
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.upkeep import webhooks
from waybell.webhooks.endpoints import actions
from waybell.webhooks.history import job_slices, jobs
from waybell.webhooks.messages import canceling
from waybell.webhooks.messages.tables import messages

HOUR = timedelta(hours=1)


def begin(db, account, endpoint_id, what, since=None, until=None, ids=()) -> str:
    with db.reading() as tx:
        if what == "selected":
            plan = jobs.plan_selected(tx, account.id, endpoint_id, ids)
        else:
            plan = jobs.plan_since(tx, account.id, endpoint_id, what, since, until)
    with db.transaction() as tx:
        return jobs.begin(tx, plan, Actor(account, "tests"))


def progress(db, account, endpoint_id, job_id) -> tuple[str, int, int, int]:
    with db.reading() as tx:
        row = jobs.find(tx, account.id, endpoint_id, job_id)
    return row.state, row.total, row.done, row.retried


@pytest.fixture
def hinted():
    return []


@pytest.fixture
def run(db, hinted):
    """Does one slice of up to `batch` messages."""
    return lambda batch: jobs.run_once(db, hinted.append, batch)


def test_all_that_failed_since_a_moment_is_sent_again_slice_by_slice(app, db, account, clock, run, hinted):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *[f"order:{number}" for number in range(5)])
    finish_all(db, endpoint_id)  # an hour too early
    clock.move_to(clock.now() + HOUR)
    since = clock.now()
    publish(db, account, *[f"order:{number}" for number in range(20, 27)])
    publish(db, account, "order:1")
    finish_all(db, endpoint_id, "failed")
    publish(db, account, "order:50")
    finish_all(db, endpoint_id, "succeeded")
    job_id = begin(db, account, endpoint_id, "failed", since)
    assert progress(db, account, endpoint_id, job_id) == ("running", 8, 0, 0)
    assert run(3) == 3
    assert progress(db, account, endpoint_id, job_id) == ("running", 8, 3, 3)
    assert run(3) == 3
    assert run(3) == 2
    assert progress(db, account, endpoint_id, job_id) == ("succeeded", 8, 8, 8)
    assert run(3) == 0
    assert hinted == [{endpoint_id}] * 3
    assert [row.state for row in rows_of(db, endpoint_id)].count("waiting") == 8
    assert_lanes_are_sound(db, endpoint_id)


def test_until_ends_what_is_sent_again(app, db, account, clock, run):
    endpoint_id = an_endpoint(app, account)
    since = clock.now()
    for number in range(3):
        publish(db, account, f"order:{number}")
        finish_all(db, endpoint_id)
        clock.move_to(clock.now() + HOUR)
    job_id = begin(db, account, endpoint_id, "failed", since, since + HOUR)
    assert run(10) == 2
    assert progress(db, account, endpoint_id, job_id) == ("succeeded", 2, 2, 2)


def test_an_endpoint_gets_what_happened_before_it_existed(app, db, account, clock, run):
    other = accounts_of(db)
    publish(db, account, "order:0")
    clock.move_to(clock.now() + HOUR)
    since = clock.now()
    publish(db, account, "order:1", "order:2")
    publish(db, account, "order:1", None)
    publish(db, account, "invoice:1", event_type="invoice.paid")
    publish(db, other, "order:1")
    endpoint_id = an_endpoint(app, account)
    job_id = begin(db, account, endpoint_id, "missed", since)
    assert progress(db, account, endpoint_id, job_id) == ("running", 5, 0, 0)
    while run(2):
        pass
    assert progress(db, account, endpoint_id, job_id) == ("succeeded", 5, 5, 5)
    made = [row for row in standing(db, endpoint_id) if not row[0].startswith("evt_")]
    assert made == [
        ("invoice:1", 1, "waiting", True),
        ("order:1", 1, "waiting", True),
        ("order:1", 2, "waiting", False),
        ("order:2", 1, "waiting", True),
    ]
    assert all(row.manual for row in rows_of(db, endpoint_id))
    assert_lanes_are_sound(db, endpoint_id)


def accounts_of(db):
    with db.transaction() as tx:
        return accounts.create_account(tx, "Elsewhere Ltd")


def test_missed_is_what_the_endpoint_asks_for_and_has_not_got(app, db, account, clock, run):
    since = clock.now()
    endpoint_id = an_endpoint(app, account, event_types=("OrderUpdated",))
    publish(db, account, "order:1")
    finish_all(db, endpoint_id, "succeeded")
    publish(db, account, "order:2")
    finish_all(db, endpoint_id, "canceled")
    publish(db, account, "order:3")
    with db.transaction() as tx:
        actions.disable(tx, tools_of(app), Actor(account, "tests"), endpoint_id)
    publish(db, account, "order:4")
    publish(db, account, "order:5", event_type="OrderDeleted")
    with db.transaction() as tx:
        actions.enable(tx, tools_of(app), Actor(account, "tests"), endpoint_id)
    job_id = begin(db, account, endpoint_id, "missed", since)
    while run(1):
        pass
    assert progress(db, account, endpoint_id, job_id) == ("succeeded", 2, 2, 2)
    assert [(subject, state) for subject, _, state, _ in standing(db, endpoint_id)] == [
        ("order:1", "succeeded"),
        ("order:2", "waiting"),
        ("order:3", "waiting"),  # it was waiting by itself
        ("order:4", "waiting"),
    ]


def test_missed_looks_through_windows_without_matches(app, db, account, clock, run, monkeypatch):
    monkeypatch.setattr(job_slices, "_WINDOW", 3)
    since = clock.now()
    other = accounts_of(db)
    publish(db, other, *[None] * 10)
    publish(db, account, "order:1")
    publish(db, other, *[None] * 10)
    endpoint_id = an_endpoint(app, account)
    job_id = begin(db, account, endpoint_id, "missed", since)
    looks = 0
    while run(1):
        looks += 1
    assert looks > 5
    assert progress(db, account, endpoint_id, job_id) == ("succeeded", 1, 1, 1)


def test_far_events_are_found_by_their_date(app, db, account, clock, run):
    for number in range(40):
        publish(db, account, f"order:{number}")
        clock.move_to(clock.now() + HOUR)
    since = clock.now() - timedelta(hours=10, minutes=30)
    endpoint_id = an_endpoint(app, account)
    job_id = begin(db, account, endpoint_id, "missed", since, since + timedelta(hours=5))
    while run(500):
        pass
    assert progress(db, account, endpoint_id, job_id) == ("succeeded", 5, 5, 5)
    assert {row.subject for row in rows_of(db, endpoint_id)} == {f"order:{number}" for number in range(30, 35)}


def test_a_selection_is_sent_again(app, db, account, run):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *[f"order:{number}" for number in range(6)])
    finish_all(db, endpoint_id, "succeeded")
    rows = rows_of(db, endpoint_id)
    ids = [row.id for row in rows[:5]]
    with db.transaction() as tx:
        sending = update(messages).where(messages.c.id == ids[0])
        tx.execute(sending.values(state="sending", due_at=tx.now, finished_at=None, lease_until=tx.now))
    job_id = begin(db, account, endpoint_id, "selected", ids=[*ids, ids[0]])
    assert [run(2), run(2), run(2), run(2)] == [2, 2, 1, 0]
    assert progress(db, account, endpoint_id, job_id) == ("succeeded", 5, 5, 4)  # one was being sent
    assert [row.state for row in rows_of(db, endpoint_id)] == ["sending", *["waiting"] * 4, "succeeded"]


def test_a_selection_holds_messages_of_the_endpoint_only(app, db, account):
    endpoint_id, other = an_endpoint(app, account), an_endpoint(app, account)
    publish(db, account, "order:1")
    ids = [row.id for row in (*rows_of(db, endpoint_id), *rows_of(db, other))]
    with pytest.raises(NotFound, match=ids[1]):
        begin(db, account, endpoint_id, "selected", ids=ids)


def test_one_job_of_an_endpoint_runs_at_a_time_and_can_be_canceled(app, db, account, clock, run):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *[None] * 4)
    finish_all(db, endpoint_id)
    job_id = begin(db, account, endpoint_id, "failed", clock.now() - HOUR)
    run(1)
    with pytest.raises(Conflict, match=job_id):
        begin(db, account, endpoint_id, "missed", clock.now() - HOUR)
    with db.transaction() as tx:
        jobs.cancel(tx, account.id, endpoint_id, job_id)
    assert run(1) == 0
    assert progress(db, account, endpoint_id, job_id) == ("canceled", 4, 1, 1)
    begin(db, account, endpoint_id, "failed", clock.now() - HOUR)
    while run(2):
        pass
    assert [row.state for row in rows_of(db, endpoint_id)] == ["waiting"] * 4


def test_a_small_job_does_not_wait_for_a_large_one(app, db, account, clock, run):
    large, small = an_endpoint(app, account), an_endpoint(app, account)
    publish(db, account, *[None] * 20)
    finish_all(db, large)
    finish_all(db, small)
    begin(db, account, large, "failed", clock.now() - HOUR)
    job_id = begin(db, account, small, "selected", ids=[rows_of(db, small)[0].id])
    run(5)
    run(5)
    assert progress(db, account, small, job_id)[0] == "succeeded"


def test_a_slice_that_fails_leaves_the_job_where_it_was(app, db, account, clock):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *[None] * 4)
    finish_all(db, endpoint_id)
    job_id = begin(db, account, endpoint_id, "failed", clock.now() - HOUR)
    flush, db._before_commit = db._before_commit, crash
    with pytest.raises(RuntimeError):
        jobs.run_once(db, print, 2)
    db._before_commit = flush
    assert progress(db, account, endpoint_id, job_id) == ("running", 4, 0, 0)
    assert [row.state for row in rows_of(db, endpoint_id)] == ["failed"] * 4


def crash(_tx) -> None:
    raise RuntimeError


def test_a_moment_in_the_future_is_refused(app, db, account, clock):
    endpoint_id = an_endpoint(app, account)
    for since, until in [(clock.now() + HOUR, None), (clock.now() - HOUR, clock.now() - 2 * HOUR)]:
        with pytest.raises(Invalid):
            begin(db, account, endpoint_id, "failed", since, until)


def test_deleting_an_endpoint_cancels_what_waits_and_its_jobs(app, db, account, clock, run):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:1", "order:2")
    begin(db, account, endpoint_id, "failed", clock.now() - HOUR)
    with db.transaction() as tx:
        actions.remove(tx, tools_of(app), Actor(account, "tests"), endpoint_id)
    assert [row.state for row in rows_of(db, endpoint_id)] == ["canceled"] * 3
    assert run(5) == 0
    publish(db, account, "order:3")
    assert len(rows_of(db, endpoint_id)) == 3


def test_of_very_many_messages_of_a_deleted_endpoint_upkeep_cancels_the_rest(app, db, account, monkeypatch):
    monkeypatch.setattr(canceling, "_AT_ONCE", 2)
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 5)
    with db.transaction() as tx:
        actions.remove(tx, tools_of(app), Actor(account, "tests"), endpoint_id)
    assert [row.state for row in rows_of(db, endpoint_id)].count("canceled") == 2
    for left in (1, 0):
        webhooks.run_once(db, app.settings)
        assert [row.state for row in rows_of(db, endpoint_id)].count("waiting") == left
    assert {row.state for row in rows_of(db, endpoint_id)} == {"canceled"}


@pytest.mark.parametrize(
    ("narrowed", "chosen"),
    [
        ({"event_type": "OrderDeleted"}, {"order:3"}),
        ({"subjects": ["order:1", "order:3", "order:none"]}, {"order:1", "order:3"}),
        ({"subjects": []}, set()),
        ({"outcome": "5xx"}, {"order:1", "order:3"}),
        ({"outcome": "timeout"}, {"order:2"}),
        ({"event_type": "OrderUpdated", "outcome": "5xx"}, {"order:1"}),
    ],
)
def test_of_what_failed_only_what_matches_is_sent_again(app, db, account, clock, run, narrowed, chosen):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:2")
    publish(db, account, "order:3", event_type="OrderDeleted")
    finish_all(db, endpoint_id)
    with db.transaction() as tx:
        answered: dict[str, Any] = {"error": "http_status", "status": 503}
        for subject, outcome in [("order:1", answered), ("order:2", {"error": "timeout"}), ("order:3", answered)]:
            tx.execute(update(messages).where(messages.c.subject == subject).values(**outcome))
    with db.reading() as tx:
        plan = jobs.plan_since(tx, account.id, endpoint_id, "failed", clock.now() - HOUR, None, narrowed)
    assert plan.total == len(chosen)
    with db.transaction() as tx:
        job_id = jobs.begin(tx, plan, Actor(account, "tests"))
    while run(1):
        pass
    assert progress(db, account, endpoint_id, job_id) == ("succeeded", len(chosen), len(chosen), len(chosen))
    assert {row.subject for row in rows_of(db, endpoint_id) if row.state == "waiting"} == chosen
