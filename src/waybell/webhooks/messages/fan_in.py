"""Fan in: store new messages, each for an event and an endpoint that listens to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from waybell.db.database import Tx
from waybell.db.prepared import insert_each, stored
from waybell.events.model import StoredEvent
from waybell.ground.ids import new_id
from waybell.webhooks.messages.attempts import attempt_row, insert_attempts
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import Attempt

_NEVER_SET = ("lease_until", "finished_at", "error", "status")
_insert = insert_each(messages, [name for name in messages.c.keys() if name not in _NEVER_SET])  # noqa: SIM118


def new_message(event: StoredEvent, endpoint_id: str, lane: str | None, due_at: Any, now: Any) -> dict[str, Any]:
    """Return the row of a new message. With None as `due_at` it waits behind the head of its lane."""
    return {
        "id": new_id("msg"),
        "account_id": event.account_id,
        "endpoint_id": endpoint_id,
        "event_id": event.id,
        "event_type": event.type,
        "subject": event.subject,
        "lane": lane,
        "version": event.version,
        "state": "waiting",
        "due_at": due_at,
        "attempt": 0,
        "failures": 0,
        "manual": False,
        "created_at": now,
    }


def insert_messages(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new messages; the rows come from `new_message`."""
    _insert.run(
        tx,
        [{**row, "due_at": stored(row["due_at"]), "created_at": stored(row["created_at"])} for row in rows],
    )


def insert_tested(tx: Tx, event: StoredEvent, endpoint_id: str, attempt: Attempt) -> str:
    """Store the message of a test send, finished by its only attempt, and return the id of the message."""
    message = new_message(event, endpoint_id, None, None, event.created_at) | {
        "state": "succeeded" if attempt.succeeded else "failed",
        "attempt": 1,
        "failures": 0 if attempt.succeeded else 1,
        "finished_at": tx.now,
        "error": attempt.error,
        "status": attempt.status,
    }
    tx.execute(messages.insert(), message)
    insert_attempts(tx, [attempt_row(message["id"], 1, event.account_id, endpoint_id, "test", attempt)])
    return str(message["id"])
