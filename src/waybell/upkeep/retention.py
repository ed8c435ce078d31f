"""Delete old messages, attempts and events: in batches, or on PostgreSQL a whole day at once.

A day of events or attempts is dropped when none of its rows must be kept. If a row must be kept (an old message was
sent again), the rest of that day is deleted in batches, as are all rows on SQLite and in the default partition.
"""

from datetime import UTC, datetime, time, timedelta
from functools import partial

from sqlalchemy import select

from waybell.accounts import kept_answers
from waybell.db import day_partitions
from waybell.db.database import Database, Tx
from waybell.events import pruning as event_pruning
from waybell.events.tables import events, events_by_day
from waybell.settings import Settings
from waybell.webhooks.endpoints import hourly_counts
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages import pruning
from waybell.webhooks.messages.pruning import attempts_by_day

DIVIDED = (events_by_day, attempts_by_day)
_GRACE = timedelta(hours=1)  # the time for dropping a day before its rows are deleted in batches


def run_once(database: Database, settings: Settings) -> int:
    """Drop old days, and delete a batch of each kind of other old rows; return how many rows the batches had."""
    now = database.clock.now()
    long_ago, before = now - settings.keep_events, now - settings.keep_attempts
    with database.transaction() as tx:
        pruned = pruning.prune_messages(tx, long_ago)
    for day in day_partitions.past(database, attempts_by_day, before):
        day_partitions.drop(database, attempts_by_day, day, partial(_has_later_attempts, before=before))
    with database.transaction() as tx:
        pruned += pruning.prune_attempts(tx, _in_batches(database, before))
        hourly_counts.prune(tx, before)
    for day in day_partitions.past(database, events_by_day, long_ago):
        with database.transaction() as tx:
            pruned += event_pruning.prune_keys(tx, *events_by_day.bounds(day))
        day_partitions.drop(database, events_by_day, day, _are_needed)
    with database.transaction() as tx:
        pruned += prune_events(tx, _in_batches(database, long_ago))
    with database.transaction() as tx:
        pruned += kept_answers.prune(tx)
    return pruned


def prune_events(tx: Tx, before: datetime) -> int:
    """Delete a batch of the events recorded before that moment that no message needs; return how many there were."""
    return event_pruning.prune_events(tx, before, pruning.needs_event(events.c.id))


def _in_batches(database: Database, before: datetime) -> datetime:
    """Return the time before which rows are deleted in batches.

    On PostgreSQL rows wait until their whole day is old, and an hour longer, so that most days are dropped as a whole.
    """
    return before if database.is_sqlite else datetime.combine((before - _GRACE).date(), time(), UTC)


def _has_later_attempts(tx: Tx, low: str, high: str, before: datetime) -> bool:
    """Return whether an attempt of these messages was made at or after `before`, so that their day must be kept."""
    tried = pruning.was_tried_since(endpoints.c.id, low, high, before)
    return tx.execute(select(endpoints.c.id).where(tried).limit(1)).first() is not None


def _are_needed(tx: Tx, low: str, high: str) -> bool:
    """Return whether a message or a publisher's key refers to one of these events."""
    return bool(tx.execute(select(pruning.needs_events(low, high) | event_pruning.have_keys(low, high))).scalar())
