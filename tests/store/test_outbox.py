"""Events become rows and messages in the transaction of the change."""

import pytest
from sqlalchemy import select

from support.waiting import wait_for
from waybell.accounts.model import Account
from waybell.db.database import Database
from waybell.events import feed, outbox
from waybell.events.model import Event
from waybell.events.tables import events
from waybell.webhooks.endpoints.tables import endpoints, subscriptions
from waybell.webhooks.messages.tables import messages


def an_endpoint(db: Database, account: Account, endpoint_id: str = "ep_1", *, ordered: bool = True) -> None:
    with db.transaction() as tx:
        tx.execute(
            endpoints.insert(),
            {
                "id": endpoint_id,
                "account_id": account.id,
                "url": "https://e.example",
                "description": "",
                "event_types": [],
                "ordered": ordered,
                "concurrency": 4,
                "schemes": ["v1"],
                "state": "enabled",
                "created_at": tx.now,
                "changed_at": tx.now,
                "revision": 1,
            },
        )
        tx.execute(subscriptions.insert(), {"account_id": account.id, "event_type": "*", "endpoint_id": endpoint_id})


def publish(db: Database, account: Account, *subjects: str) -> None:
    with db.transaction() as tx:
        for subject in subjects:
            outbox.record(tx, Event(account.id, "OrderUpdated", subject, {"Number": "17"}))


def test_events_of_one_subject_are_numbered_and_only_the_first_is_due(db, account):
    an_endpoint(db, account)
    publish(db, account, "order:1", "order:2", "order:1")
    publish(db, account, "order:1")
    with db.reading() as tx:
        rows = tx.execute(select(messages).order_by(messages.c.subject, messages.c.version)).all()
        assert [(row.subject, row.version, row.due_at is not None) for row in rows] == [
            ("order:1", 1, True),
            ("order:1", 2, False),
            ("order:1", 3, False),
            ("order:2", 1, True),
        ]
        assert tx.execute(select(events.c.version).order_by(events.c.seq)).scalars().all() == [1, 1, 2, 3]


def test_nothing_is_left_of_a_change_that_fails(db, account):
    an_endpoint(db, account)

    def fail() -> None:
        with db.transaction() as tx:
            outbox.record(tx, Event(account.id, "OrderUpdated", "order:1", {}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with db.reading() as tx:
        assert tx.execute(select(events)).all() == []
        assert tx.execute(select(messages)).all() == []


def test_the_feed_follows_the_cursor(db, account):
    publish(db, account, "order:1", "order:2", "order:3")
    first = next_page(db, account, None, 2)
    second = next_page(db, account, first.cursor, 1)
    with db.reading() as tx:
        third = feed.read(tx, account.id, second.cursor, 2)
    assert (len(first.bodies), len(second.bodies), len(third.bodies)) == (2, 1, 0)
    assert third.cursor == second.cursor


def next_page(db, account, after, expected) -> feed.Page:
    """The page once it is there: on PostgreSQL a transaction that runs in another database holds it back."""
    return wait_for(lambda: _page_of(db, account, after, expected))


def _page_of(db, account, after, expected):
    with db.reading() as tx:
        page = feed.read(tx, account.id, after, expected)
    return page if len(page.bodies) == expected else None
