"""Read the facts from the database by which `explain` tells the outcome of an event at each endpoint."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select

from waybell.accounts.tables import audit_entries
from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.events.listing import ListedEvent
from waybell.events.subjects import Subject
from waybell.events.tables import events
from waybell.installation import heartbeats
from waybell.webhooks.endpoints import actions, store
from waybell.webhooks.endpoints.operational_events import ENDPOINT_DISABLED
from waybell.webhooks.endpoints.records import ENDPOINTS, StoredEndpoint
from waybell.webhooks.endpoints.subscriptions import ALL_TYPES
from waybell.webhooks.endpoints.tables import endpoints, subscriptions
from waybell.webhooks.history import explain, lane_positions
from waybell.webhooks.history.causes import in_short, why_down
from waybell.webhooks.messages.records import MESSAGES, OUTCOMES, AttemptOutcome, StoredMessage
from waybell.webhooks.messages.tables import attempts, messages

MOST_ENDPOINTS = 200
_MOST_SWITCHES = 2_000  # the newest acts of people that are read


@dataclass(frozen=True, slots=True)
class Explained:
    """An endpoint with the outcome of the event there."""

    endpoint: StoredEndpoint
    message: StoredMessage | None
    answer: explain.Answer
    first: StoredMessage | None  # the message about the same object that it waits for
    first_answer: explain.Answer | None
    attempts: Sequence[AttemptOutcome]


def explain_event(tx: Tx, found: ListedEvent, retries: int) -> list[Explained]:
    """Explain the outcome of the event at each endpoint of its account, and at deleted ones that have a message."""
    of_event = select(*MESSAGES.columns).where(messages.c.event_id == found.id)
    by_endpoint = {one.endpoint_id: one for one in MESSAGES.all(tx, of_event)}
    known = _endpoints(tx, found.account_id, sorted(by_endpoint))
    asking, tried = _asking(tx, found), _attempts(tx, [row.id for row in by_endpoint.values()])
    switches = _switches(tx, found.account_id, [one.id for one in known if one.id not in by_endpoint])
    beat = heartbeats.last_beat(tx, heartbeats.DISPATCHER)
    around = explain.Circumstances(tx.now, found.created_at, found.test, retries, heartbeats.is_fresh(beat, tx.now))
    explained = []
    for endpoint in known:
        message = by_endpoint.get(endpoint.id)
        facts = _endpoint_facts(endpoint, found, switches[endpoint.id], tx.now, asks=endpoint.id in asking)
        answer = explain.explain(_message_facts(tx, message) if message else None, facts, around)
        first = lane_positions.head(tx, message) if message and answer.see_first else None
        first_answer = explain.explain(_message_facts(tx, first), facts, around) if first else None
        attempts_made = tried[message.id] if message else ()
        explained.append(Explained(endpoint, message, answer, first, first_answer, attempts_made))
    return explained


def _endpoints(tx: Tx, account_id: str, with_message: Sequence[str]) -> list[StoredEndpoint]:
    """List the endpoints of the account, oldest first, and then the deleted ones among `with_message`."""
    of_account = select(*ENDPOINTS.columns).where(endpoints.c.account_id == account_id).order_by(endpoints.c.id)
    known = ENDPOINTS.all(tx, of_account.where(endpoints.c.state != "deleted").limit(MOST_ENDPOINTS))
    ids = {row.id for row in known}
    for some in chunks([one for one in with_message if one not in ids]):
        known += ENDPOINTS.all(tx, of_account.where(endpoints.c.id.in_(some)))
    return known


def _endpoint_facts(
    row: StoredEndpoint, found: ListedEvent, switches: Sequence[explain.Switch], now: datetime, *, asks: bool
) -> explain.EndpointFacts:
    return explain.EndpointFacts(
        row.state,
        row.created_at,
        asks,
        row.parked_at,
        why_down(row.parked_reason) if row.parked_reason else "",
        row.probe_at,
        row.paused_until if store.is_paused(row, now) else None,
        row.rate_limit,
        explain.was_disabled(switches, found.created_at, is_disabled=row.state == "disabled"),
        deleted_at=row.changed_at if row.state == "deleted" else None,
        is_tested=found.subject == str(Subject("test", row.id)),
    )


def _message_facts(tx: Tx, row: StoredMessage) -> explain.MessageFacts:
    outcome = in_short(row.error, row.status)
    around = (lane_positions.before(tx, row), lane_positions.behind(tx, row))
    return explain.MessageFacts(row.state, row.due_at, row.finished_at, row.attempt, row.failures, outcome, *around)


def _asking(tx: Tx, found: ListedEvent) -> set[str]:
    names = [found.type.own] if found.opt_in else [found.type.own, ALL_TYPES]
    query = select(subscriptions.c.endpoint_id).where(
        subscriptions.c.account_id == found.account_id, subscriptions.c.event_type.in_(names)
    )
    return set(tx.execute(query).scalars())


def _switches(tx: Tx, account_id: str, endpoint_ids: Sequence[str]) -> dict[str, list[explain.Switch]]:
    """Return when these endpoints were enabled and disabled, by people (audit record) or by Waybell (events)."""
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


def _attempts(tx: Tx, message_ids: Sequence[str]) -> dict[str, list[AttemptOutcome]]:
    """Return the outcomes of the attempts of these messages by message, oldest first."""
    found: dict[str, list[AttemptOutcome]] = defaultdict(list)
    table = attempts.c
    for some in chunks(message_ids):
        query = select(*OUTCOMES.columns).where(table.message_id.in_(some))
        for one in OUTCOMES.all(tx, query.order_by(table.message_id, table.number)):
            found[one.message_id].append(one)
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
    """Return the messages of each of these events, with the name of their endpoint."""
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
    """Count the messages of each of these events by state."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for some in chunks(event_ids):
        query = select(messages.c.event_id, messages.c.state, func.count()).where(messages.c.event_id.in_(some))
        for event_id, state, count in tx.execute(query.group_by(messages.c.event_id, messages.c.state)):
            found[event_id][state] = count
    return found
