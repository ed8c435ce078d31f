"""Conditions by which a job selects failed messages, waiting messages, or events that an endpoint missed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from waybell.db.database import Tx
from waybell.events.subjects import pattern
from waybell.events.tables import events
from waybell.webhooks.endpoints.subscriptions import ALL_TYPES
from waybell.webhooks.endpoints.tables import subscriptions
from waybell.webhooks.history import attempt_search
from waybell.webhooks.messages import conditions
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import MessageState, Narrowed

MISSED_STATES: tuple[MessageState, ...] = ("failed", "canceled")


def waiting(since: datetime, until: datetime, narrowed: Narrowed | None) -> ColumnElement[bool]:
    return and_(*narrowing(narrowed), messages.c.created_at >= since, messages.c.created_at <= until)


def failed(endpoint_id: str, since: datetime, until: datetime, narrowed: Narrowed | None) -> ColumnElement[bool]:
    return and_(
        *narrowing(narrowed),
        messages.c.endpoint_id == endpoint_id,
        messages.c.state == conditions.FAILED,
        messages.c.finished_at >= since,
        messages.c.finished_at <= until,
        messages.c.subject.not_like(pattern("test")),
    )


def narrowing(narrowed: Narrowed | None) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter; a message must meet all of them."""
    narrowed = narrowed or {}
    conditions = []
    if "event_type" in narrowed:
        conditions.append(messages.c.event_type == narrowed["event_type"])
    if "subjects" in narrowed:
        conditions.append(messages.c.subject.in_(narrowed["subjects"]))
    if "outcome" in narrowed:
        conditions.append(attempt_search.of_outcome(messages, narrowed["outcome"]))
    return conditions


def missed(tx: Tx, job: Any, start: int, stop: int, *columns: Any) -> Select[Any]:
    """Select the events with `start <= seq < stop` that the endpoint missed, each joined with its message, if any."""
    wanted = subscriptions.c.endpoint_id == job.endpoint_id
    names = set(tx.execute(select(subscriptions.c.event_type).where(wanted)).scalars())
    query = (
        select(*columns)
        .select_from(
            events.outerjoin(
                messages, and_(messages.c.event_id == events.c.id, messages.c.endpoint_id == job.endpoint_id)
            )
        )
        .where(events.c.seq >= start, events.c.seq < stop)
        .where(events.c.account_id == job.account_id, events.c.test.is_(False))
        .where(events.c.created_at >= job.since, events.c.created_at <= job.until)
        .where(messages.c.id.is_(None) | messages.c.state.in_(MISSED_STATES))
    )
    named = events.c.type.in_(sorted(names))
    return query.where(or_(events.c.opt_in.is_(False), named) if ALL_TYPES in names else named)
