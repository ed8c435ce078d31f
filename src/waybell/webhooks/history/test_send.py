"""A test send: a sample goes to one endpoint at once, and its attempt is shown and logged.

It does not change the state or the figures of the endpoint, which are about real events.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from waybell.db.database import Change, Database, Tx
from waybell.events import outbox, types
from waybell.events.model import Event, StoredEvent
from waybell.events.subjects import Subject
from waybell.events.tables import events
from waybell.ground.errors import Invalid, Raced, SetupError
from waybell.webhooks.endpoints import store
from waybell.webhooks.endpoints import store as endpoint_store
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.history import message_log
from waybell.webhooks.messages.fan_in import insert_tested
from waybell.webhooks.messages.records import StoredAttempt
from waybell.webhooks.model import Attempt, Endpoint
from waybell.webhooks.sending.sender import Sender

# Each test send occupies a thread of the web server until its receiver answers.
_MOST_AT_ONCE = 8
_MOST_OF_ACCOUNT = 4  # so that an account with hanging receivers leaves some to others
_lock = threading.Lock()
_under_way: Counter[str] = Counter()  # by account


def send_test(
    database: Database,
    change: Change,
    tools: WebhookTools,
    sender: Sender,
    account_id: str,
    endpoint_id: str,
    event_type: str,
) -> StoredAttempt:
    """Send a sample of this type now, to a disabled endpoint too; return the attempt.

    This takes as long as the receiver, but keeps no transaction open. `change` opens the transaction that records the
    attempt. Raise `Raced` when too many are under way.
    """
    with _place(account_id):
        with database.transaction() as tx:
            endpoint = _find_endpoint(tx, tools, account_id, endpoint_id)
            event_id = _record_event(tx, tools, account_id, endpoint_id, event_type)
        with database.reading() as tx:
            event = _read_event(tx, event_id)
        attempt = sender.send_one(endpoint, event_id, event.body)
        with change() as tx:
            return _record_attempt(tx, endpoint, event, attempt)


@contextmanager
def _place(account_id: str) -> Iterator[None]:
    with _lock:
        if _under_way[account_id] >= _MOST_OF_ACCOUNT or _under_way.total() >= _MOST_AT_ONCE:
            raise Raced(f"{_under_way.total()} tests are under way. Try again when one of them has ended.")
        _under_way[account_id] += 1
    try:
        yield
    finally:
        with _lock:
            _under_way[account_id] -= 1
            if not _under_way[account_id]:
                del _under_way[account_id]


def _find_endpoint(tx: Tx, tools: WebhookTools, account_id: str, endpoint_id: str) -> Endpoint:
    store.find(tx, account_id, endpoint_id)
    endpoint = endpoint_store.load_endpoints(tx, tools.vault, [endpoint_id]).get(endpoint_id)
    if endpoint is None:
        raise SetupError(
            "No key of this server opens the secret or the headers of this endpoint, so nothing was sent. Give the "
            "server all keys that this database was used with: see docs/security.md, The secret key."
        )
    return endpoint


def _record_event(tx: Tx, tools: WebhookTools, account_id: str, endpoint_id: str, name: str) -> str:
    event_type = types.find(tx, tools.catalogue, account_id, name)
    if event_type is None:
        raise Invalid(f"EventType: {name} is no event type of this account. GET /api/EventType lists them.")
    # All tests of an endpoint share one subject, so their versions count up as for changes of one object.
    about = str(Subject("test", endpoint_id))
    event = Event(account_id, event_type.name, about, event_type.sample or {}, test=True)
    outbox.record(tx, event)
    return event.id


def _read_event(tx: Tx, event_id: str) -> StoredEvent:
    row = tx.execute(select(events).where(events.c.id == event_id)).one()
    return StoredEvent(row.id, row.account_id, row.type, row.subject, row.version, row.created_at, row.body, test=True)


def _record_attempt(tx: Tx, endpoint: Endpoint, event: StoredEvent, attempt: Attempt) -> StoredAttempt:
    message_id = insert_tested(tx, event, endpoint.id, attempt)
    [made] = message_log.attempts_of(tx, message_id)
    return made
