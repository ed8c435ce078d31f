"""Fingerprints: values by which an open page sees that an endpoint, an event or a message has changed.

A page asks once a second, so they are cheap to read. Equal values mean that nothing has changed that the page shows.
"""

from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from waybell.accounts import audit
from waybell.db.database import Tx
from waybell.webhooks.endpoints.tables import endpoint_hours, endpoints
from waybell.webhooks.history.message_log import newest_attempts
from waybell.webhooks.jobs.tables import retry_jobs
from waybell.webhooks.messages.tables import messages

_MOST_ENDPOINTS = 50
_LATELY = timedelta(hours=2)  # counts are kept by the hour in which an attempt began


def of_endpoint(tx: Tx, account_id: str, endpoint_id: str) -> Hashable:
    """Return a value that changes with the state of the endpoint, its messages and attempts, and its newest job."""
    found = tx.execute(_endpoints(account_id).where(endpoints.c.id == endpoint_id)).first()
    if found is None:
        return None
    newest = select(messages.c.id).where(messages.c.endpoint_id == endpoint_id).order_by(messages.c.id.desc()).limit(1)
    job = select(retry_jobs.c.id, retry_jobs.c.done, retry_jobs.c.state).where(retry_jobs.c.endpoint_id == endpoint_id)
    return (
        tuple(found),
        _attempts(tx, [endpoint_id]),
        tx.execute(newest).scalar(),
        audit.fingerprint(tx, account_id, endpoint_id),
        _one(tx, job.order_by(retry_jobs.c.id.desc())),
    )


def of_endpoints(tx: Tx, account_id: str) -> Hashable:
    """Return a value that changes with the state of an endpoint of the account, or with an attempt there."""
    rows = tx.execute(_endpoints(account_id).limit(_MOST_ENDPOINTS)).all()
    return tuple(map(tuple, rows)), _attempts(tx, [row.id for row in rows])


def of_event(tx: Tx, account_id: str, event_id: str) -> Hashable:
    """Return a value that changes with the state of a message of the event."""
    query = select(messages.c.endpoint_id, messages.c.state, messages.c.attempt, messages.c.due_at)
    query = query.where(messages.c.event_id == event_id, messages.c.account_id == account_id)
    return tuple(map(tuple, tx.execute(query.order_by(messages.c.endpoint_id))))


def of_message(tx: Tx, account_id: str, message_id: str) -> Hashable:
    """Return a value that changes with the state of the message."""
    query = select(messages.c.state, messages.c.attempt, messages.c.due_at)
    return _one(tx, query.where(messages.c.id == message_id, messages.c.account_id == account_id))


def _endpoints(account_id: str) -> Select[Any]:
    table = endpoints.c
    seen = (table.id, table.state, table.revision, table.parked_at, table.probe_at, table.probes, table.paused_until)
    return select(*seen).where(table.account_id == account_id)


def _attempts(tx: Tx, endpoint_ids: Sequence[str]) -> Hashable:
    """Return the newest attempt of each endpoint and the count of all: one recorded last may have begun earlier."""
    lately = (endpoint_hours.c.endpoint_id.in_(endpoint_ids), endpoint_hours.c.hour >= tx.now - _LATELY)
    counts = select(endpoint_hours.c.endpoint_id, func.sum(endpoint_hours.c.succeeded + endpoint_hours.c.failed))
    counts = counts.where(*lately).group_by(endpoint_hours.c.endpoint_id).order_by(endpoint_hours.c.endpoint_id)
    newest = newest_attempts(tx, endpoint_ids, 1)
    return tuple((one, *newest[one]) for one in endpoint_ids), tuple(map(tuple, tx.execute(counts)))


def _one(tx: Tx, query: Select[Any]) -> Hashable:
    row = tx.execute(query.limit(1)).first()
    return row and tuple(row)
