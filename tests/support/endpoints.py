"""Endpoints, messages and events as tests need them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from waybell.accounts.model import Account, Actor
from waybell.app import App, build_web
from waybell.db.database import Database, Tx
from waybell.events import outbox
from waybell.events.model import Event
from waybell.vault import Vault, new_key
from waybell.webhooks.endpoints import actions, parking
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.messages import lanes
from waybell.webhooks.messages.tables import messages

OF_ANOTHER_KEY = Vault(new_key()).seal("whsec_AAAA")  # no key of an app opens it


def tools_of(app: App) -> WebhookTools:
    return build_web(app).state.tools


def an_endpoint(app: App, account: Account, **wanted: Any) -> str:
    with app.database.transaction() as tx:
        return actions.add(tx, tools_of(app), Actor(account, "tests"), {"url": "https://e.example/hook", **wanted})


def reseal(app: App, endpoint_id: str, sealed: str) -> str:
    """Put this in place of the endpoint's one secret; answers what was there."""
    of_it = endpoint_secrets.c.endpoint_id == endpoint_id
    with app.database.transaction() as tx:
        before: str = tx.execute(select(endpoint_secrets.c.secret).where(of_it)).scalar_one()
        tx.execute(update(endpoint_secrets).where(of_it).values(secret=sealed))
        tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(revision=endpoints.c.revision + 1))
    return before


def publish(db: Database, account: Account, *subjects: str | None, event_type: str = "OrderUpdated") -> None:
    """An event about each of these subjects, in one transaction."""
    with db.transaction() as tx:
        for subject in subjects:
            outbox.record(tx, Event(account.id, event_type, subject, {"Number": "17"}))


def finish(tx: Tx, message_id: str, state: str = "failed") -> None:
    """As if the dispatcher had tried the head of a lane for the last time; the next one of the lane is promoted."""
    row = tx.execute(select(messages).where(messages.c.id == message_id).with_for_update()).one()
    change = update(messages).where(messages.c.id == message_id)
    error = "timeout" if state == "failed" else None
    tx.execute(change.values(state=state, due_at=None, finished_at=tx.now, attempt=6, failures=6, error=error))
    if row.lane is not None:
        lanes.promote(tx, [(row.endpoint_id, row.lane)])


def finish_all(db: Database, endpoint_id: str, state: str = "failed") -> None:
    """Finish whatever is waiting or sending."""
    with db.transaction() as tx:
        unfinished = update(messages).where(messages.c.endpoint_id == endpoint_id, messages.c.finished_at.is_(None))
        tx.execute(unfinished.values(state=state, due_at=None, finished_at=tx.now, lease_until=None, attempt=6))


def publish_failed(db: Database, account: Account, endpoint_id: str, *subjects: str) -> None:
    """Events whose messages were given up. The endpoint is parked meanwhile, so that no dispatcher comes between."""
    with db.transaction() as tx:
        parking.park(tx, {endpoint_id: "timeout"}, tx.now + timedelta(hours=1))
    publish(db, account, *subjects)
    finish_all(db, endpoint_id)
    with db.transaction() as tx:
        parking.resume(tx, endpoint_id)


def rows_of(db: Database, endpoint_id: str) -> list[Any]:
    """The messages of the endpoint, oldest event first."""
    query = select(messages).where(messages.c.endpoint_id == endpoint_id)
    with db.reading() as tx:
        return list(tx.execute(query.order_by(messages.c.subject, messages.c.version)))


def standing(db: Database, endpoint_id: str) -> list[tuple[str, int, str, bool]]:
    """Subject, version, state, and whether it is due, of each message."""
    return [(row.subject, row.version, row.state, row.due_at is not None) for row in rows_of(db, endpoint_id)]


def assert_lanes_are_sound(db: Database, endpoint_id: str) -> None:
    """Of the unfinished messages of a lane exactly one is the head."""
    lanes: dict[str, list[bool]] = {}
    for row in rows_of(db, endpoint_id):
        if row.finished_at is None:
            if row.lane is None:
                assert row.due_at is not None
            else:
                lanes.setdefault(row.lane, []).append(row.due_at is not None)
    assert {lane: heads.count(True) for lane, heads in lanes.items()} == dict.fromkeys(lanes, 1)
