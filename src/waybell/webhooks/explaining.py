"""What became of an event, endpoint by endpoint: the facts that `why` decides on, read from the database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row, func, select

from waybell.accounts.tables import audit_entries
from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.errors import Conflict, NotFound
from waybell.events.model import StoredEvent
from waybell.events.tables import events
from waybell.installation import heartbeats
from waybell.webhooks import actions, again, why
from waybell.webhooks.fanout import ALL_TYPES, Hint
from waybell.webhooks.tables import attempts, endpoints, messages, subscriptions

_MOST_ENDPOINTS = 200


@dataclass(frozen=True, slots=True)
class Told:
    """One endpoint and what became of the event there."""

    endpoint: Row[Any]
    message: Row[Any] | None
    answer: why.Answer
    first: Row[Any] | None  # the message of the same object that it waits for
    first_answer: why.Answer | None
    attempts: Sequence[Row[Any]]


def event(tx: Tx, account_id: str, event_id: str) -> Row[Any]:
    """Raises `NotFound` for an event that is not this account's."""
    query = select(events).where(events.c.id == event_id, events.c.account_id == account_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no event {event_id}. Events are kept for a while only.")
    return row


def tell(tx: Tx, found: Row[Any], retries: int) -> list[Told]:
    """What became of the event at each endpoint of its account; deleted ones only if they have a message of it."""
    by_endpoint = {row.endpoint_id: row for row in tx.execute(select(messages).where(messages.c.event_id == found.id))}
    of_account = select(endpoints).where(endpoints.c.account_id == found.account_id)
    known = tx.execute(of_account.where(endpoints.c.state != "deleted").limit(_MOST_ENDPOINTS)).all()
    gone = sorted(set(by_endpoint) - {row.id for row in known})
    for some in chunks(gone):
        known = [*known, *tx.execute(of_account.where(endpoints.c.id.in_(some))).all()]
    asking = _asking(tx, found)
    beat = heartbeats.last_beat(tx, heartbeats.DISPATCHER)
    runs = beat is not None and heartbeats.is_fresh(beat, tx.now)
    around = why.Circumstances(tx.now, found.created_at, found.test, retries, runs)
    return [_told(tx, one, by_endpoint.get(one.id), found, around, asks=one.id in asking) for one in known]


def _told(
    tx: Tx, endpoint: Row[Any], message: Row[Any] | None, found: Row[Any], around: why.Circumstances, *, asks: bool
) -> Told:
    facts = why.EndpointFacts(
        endpoint.state,
        endpoint.created_at,
        asks,
        endpoint.parked_at,
        (endpoint.parked_reason or "").replace("_", " "),
        endpoint.probe_at,
        endpoint.rate_limit,
        message is None and _was_disabled(tx, endpoint, found),
    )
    answer = why.explain(_message_facts(message) if message else None, facts, around)
    first = _head(tx, message) if message and answer.see_first else None
    tried = attempts_of(tx, message.id) if message else ()
    first_answer = why.explain(_message_facts(first), facts, around) if first else None
    return Told(endpoint, message, answer, first, first_answer, tried)


def _message_facts(row: Row[Any]) -> why.MessageFacts:
    outcome = "" if row.error is None else row.error.replace("_", " ") + (f" {row.status}" if row.status else "")
    return why.MessageFacts(row.state, row.due_at, row.finished_at, row.attempt, row.failures, outcome)


def _was_disabled(tx: Tx, endpoint: Row[Any], found: Row[Any]) -> bool:
    """Whether it was when the event happened: by the last switch before it, or without one by how it stands."""
    switches = audit_entries.c.act.in_(("enabled the endpoint", "disabled the endpoint"))
    of_endpoint = (audit_entries.c.account_id == endpoint.account_id) & (audit_entries.c.about == endpoint.id)
    query = select(audit_entries.c.act).where(of_endpoint, switches, audit_entries.c.at <= found.created_at)
    last = tx.execute(query.order_by(audit_entries.c.id.desc()).limit(1)).scalar()
    if last is None:
        return bool(endpoint.state == "disabled" and endpoint.changed_at <= found.created_at)
    return bool(last == "disabled the endpoint")


def _asking(tx: Tx, found: Row[Any]) -> set[str]:
    query = select(subscriptions.c.endpoint_id).where(
        subscriptions.c.account_id == found.account_id, subscriptions.c.event_type.in_([found.type, ALL_TYPES])
    )
    return set(tx.execute(query).scalars())


def _head(tx: Tx, message: Row[Any]) -> Row[Any] | None:
    of_lane = (messages.c.endpoint_id == message.endpoint_id) & (messages.c.lane == message.lane)
    return tx.execute(select(messages).where(of_lane, messages.c.due_at.is_not(None)).limit(1)).first()


def attempts_of(tx: Tx, message_id: str) -> Sequence[Row[Any]]:
    table = attempts.c
    query = select(table.number, table.started_at, table.status, table.error, table.total_us)
    return tx.execute(query.where(table.message_id == message_id).order_by(table.number)).all()


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of an event, as a timeline shows it."""

    endpoint_id: str
    url: str
    message_id: str
    state: str
    status: int | None
    error: str | None


def sent_of(tx: Tx, event_ids: Sequence[str]) -> dict[str, list[Sent]]:
    """What was sent of each of these events, and to whom."""
    found: dict[str, list[Sent]] = defaultdict(list)
    for some in chunks(event_ids):
        query = (
            select(messages, endpoints.c.url)
            .join(endpoints, endpoints.c.id == messages.c.endpoint_id)
            .where(messages.c.event_id.in_(some))
            .order_by(messages.c.event_id, messages.c.endpoint_id)
        )
        for row in tx.execute(query):
            sent = Sent(row.endpoint_id, row.url, row.id, row.state, row.status, row.error)
            found[row.event_id].append(sent)
    return found


def states_of(tx: Tx, event_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many messages of each of these events are in which state."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for some in chunks(event_ids):
        query = select(messages.c.event_id, messages.c.state, func.count()).where(messages.c.event_id.in_(some))
        for event_id, state, count in tx.execute(query.group_by(messages.c.event_id, messages.c.state)):
            found[event_id][state] = count
    return found


def send_there(tx: Tx, hint: Hint, account_id: str, event_id: str, endpoint_id: str) -> None:
    """Send an event to an endpoint that has no message of it. Raises `NotFound`, and `Conflict` when it cannot be."""
    row = event(tx, account_id, event_id)
    if row.test:
        raise Conflict("This was a test, which is sent once. Send another from the endpoint's page.")
    if actions.find(tx, account_id, endpoint_id).state != "enabled":
        raise Conflict("The endpoint is disabled: nothing is sent there. Enable it first.")
    stored = StoredEvent(row.id, account_id, row.type, row.subject, row.version, row.created_at, b"")
    if not again.send_again(tx, again.target(tx, endpoint_id), [], [stored]):
        raise Conflict("The endpoint has a message of this event already.")
    tx.after_commit(partial(hint, {endpoint_id}))
