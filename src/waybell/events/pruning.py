"""Delete old events in batches, together with the publishers' keys."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.events.tables import event_keys, events
from waybell.ground.ids import first_id

_AT_ONCE = 1000  # rows of one transaction, so that others do not wait long for it


def prune_events(tx: Tx, before: datetime, needed: ColumnElement[bool]) -> int:
    """Delete a batch of the events recorded before that moment that are not `needed`; return how many there were."""
    old = events.c.id < first_id("evt", before)  # used twice, so that the planner skips later days
    some = select(events.c.id).where(old, ~needed).order_by(events.c.id).limit(_AT_ONCE)
    gone = list(tx.execute(delete(events).where(old, events.c.id.in_(some)).returning(events.c.id)).scalars())
    for ids in chunks(gone):
        tx.execute(delete(event_keys).where(event_keys.c.event_id.in_(ids)))
    return len(gone)


def prune_keys(tx: Tx, low: str, high: str) -> int:
    """Delete a batch of the publishers' keys of the events with these ids; return how many there were."""
    these = (event_keys.c.event_id >= low, event_keys.c.event_id < high)
    some = select(event_keys.c.event_id).where(*these).order_by(event_keys.c.event_id).limit(_AT_ONCE)
    return tx.execute(delete(event_keys).where(event_keys.c.event_id.in_(some))).rowcount


def have_keys(low: str, high: str) -> ColumnElement[bool]:
    """Return the condition that a publisher's key stands for one of these events (`low <= id < high`)."""
    return exists().where(event_keys.c.event_id >= low, event_keys.c.event_id < high)
