"""Deleting old messages, attempts and events: in batches, or on PostgreSQL a whole day at once.

A day of events or attempts is dropped when none of its rows must be kept. If a row must be kept (an old message was
sent again), the rest of that day is deleted in batches, as are all rows on SQLite and in the default partition.
"""

from datetime import UTC, datetime, time, timedelta
from functools import partial

from sqlalchemy import delete, exists, select, tuple_

from waybell.db import day_partitions
from waybell.db.chunks import chunks
from waybell.db.database import Database, Tx
from waybell.events.tables import event_keys, events, events_by_day
from waybell.ground.ids import first_id
from waybell.settings import Settings
from waybell.webhooks.sending import store
from waybell.webhooks.tables import attempts, attempts_by_day, endpoint_durations, endpoint_hours, endpoints, messages

DIVIDED = (events_by_day, attempts_by_day)
_AT_ONCE = 1000  # rows of one transaction, so that others do not wait long for it
_GRACE = timedelta(hours=1)  # the time for dropping a day before its rows are deleted in batches


def run_once(database: Database, settings: Settings) -> int:
    """Drop old days, and delete a batch of each kind of other old rows; return how many rows were deleted."""
    now = database.clock.now()
    long_ago, before = now - settings.keep_events, now - settings.keep_attempts
    with database.transaction() as tx:
        pruned = prune_messages(tx, long_ago)
    for day in day_partitions.past(database, attempts_by_day, before):
        day_partitions.drop(database, attempts_by_day, day, partial(_has_later_attempts, before=before))
    with database.transaction() as tx:
        pruned += prune_attempts(tx, _in_batches(database, before))
        for counts in (endpoint_hours, endpoint_durations):
            tx.execute(delete(counts).where(counts.c.hour < before))
    for day in day_partitions.past(database, events_by_day, long_ago):
        with database.transaction() as tx:
            pruned += prune_keys(tx, *events_by_day.bounds(day))
        day_partitions.drop(database, events_by_day, day, _are_needed)
    with database.transaction() as tx:
        pruned += prune_events(tx, _in_batches(database, long_ago))
    return pruned


def _in_batches(database: Database, before: datetime) -> datetime:
    """Return the time before which rows are deleted in batches.

    On PostgreSQL this begins an hour late, so that whole days are dropped first.
    """
    return before if database.is_sqlite else datetime.combine((before - _GRACE).date(), time(), UTC)


def _has_later_attempts(tx: Tx, low: str, high: str, before: datetime) -> bool:
    """Return whether an attempt of these messages was made since. It takes one index look-up for each endpoint."""
    later = select(attempts.c.number).where(
        attempts.c.endpoint_id == endpoints.c.id,
        attempts.c.message_id >= low,
        attempts.c.message_id < high,
        attempts.c.started_at >= before,
    )
    found = select(endpoints.c.id).where(later.limit(1).scalar_subquery().is_not(None))
    return tx.execute(found.limit(1)).first() is not None


def _are_needed(tx: Tx, low: str, high: str) -> bool:
    """Return whether a message or a publisher's key refers to one of these events."""
    by_message = exists().where(messages.c.event_id >= low, messages.c.event_id < high)
    by_key = exists().where(event_keys.c.event_id >= low, event_keys.c.event_id < high)
    return bool(tx.execute(select(by_message | by_key)).scalar())


def prune_messages(tx: Tx, before: datetime) -> int:
    """Delete a batch of the messages made before that moment, finished or not; return how many there were."""
    some = (
        select(messages.c.id)
        .where(messages.c.id < first_id("msg", before), messages.c.state != store.SENDING)
        .order_by(messages.c.id)
        .limit(_AT_ONCE)
    )
    gone = tx.execute(
        delete(messages).where(messages.c.id.in_(some)).returning(messages.c.endpoint_id, messages.c.lane)
    ).all()
    store.promote(tx, sorted({(row.endpoint_id, row.lane) for row in gone if row.lane is not None}))
    return len(gone)


def prune_attempts(tx: Tx, before: datetime) -> int:
    """Delete a batch of the attempts made before that moment; return how many there were."""
    key = tuple_(attempts.c.message_id, attempts.c.number)
    # used twice, so that the planner skips later partitions at once
    old = attempts.c.message_id < first_id("msg", before)
    some = (
        select(attempts.c.message_id, attempts.c.number)
        .where(old, attempts.c.started_at < before)
        .order_by(attempts.c.message_id)
        .limit(_AT_ONCE)
    )
    return tx.execute(delete(attempts).where(old, key.in_(some))).rowcount


def prune_events(tx: Tx, before: datetime) -> int:
    """Delete a batch of the events recorded before that moment that no message needs; return how many there were."""
    needed = select(messages.c.id).where(messages.c.event_id == events.c.id).exists()
    old = events.c.id < first_id("evt", before)  # used twice, see above
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
