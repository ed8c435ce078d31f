"""A database that was put back goes on above all that was given out before: versions, places in the feed, cursors."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from support.waiting import wait_for
from waybell.events import epoch_check, feed, listing, outbox
from waybell.events.model import Event
from waybell.events.tables import events
from waybell.ground.errors import SetupError
from waybell.installation import epoch, key_check
from waybell.installation.tables import installation


@pytest.fixture(autouse=True)
def _remembered(app, db):
    with db.transaction() as tx:
        key_check.remember(tx, app.vault)


def happen(db, account, *subjects: str) -> list[int]:
    """Record an event about each; their versions."""
    with db.transaction() as tx:
        for subject in subjects:
            outbox.record(tx, Event(account.id, "OrderUpdated", subject, {}))
    with db.reading() as tx:
        query = select(events.c.version).order_by(events.c.seq.desc()).limit(len(subjects))
        return list(tx.execute(query).scalars())[::-1]


def put_back(db) -> None:
    with db.transaction() as tx:
        epoch.begin(tx)


def feed_after(db, account, cursor: str | None, count: int) -> feed.Page:
    """With this many events: transactions elsewhere on the server hold it back for a moment."""

    def read() -> feed.Page | None:
        with db.reading() as tx:
            page = feed.read(tx, account.id, cursor, 100)
        return page if len(page.bodies) >= count else None

    page = wait_for(read)
    assert len(page.bodies) == count
    return page


def test_versions_go_on_above_those_that_receivers_may_have_seen(db, account):
    assert happen(db, account, "order:1", "order:1") == [1, 2]
    put_back(db)
    first, second, of_another = happen(db, account, "order:1", "order:1", "order:2")
    assert first > 1_000_000
    assert (second, of_another) == (first + 1, first)
    assert second < 2**53  # what JavaScript counts up to


def test_a_cursor_from_before_finds_what_happens_after_and_misses_nothing(db, account):
    happen(db, account, "order:1")
    before = feed_after(db, account, None, 1)
    put_back(db)
    happen(db, account, "order:2", "order:1")
    feed_after(db, account, before.cursor, 2)
    feed_after(db, account, None, 3)


def test_a_cursor_that_is_ahead_of_the_database_misses_nothing_either(db, account):
    """It was given out after the back-up was made, by a server whose transactions had higher numbers."""
    happen(db, account, "order:1")
    put_back(db)
    ahead = feed._encode(2**39, 2**40)
    happen(db, account, "order:2")
    feed_after(db, account, ahead, 1)


def test_the_list_of_events_goes_on_behind_a_page_of_a_later_epoch(db, account):
    put_back(db)
    versions = happen(db, account, "order:1", "order:1", "order:2")
    with db.reading() as tx:
        first = listing.newest(tx, account.id, listing.Wanted(), None, 2)
        rest = listing.newest(tx, account.id, listing.Wanted(), first.cursor, 2)
    assert [row.version for row in [*first.rows, *rest.rows]] == versions[::-1]


def test_each_return_begins_a_later_epoch_also_of_one_back_up_twice(db, account, clock):
    put_back(db)
    (first,) = happen(db, account, "order:1")
    put_back(db)
    (second,) = happen(db, account, "order:1")
    with db.transaction() as tx:
        tx.execute(update(installation).values(epoch=0))
    clock.move_to(clock.now() + timedelta(hours=1))
    put_back(db)
    (third,) = happen(db, account, "order:2")
    assert first < second < third


def test_a_copy_begins_its_epoch_at_its_first_start_and_only_then(db):
    with db.transaction() as tx:
        assert not epoch.begin_on_copy(tx)
        tx.execute(update(installation).values(is_copy=True))
    with db.transaction() as tx:
        assert epoch.begin_on_copy(tx)
        assert not epoch.begin_on_copy(tx)


def test_rows_of_another_server_are_noticed_at_the_start(db, account):
    happen(db, account, "order:1")
    with db.reading() as tx:
        epoch_check.check(tx)
    if db.is_sqlite:
        return
    with db.transaction() as tx:
        tx.execute(update(events).values(horizon=2**39))
    with db.reading() as tx, pytest.raises(SetupError, match="waybell restored"):
        epoch_check.check(tx)
    put_back(db)
    happen(db, account, "order:2")
    with db.reading() as tx:
        epoch_check.check(tx)
    feed_after(db, account, None, 2)
