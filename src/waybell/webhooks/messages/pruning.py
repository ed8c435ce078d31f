"""Delete messages and attempts that are too old, in batches."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, select, tuple_

from waybell.db.database import Tx
from waybell.db.day_partitions import Divided
from waybell.ground.ids import first_id
from waybell.webhooks.messages.conditions import SENDING
from waybell.webhooks.messages.lanes import promote
from waybell.webhooks.messages.tables import attempts, messages

attempts_by_day = Divided("attempts", "message_id", "msg")

_AT_ONCE = 1000  # rows of one transaction, so that others do not wait long for it


def prune_messages(tx: Tx, before: datetime) -> int:
    """Delete a batch of the messages made before that moment, but none that is being sent; return how many."""
    some = (
        select(messages.c.id)
        .where(messages.c.id < first_id("msg", before), messages.c.state != SENDING)
        .order_by(messages.c.id)
        .limit(_AT_ONCE)
    )
    gone = tx.execute(
        delete(messages).where(messages.c.id.in_(some)).returning(messages.c.endpoint_id, messages.c.lane)
    ).all()
    promote(tx, sorted({(row.endpoint_id, row.lane) for row in gone if row.lane is not None}))
    return len(gone)


def prune_attempts(tx: Tx, before: datetime) -> int:
    """Delete a batch of the attempts made before that moment; return how many were deleted."""
    key = tuple_(attempts.c.message_id, attempts.c.number)
    old = attempts.c.message_id < first_id("msg", before)  # used twice, so that the planner skips later days
    some = (
        select(attempts.c.message_id, attempts.c.number)
        .where(old, attempts.c.started_at < before)
        .order_by(attempts.c.message_id)
        .limit(_AT_ONCE)
    )
    return tx.execute(delete(attempts).where(old, key.in_(some))).rowcount


def was_tried_since(endpoint_id: ColumnElement[str], low: str, high: str, since: datetime) -> ColumnElement[bool]:
    """Return the condition that an attempt of these messages (`low <= id < high`) was made at this endpoint since then.

    The limit keeps PostgreSQL from a join, so that the condition takes one index look-up for each endpoint.
    """
    later = select(attempts.c.number).where(
        attempts.c.endpoint_id == endpoint_id,
        attempts.c.message_id >= low,
        attempts.c.message_id < high,
        attempts.c.started_at >= since,
    )
    return later.limit(1).scalar_subquery().is_not(None)


def needs_event(event_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that this event still has a message."""
    return select(messages.c.id).where(messages.c.event_id == event_id).exists()


def needs_events(low: str, high: str) -> ColumnElement[bool]:
    """Return the condition that one of these events (`low <= id < high`) still has a message."""
    return exists().where(messages.c.event_id >= low, messages.c.event_id < high)
