"""The failed messages of an endpoint: given up and not sent again, or waiting for a retry.

Test sends are left out, because they are sent once. Like the search for attempts, `find` scans at most
`attempt_search.MOST_SCANNED` messages for a page, and returns how far it came.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from waybell.db.counting import count_up_to
from waybell.db.database import Tx
from waybell.events.subjects import Subject
from waybell.ground import cursors
from waybell.webhooks.history import attempt_search
from waybell.webhooks.messages import conditions
from waybell.webhooks.messages.records import MESSAGES, StoredMessage
from waybell.webhooks.messages.tables import messages

RETRYING_SHOWN = 100


def retrying(tx: Tx, endpoint_id: str, wanted: attempt_search.Wanted) -> list[StoredMessage]:
    """Return the messages whose last attempt failed and that wait for a retry, the soonest first.

    Only the messages that are due first are scanned, because very many may wait for an endpoint that is down.
    """
    if wanted.until and wanted.until < tx.now:
        return []
    due = select(messages.c.id).where(
        messages.c.endpoint_id == endpoint_id, messages.c.due_at.is_not(None), messages.c.finished_at.is_(None)
    )
    scanned = due.order_by(messages.c.due_at).limit(attempt_search.MOST_SCANNED).subquery()
    query = select(*MESSAGES.columns).join(scanned, scanned.c.id == messages.c.id)
    query = query.where(messages.c.error.is_not(None))
    about = replace(wanted, since=None, until=None)
    return MESSAGES.all(tx, query.where(*_narrowing(about)).order_by(messages.c.due_at).limit(RETRYING_SHOWN))


def find(
    tx: Tx, endpoint_id: str, wanted: attempt_search.Wanted, after: str | None, limit: int
) -> attempt_search.Found[StoredMessage]:
    """Return the messages that were given up, the newest message first. Raise `Invalid` for a wrong cursor."""
    candidates = _of_endpoint(endpoint_id).order_by(messages.c.id.desc())
    of = f"failed {endpoint_id}"
    if after:
        candidates = candidates.where(messages.c.id < cursors.decode(of, after, 1)[0])
    scanned = candidates.limit(attempt_search.MOST_SCANNED).subquery()
    query = select(*MESSAGES.columns).join(scanned, scanned.c.id == messages.c.id).where(*_narrowing(wanted))
    rows = MESSAGES.all(tx, query.order_by(messages.c.id.desc()).limit(limit + 1))
    if len(rows) > limit:
        return attempt_search.Found(rows[:limit], cursors.encode(of, rows[limit - 1].id))
    last = tx.execute(
        candidates.add_columns(messages.c.created_at).offset(attempt_search.MOST_SCANNED - 1).limit(1)
    ).first()
    return (
        attempt_search.Found(rows, cursors.encode(of, last.id), last.created_at)
        if last
        else attempt_search.Found(rows, None)
    )


def count(tx: Tx, endpoint_id: str, most: int) -> int:
    """Return how many messages of the endpoint were given up, up to `most`."""
    return count_up_to(tx, _of_endpoint(endpoint_id), most)


def _of_endpoint(endpoint_id: str) -> Select[Any]:
    return select(messages.c.id).where(
        messages.c.endpoint_id == endpoint_id,
        messages.c.state == conditions.FAILED,
        messages.c.subject != str(Subject("test", endpoint_id)),
    )


def _narrowing(wanted: attempt_search.Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter. `since` and `until` bound the time at which a message was given up."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.event_type:
        conditions.append(messages.c.event_type == wanted.event_type.own)
    if wanted.subjects is not None:
        conditions.append(messages.c.subject.in_(wanted.subjects))
    if wanted.outcome:
        conditions.append(attempt_search.of_outcome(messages, wanted.outcome))
    if wanted.since:
        conditions.append(messages.c.finished_at >= wanted.since)
    if wanted.until:
        conditions.append(messages.c.finished_at <= wanted.until)
    return [and_(*conditions)] if conditions else []
