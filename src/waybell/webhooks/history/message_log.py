"""The log: messages and attempts, newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, true, tuple_

from waybell.db.database import Tx
from waybell.events.tables import events
from waybell.ground import cursors
from waybell.ground.errors import NotFound
from waybell.ground.event_names import EventName
from waybell.webhooks.endpoints.records import ENDPOINTS, StoredEndpoint
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages.records import (
    ATTEMPTS,
    LISTED_ATTEMPTS,
    MESSAGES,
    MESSAGES_WITH_BODY,
    OUTCOMES,
    AttemptOutcome,
    ListedAttempt,
    MessageWithBody,
    StoredAttempt,
    StoredMessage,
)
from waybell.webhooks.messages.tables import attempts, messages
from waybell.webhooks.paging import Page, page, page_by_id

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TOO_LARGE = 2**31  # a number that databases cannot compare with the number of an attempt


@dataclass(frozen=True, slots=True)
class Filter:
    """The conditions of a list; None stands for no condition.

    `since` and `until` bound the time at which the message was made or the attempt began; both are included.
    """

    state: str | None = None
    event_types: Sequence[EventName] = ()
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_messages(tx: Tx, endpoint_id: str, wanted: Filter, after: str | None, limit: int) -> Page[StoredMessage]:
    """List the messages of an endpoint, newest first."""
    query: Select[Any] = select(*MESSAGES.columns).where(messages.c.endpoint_id == endpoint_id)
    if wanted.state:
        query = query.where(messages.c.state == wanted.state)
    of = f"messages {endpoint_id}"
    query = _about(query, wanted, messages.c.created_at)
    return page_by_id(tx, MESSAGES, query, messages.c.id, after, limit, of)


def list_attempts(tx: Tx, endpoint_id: str, wanted: Filter, after: str | None, limit: int) -> Page[ListedAttempt]:
    """List the attempts at an endpoint, newest first, each with the event type and subject of its message.

    Only the columns that a list shows are read; `attempts_of` reads all.
    """
    query: Select[Any] = select(*LISTED_ATTEMPTS.columns).select_from(attempts)
    query = query.join(messages, messages.c.id == attempts.c.message_id).where(attempts.c.endpoint_id == endpoint_id)
    if wanted.state:
        query = query.where(attempts.c.error.is_(None) == (wanted.state == "succeeded"))
    query = _about(query, wanted, attempts.c.started_at)
    place = tuple_(attempts.c.started_at, attempts.c.message_id, attempts.c.number)
    if after:
        query = query.where(place < attempt_place(endpoint_id, after))
    query = query.order_by(attempts.c.started_at.desc(), attempts.c.message_id.desc(), attempts.c.number.desc())
    return page(tx, LISTED_ATTEMPTS, query, limit, lambda one: attempt_cursor(endpoint_id, one))


def newest_attempts(tx: Tx, endpoint_ids: Sequence[str], most: int) -> dict[str, list[AttemptOutcome]]:
    """Return the newest attempts at each endpoint, newest first. Tests count too."""
    # One index look-up for each endpoint; grouping would read all attempts. PostgreSQL gets one statement, because
    # planning a statement for all partitions takes longer than running it.
    if tx.on_postgres:
        newest = _newest_attempts(endpoints.c.id, most).lateral("newest")
        query = select(newest).join_from(endpoints, newest, true()).where(endpoints.c.id.in_(endpoint_ids))
        made = OUTCOMES.all(tx, query)
    else:
        made = [one for endpoint_id in endpoint_ids for one in OUTCOMES.all(tx, _newest_attempts(endpoint_id, most))]
    found: dict[str, list[AttemptOutcome]] = {endpoint_id: [] for endpoint_id in endpoint_ids}
    for one in sorted(made, key=lambda one: one.started_at, reverse=True):
        found[one.endpoint_id].append(one)
    return found


def _newest_attempts(endpoint_id: Any, most: int) -> Select[Any]:
    query = select(*OUTCOMES.columns).where(attempts.c.endpoint_id == endpoint_id)
    return query.order_by(attempts.c.started_at.desc()).limit(most)


_STREAK = 5  # so many attempts tell how an endpoint fares now
_LOOKED_THROUGH = 25  # attempts that are read to find these, because tests are among them


def latest_attempts(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, list[AttemptOutcome]]:
    """Return the newest attempts at each of these endpoints without tests, newest first: they tell how it fares."""
    newest = newest_attempts(tx, endpoint_ids, _LOOKED_THROUGH)
    return {one: [row for row in rows if row.kind != "test"][:_STREAK] for one, rows in newest.items()}


def message(tx: Tx, account_id: str, message_id: str) -> MessageWithBody:
    """Return one message with its `body`, which is None once the event is pruned. Raise `NotFound` for any other id."""
    query = (
        select(*MESSAGES_WITH_BODY.columns)
        .select_from(messages)
        .join(events, events.c.id == messages.c.event_id, isouter=True)
        .where(messages.c.id == message_id, messages.c.account_id == account_id)
    )
    found = MESSAGES_WITH_BODY.first(tx, query)
    if found is None:
        raise NotFound(f"There is no message {message_id}. GET /api/Webhook/<id>/Message lists those of an endpoint.")
    return found


def endpoint_of(tx: Tx, message: StoredMessage) -> StoredEndpoint:
    """Return the endpoint of a message, even when it is deleted."""
    [found] = ENDPOINTS.all(tx, select(*ENDPOINTS.columns).where(endpoints.c.id == message.endpoint_id))
    return found


def attempts_of(tx: Tx, message_id: str) -> list[StoredAttempt]:
    """Return the attempts of one message with their requests and answers, oldest first."""
    return ATTEMPTS.all(tx, _attempts_of(message_id).order_by(attempts.c.number))


def attempt_of(tx: Tx, message_id: str, number: int) -> StoredAttempt | None:
    """Return one attempt with its request and answer, or None."""
    return ATTEMPTS.first(tx, _attempts_of(message_id).where(attempts.c.number == number))


def last_attempts_of(tx: Tx, message_id: str, most: int) -> list[StoredAttempt]:
    """Return the last attempts of a message, newest first; after a long outage there may be very many."""
    return ATTEMPTS.all(tx, _attempts_of(message_id).order_by(attempts.c.number.desc()).limit(most))


def _attempts_of(message_id: str) -> Select[Any]:
    return select(*ATTEMPTS.columns).where(attempts.c.message_id == message_id)


def _about(query: Select[Any], wanted: Filter, instant: Any) -> Select[Any]:
    if wanted.event_types:
        query = query.where(messages.c.event_type.in_([name.own for name in wanted.event_types]))
    if wanted.subject:
        query = query.where(messages.c.subject == wanted.subject)
    if wanted.since:
        query = query.where(instant >= wanted.since)
    if wanted.until:
        query = query.where(instant <= wanted.until)
    return query


def attempt_cursor(endpoint_id: str, attempt: AttemptOutcome) -> str:
    """Return the cursor that continues after an attempt in the list of its endpoint."""
    return cursor_of_place(endpoint_id, attempt.started_at, attempt.message_id, attempt.number)


def cursor_of_place(endpoint_id: str, started_at: datetime, message_id: str, number: int) -> str:
    """Return the cursor that continues after this place in the list of an endpoint's attempts."""
    return cursors.encode(f"attempts {endpoint_id}", (started_at - _EPOCH) // _MICROSECOND, message_id, number)


def attempt_place(endpoint_id: str, cursor: str) -> tuple[datetime, str, int]:
    """Return the place that a cursor of `attempt_cursor` names. Raise `Invalid` for any other text."""
    started, message_id, number = cursors.decode(f"attempts {endpoint_id}", cursor, 3)
    try:
        place = _EPOCH + int(started) * _MICROSECOND, message_id, int(number)
    except (ValueError, OverflowError):
        raise cursors.wrong_cursor() from None
    if abs(place[2]) >= _TOO_LARGE:
        raise cursors.wrong_cursor()
    return place
