"""Filter events by their outcome, at one endpoint or at any."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union_all

from waybell.db.database import Tx
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.history import explain_facts
from waybell.webhooks.messages import conditions
from waybell.webhooks.messages.tables import messages

OUTCOMES = ("failed", "waiting", "succeeded", "canceled", "nobody")
_FEW = 1_000  # up to so many failed or waiting messages are found by their own index, instead of among all events

_OF_OUTCOME: dict[str, ColumnElement[bool]] = {
    "failed": messages.c.state == conditions.FAILED,
    "waiting": messages.c.finished_at.is_(None),
    "succeeded": messages.c.state == "succeeded",
    "canceled": messages.c.state == "canceled",
}


def came_out(outcome: str | None, endpoint_id: str | None, event_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a message of this event has this outcome; for `nobody`, that it has no message."""
    query = select(messages.c.id).where(messages.c.event_id == event_id)
    if endpoint_id:
        query = query.where(messages.c.endpoint_id == endpoint_id)
    if outcome in _OF_OUTCOME:
        query = query.where(_OF_OUTCOME[outcome])
    # PostgreSQL may turn EXISTS into a join that reads all messages. This takes one index look-up for each event.
    found = query.limit(1).scalar_subquery()
    return found.is_(None) if outcome == "nobody" else found.is_not(None)


def few(tx: Tx, account_id: str, outcome: str | None, endpoint_id: str | None) -> list[str] | None:
    """Return the ids of all events with this outcome, failed or waiting, if they are few; else None."""
    if outcome not in ("failed", "waiting"):
        return None
    of_account = select(endpoints.c.id).where(endpoints.c.account_id == account_id)
    if endpoint_id:
        of_account = of_account.where(endpoints.c.id == endpoint_id)
    ids = list(tx.execute(of_account.limit(explain_facts.MOST_ENDPOINTS + 1)).scalars())
    if len(ids) > explain_facts.MOST_ENDPOINTS:
        return None
    # Failed messages, heads, and messages behind a head have an index each.
    parts: Sequence[ColumnElement[bool]] = [_OF_OUTCOME["failed"]]
    if outcome == "waiting":
        unfinished = _OF_OUTCOME["waiting"]
        parts = [unfinished & messages.c.due_at.is_not(None), unfinished & messages.c.due_at.is_(None)]
    found = tx.execute(union_all(*[_some(ids, part) for part in parts])).scalars().all()
    return sorted(set(found)) if len(found) <= _FEW else None


def _some(endpoint_ids: Sequence[str], part: ColumnElement[bool]) -> Select[Any]:
    query = select(messages.c.event_id).where(messages.c.endpoint_id.in_(endpoint_ids), part).limit(_FEW + 1)
    return select(query.subquery())
