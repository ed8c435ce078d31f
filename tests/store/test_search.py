"""Searching attempts: whatever is asked for is found, page by page, with a bound on how much each page looks at."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from support.endpoints import an_endpoint, publish, rows_of
from waybell.ground.errors import Invalid
from waybell.ground.event_names import EventNames
from waybell.webhooks.history import attempt_search, waiting_messages
from waybell.webhooks.history.attempt_search import Wanted
from waybell.webhooks.messages.attempts import attempt_row, insert_attempts
from waybell.webhooks.messages.tables import attempts, messages
from waybell.webhooks.model import Answered, Attempt, ErrorWord, Unreachable

NAMES = EventNames()
SECOND = timedelta(seconds=1)
OUTCOMES: list[Answered | Unreachable] = [
    Answered(200, b"", b""),
    Answered(204, b"", b""),
    Answered(301, b"", b""),
    Answered(404, b"", b""),
    Answered(503, b"", b""),
    Unreachable(ErrorWord.TIMEOUT, "15 s"),
    Unreachable(ErrorWord.DNS, "no such host"),
]


@pytest.fixture
def endpoint_id(app, db, account, clock):
    """Has 40 messages, with up to four attempts each that came out in all ways; several began at the same moment."""
    endpoint_id = an_endpoint(app, account)
    for number in range(20):
        publish(db, account, f"order:{number % 7}")
        publish(db, account, f"route:{number % 3}", event_type="RouteClosed")
    chance = random.Random(3)
    rows = []
    for message in rows_of(db, endpoint_id):
        for number in range(1, chance.randint(1, 5)):
            attempt = Attempt(clock.now() - SECOND * chance.randint(0, 60), (), chance.choice(OUTCOMES))
            rows.append(attempt_row(message.id, number, account.id, endpoint_id, "automatic", attempt))
    with db.transaction() as tx:
        insert_attempts(tx, rows)
    return endpoint_id


def all_pages(db, account, endpoint_id, wanted, limit=7):
    """What the pages show together, and how many stopped early."""
    found, cursor, stopped = [], None, 0
    while True:
        with db.reading() as tx:
            page = attempt_search.search(tx, account.id, endpoint_id, wanted, cursor, limit)
        assert len(page.rows) <= limit
        found += page.rows
        stopped += page.searched_to is not None
        assert cursor is None or page.cursor != cursor
        cursor = page.cursor
        if cursor is None:
            return [(row.message_id, row.number) for row in found], stopped


def matching(db, endpoint_id, matches):
    """The same, found by reading everything."""
    query = select(attempts, messages.c.event_type, messages.c.subject)
    query = query.join(messages, messages.c.id == attempts.c.message_id).where(attempts.c.endpoint_id == endpoint_id)
    with db.reading() as tx:
        rows = [row for row in tx.execute(query) if matches(row)]
    rows.sort(key=lambda row: (row.started_at, row.message_id, row.number), reverse=True)
    return [(row.message_id, row.number) for row in rows]


FILTERS = {
    "all": (Wanted(), lambda _: True),
    "succeeded": (Wanted("succeeded"), lambda row: row.error is None),
    "failed": (Wanted("failed"), lambda row: row.error is not None),
    "a type": (Wanted(event_type=NAMES.of("RouteClosed")), lambda row: row.event_type == "RouteClosed"),
    "a type, failed": (
        Wanted("failed", event_type=NAMES.of("RouteClosed")),
        lambda row: row.error is not None and row.event_type == "RouteClosed",
    ),
    "a type that never was": (Wanted(event_type=NAMES.of("Nothing")), lambda _: False),
    "2xx": (Wanted(outcome="2xx"), lambda row: row.status in (200, 204)),
    "3xx": (Wanted(outcome="3xx"), lambda row: row.status == 301),
    "5xx": (Wanted(outcome="5xx"), lambda row: row.status == 503),
    "timeout": (Wanted(outcome="timeout"), lambda row: row.error == "timeout"),
    "succeeded with 5xx": (Wanted("succeeded", outcome="5xx"), lambda _: False),
    "an object": (Wanted(subjects=["order:3"]), lambda row: row.subject == "order:3"),
    "objects, failed": (
        Wanted("failed", subjects=["order:1", "route:2", "nothing"]),
        lambda row: row.error is not None and row.subject in ("order:1", "route:2"),
    ),
    "an object, 5xx": (
        Wanted(subjects=["order:1"], outcome="5xx"),
        lambda row: row.status == 503 and row.subject == "order:1",
    ),
    "no object": (Wanted(subjects=[]), lambda _: False),
}


@pytest.mark.parametrize("looked_at", [5, 12, 10_000])
@pytest.mark.parametrize("name", FILTERS)
def test_all_that_matches_is_found_whatever_a_page_may_look_at(db, account, endpoint_id, monkeypatch, name, looked_at):
    monkeypatch.setattr(attempt_search, "MOST_SCANNED", looked_at)
    wanted, matches = FILTERS[name]
    found, stopped = all_pages(db, account, endpoint_id, wanted)
    assert found == matching(db, endpoint_id, matches)
    assert not (stopped and looked_at == 10_000)


def test_a_page_that_found_too_few_says_how_far_it_looked(db, account, endpoint_id, monkeypatch):
    monkeypatch.setattr(attempt_search, "MOST_SCANNED", 10)
    everything = matching(db, endpoint_id, lambda _: True)
    with db.reading() as tx:
        page = attempt_search.search(tx, account.id, endpoint_id, Wanted(event_type=NAMES.of("Nothing")), None, 7)
        tenth = select(attempts.c.started_at).where(
            attempts.c.message_id == everything[9][0], attempts.c.number == everything[9][1]
        )
        assert page.searched_to == tx.execute(tenth).scalar_one()
    assert page.rows == []
    found, stopped = all_pages(db, account, endpoint_id, Wanted(event_type=NAMES.of("Nothing")))
    assert found == []
    assert stopped == len(everything) // 10


@pytest.mark.parametrize("state", [None, "failed"])
def test_since_and_until_are_both_included(db, account, endpoint_id, clock, state):
    since, until = clock.now() - 40 * SECOND, clock.now() - 20 * SECOND
    found, _ = all_pages(db, account, endpoint_id, Wanted(state, since=since, until=until))
    asked = matching(
        db, endpoint_id, lambda row: since <= row.started_at <= until and (state is None or row.error is not None)
    )
    assert found == asked
    assert found


def test_a_wrong_cursor_is_refused(db, account, endpoint_id):
    for cursor in ("x", "AAAA", "MXwyfDM0NTY3ODkwMTIzNDU2Nw"):
        with db.reading() as tx, pytest.raises(Invalid):
            attempt_search.search(tx, account.id, endpoint_id, Wanted(), cursor, 5)


def test_of_an_object_with_very_many_events_the_newest_are_found(app, db, account, clock, monkeypatch):
    monkeypatch.setattr(attempt_search, "EVENTS_OF_OBJECT", 3)
    endpoint_id = an_endpoint(app, account)
    publish(db, account, *["order:1"] * 5, *["order:2"] * 2)
    rows = rows_of(db, endpoint_id)
    with db.transaction() as tx:
        attempt = Attempt(clock.now(), (), Answered(200, b"", b""))
        insert_attempts(tx, [attempt_row(row.id, 1, account.id, endpoint_id, "automatic", attempt) for row in rows])
    found, _ = all_pages(db, account, endpoint_id, Wanted(subjects=["order:1", "order:2"]))
    versions = {row.id: (row.subject, row.version) for row in rows}
    assert {versions[message_id] for message_id, _ in found} == {
        ("order:1", 3),
        ("order:1", 4),
        ("order:1", 5),
        ("order:2", 1),
        ("order:2", 2),
    }


def test_the_attempts_of_others_are_not_found(app, db, account, endpoint_id):
    other = an_endpoint(app, account)
    assert all_pages(db, account, other, Wanted(subjects=["order:1"])) == ([], 0)
    assert all_pages(db, account, other, Wanted("failed")) == ([], 0)


def test_what_waits_is_the_heads_first_due_first_with_how_many_wait_behind_each(app, db, account, clock):
    endpoint_id = an_endpoint(app, account)
    publish(db, account, "order:1", "order:1", "order:1", "order:2", None)
    with db.transaction() as tx:
        later = update(messages).where(messages.c.subject == "order:1", messages.c.due_at.is_not(None))
        tx.execute(later.values(due_at=clock.now() + SECOND))
    with db.reading() as tx:
        found = waiting_messages.waiting(tx, endpoint_id, 10)
        assert len(waiting_messages.waiting(tx, endpoint_id, 2)) == 2
    assert [(one.message.subject, one.behind) for one in found[-1:]] == [("order:1", 2)]
    assert [one.behind for one in found] == [0, 0, 2]
