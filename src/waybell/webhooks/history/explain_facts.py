"""What became of an event, endpoint by endpoint: the facts that `explain` decides on, read from the database."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, func, select

from waybell.accounts.tables import audit_entries
from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.events.subjects import Subject
from waybell.events.tables import events
from waybell.ground.errors import NotFound
from waybell.installation import heartbeats
from waybell.webhooks.endpoints import actions
from waybell.webhooks.endpoints.operational_events import ENDPOINT_DISABLED
from waybell.webhooks.endpoints.subscriptions import ALL_TYPES
from waybell.webhooks.endpoints.tables import endpoints, subscriptions
from waybell.webhooks.history import explain, lane_positions
from waybell.webhooks.history.causes import in_short, why_down
from waybell.webhooks.messages.tables import attempts, messages

MOST_ENDPOINTS = 200
_MOST_SWITCHES = 2_000  # the newest


@dataclass(frozen=True, slots=True)
class Told:
    """One endpoint and what became of the event there."""

    endpoint: Row[Any]
    message: Row[Any] | None
    answer: explain.Answer
    first: Row[Any] | None  # the message of the same object that it waits for
    first_answer: explain.Answer | None
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
    known = _endpoints(tx, found.account_id, sorted(by_endpoint))
    asking, tried = _asking(tx, found), _attempts(tx, [row.id for row in by_endpoint.values()])
    switches = _switches(tx, found.account_id, [one.id for one in known if one.id not in by_endpoint])
    beat = heartbeats.last_beat(tx, heartbeats.DISPATCHER)
    around = explain.Circumstances(tx.now, found.created_at, found.test, retries, heartbeats.is_fresh(beat, tx.now))
    told = []
    for endpoint in known:
        message = by_endpoint.get(endpoint.id)
        facts = _endpoint_facts(endpoint, found, switches[endpoint.id], tx.now, asks=endpoint.id in asking)
        answer = explain.explain(_message_facts(tx, message) if message else None, facts, around)
        first = lane_positions.head(tx, message) if message and answer.see_first else None
        first_answer = explain.explain(_message_facts(tx, first), facts, around) if first else None
        attempts_made = tried[message.id] if message else ()
        told.append(Told(endpoint, message, answer, first, first_answer, attempts_made))
    return told


def _endpoints(tx: Tx, account_id: str, with_message: Sequence[str]) -> list[Row[Any]]:
    """The endpoints of the account, oldest first, and behind them the deleted ones among those with a message."""
    of_account = select(endpoints).where(endpoints.c.account_id == account_id).order_by(endpoints.c.id)
    known = list(tx.execute(of_account.where(endpoints.c.state != "deleted").limit(MOST_ENDPOINTS)))
    ids = {row.id for row in known}
    for some in chunks([one for one in with_message if one not in ids]):
        known += tx.execute(of_account.where(endpoints.c.id.in_(some)))
    return known


def _endpoint_facts(
    row: Row[Any], found: Row[Any], switches: Sequence[explain.Switch], now: datetime, *, asks: bool
) -> explain.EndpointFacts:
    return explain.EndpointFacts(
        row.state,
        row.created_at,
        asks,
        row.parked_at,
        why_down(row.parked_reason) if row.parked_reason else "",
        row.probe_at,
        row.paused_until if actions.is_paused(row, now) else None,
        row.rate_limit,
        explain.was_disabled(switches, found.created_at, is_disabled=row.state == "disabled"),
        deleted_at=row.changed_at if row.state == "deleted" else None,
        is_tested=found.subject == str(Subject("test", row.id)),
    )


def _message_facts(tx: Tx, row: Row[Any]) -> explain.MessageFacts:
    outcome = in_short(row.error, row.status)
    around = (lane_positions.before(tx, row), lane_positions.behind(tx, row))
    return explain.MessageFacts(row.state, row.due_at, row.finished_at, row.attempt, row.failures, outcome, *around)


def _asking(tx: Tx, found: Row[Any]) -> set[str]:
    query = select(subscriptions.c.endpoint_id).where(
        subscriptions.c.account_id == found.account_id, subscriptions.c.event_type.in_([found.type, ALL_TYPES])
    )
    return set(tx.execute(query).scalars())


def _switches(tx: Tx, account_id: str, endpoint_ids: Sequence[str]) -> dict[str, list[explain.Switch]]:
    """When these endpoints were enabled and disabled: by people, which is on record, or by us, which is an event."""
    found: dict[str, list[explain.Switch]] = defaultdict(list)
    entry, acts = audit_entries.c, {actions.ENABLED: True, actions.DISABLED: False}
    for some in chunks(endpoint_ids):
        by_people = select(entry.about, entry.at, entry.act).where(entry.account_id == account_id)
        by_people = by_people.where(entry.about.in_(some), entry.act.in_(list(acts))).order_by(entry.id.desc())
        for row in tx.execute(by_people.limit(_MOST_SWITCHES)):
            found[row.about].append(explain.Switch(row.at, acts[row.act]))
        subjects = {str(Subject("endpoint", endpoint_id)): endpoint_id for endpoint_id in some}
        by_us = select(events.c.subject, events.c.created_at).where(events.c.account_id == account_id)
        by_us = by_us.where(events.c.subject.in_(list(subjects)), events.c.type == ENDPOINT_DISABLED.name)
        for row in tx.execute(by_us):
            found[subjects[row.subject]].append(explain.Switch(row.created_at, enabled=False))
    return found


def _attempts(tx: Tx, message_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """What came of the attempts of these messages, each message's newest last."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    table = attempts.c
    for some in chunks(message_ids):
        query = select(table.message_id, table.number, table.started_at, table.status, table.error, table.total_us)
        for row in tx.execute(query.where(table.message_id.in_(some)).order_by(table.message_id, table.number)):
            found[row.message_id].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of an event, as a timeline shows it."""

    endpoint_id: str
    endpoint: str  # its description, or the host of its URL
    message_id: str
    state: str
    status: int | None
    error: str | None


def sent_of(tx: Tx, event_ids: Sequence[str]) -> dict[str, list[Sent]]:
    """What was sent of each of these events, and to whom."""
    found: dict[str, list[Sent]] = defaultdict(list)
    for some in chunks(event_ids):
        query = (
            select(messages, endpoints.c.url, endpoints.c.description)
            .join(endpoints, endpoints.c.id == messages.c.endpoint_id)
            .where(messages.c.event_id.in_(some))
            .order_by(messages.c.event_id, messages.c.endpoint_id)
        )
        for row in tx.execute(query):
            named = row.description or urlsplit(row.url).netloc
            sent = Sent(row.endpoint_id, named, row.id, row.state, row.status, row.error)
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
