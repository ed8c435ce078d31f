"""Who follows the cursor of the feed misses nothing and sees nothing twice, in whatever order commits end."""

import threading

import pytest
from pydantic_core import from_json

from support.waiting import wait_for
from waybell.events import feed, outbox
from waybell.events.model import Event

postgres_only = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


def publish(db, account, *subjects: str) -> None:
    with db.transaction() as tx:
        for subject in subjects:
            outbox.record(tx, Event(account.id, "OrderUpdated", subject, {"Subject": subject}))


class Follower:
    def __init__(self, db, account) -> None:
        self._db, self._account = db, account
        self._cursor: str | None = None
        self.seen: list[tuple[str, int]] = []

    def read(self, limit: int = 10) -> int:
        with self._db.reading() as tx:
            page = feed.read(tx, self._account.id, self._cursor, limit)
        self._cursor = page.cursor
        for document in map(from_json, page.bodies):
            self.seen.append((document["Data"]["Subject"], document["Metadata"]["Version"]))
        return len(page.bodies)

    def read_until(self, count: int) -> None:
        def enough() -> bool:
            self.read()
            return len(self.seen) >= count

        wait_for(enough)


@postgres_only  # on SQLite the second writer waits for the first
def test_what_commits_late_is_not_passed_over(app, db, account):
    follower = Follower(db, account)
    with db.transaction() as early:
        outbox.record(early, Event(account.id, "OrderUpdated", "order:1", {"Subject": "order:1"}))
        app.database._before_commit(early)  # its row is written, and its number taken
        publish(db, account, "order:2")  # written later, committed earlier
        assert follower.read() == 0
    follower.read_until(2)
    assert sorted(follower.seen) == [("order:1", 1), ("order:2", 1)]


@postgres_only
def test_a_subject_keeps_its_order_when_the_older_transaction_comes_second(app, db, account):
    follower = Follower(db, account)
    with db.transaction() as older:
        outbox.record(older, Event(account.id, "OrderUpdated", "order:1", {"Subject": "order:1"}))
        app.database._before_commit(older)
        publish(db, account, "order:2")
        outbox.record(older, Event(account.id, "OrderUpdated", "order:2", {"Subject": "order:2"}))
    follower.read_until(3)
    of_two = [version for subject, version in follower.seen if subject == "order:2"]
    assert of_two == [1, 2]


def test_many_publishers_at_once_and_a_reader_that_never_stops(db, account):
    failed: list[Exception] = []

    def publish_many(number: int) -> None:
        try:
            for count in range(25):
                publish(db, account, f"order:{count % 5}", f"order:{number}:{count}")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    publishers = [threading.Thread(target=publish_many, args=(number,)) for number in range(4)]
    follower = Follower(db, account)
    for one in publishers:
        one.start()
    while any(one.is_alive() for one in publishers):
        follower.read(7)
    follower.read_until(200)
    assert failed == []
    assert len(follower.seen) == len(set(follower.seen)) == 200
    for number in range(5):
        versions = [version for subject, version in follower.seen if subject == f"order:{number}"]
        assert versions == list(range(1, 21))
