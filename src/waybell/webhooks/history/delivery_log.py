"""Reading what there is and what happened: endpoints, messages and attempts, newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select, true, tuple_

from waybell.db.database import Tx
from waybell.events.tables import events
from waybell.ground import cursors
from waybell.ground.errors import NotFound
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages.tables import attempts, messages

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TOO_LARGE = 2**31  # for a database to compare with


@dataclass(frozen=True, slots=True)
class Filter:
    """The conditions on what is listed; None stands for no condition.

    `since` and `until` bound the time at which the message was made or the attempt began; both are included.
    """

    state: str | None = None
    event_types: Sequence[str] = ()
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row[Any]]
    cursor: str | None  # continue after the last of these; None when there are no more


def list_endpoints(tx: Tx, account_id: str, after: str | None, limit: int) -> Page:
    """The endpoints of the account, oldest first."""
    query = select(endpoints).where(endpoints.c.account_id == account_id, endpoints.c.state != "deleted")
    if after:
        query = query.where(endpoints.c.id > cursors.decode("endpoints", after, 1)[0])
    return _page(tx, query.order_by(endpoints.c.id), limit, lambda row: cursors.encode("endpoints", row.id))


def has_endpoint(tx: Tx, account_id: str) -> bool:
    """Return whether the account has an endpoint beside its alert URL."""
    query = select(endpoints.c.id).where(endpoints.c.account_id == account_id, endpoints.c.state != "deleted")
    return tx.execute(query.where(~endpoints.c.alerts).limit(1)).first() is not None


def list_messages(tx: Tx, endpoint_id: str, wanted: Filter, after: str | None, limit: int) -> Page:
    """The messages of an endpoint, newest first."""
    query = select(messages).where(messages.c.endpoint_id == endpoint_id)
    if wanted.state:
        query = query.where(messages.c.state == wanted.state)
    of = f"messages {endpoint_id}"
    return page_by_id(tx, _about(query, wanted, messages.c.created_at), messages.c.id, after, limit, of)


def list_attempts(tx: Tx, endpoint_id: str, wanted: Filter, after: str | None, limit: int) -> Page:
    """The attempts at an endpoint, newest first, each with the event type and subject of its message.

    Of the exchange there is only what a list shows; `attempts_of` has the rest.
    """
    columns = [attempts.c[name] for name in IN_LISTS]
    query: Select[Any] = select(*columns, messages.c.event_type, messages.c.subject, messages.c.event_id)
    query = query.join(messages, messages.c.id == attempts.c.message_id).where(attempts.c.endpoint_id == endpoint_id)
    if wanted.state:
        query = query.where(attempts.c.error.is_(None) == (wanted.state == "succeeded"))
    query = _about(query, wanted, attempts.c.started_at)
    place = tuple_(attempts.c.started_at, attempts.c.message_id, attempts.c.number)
    if after:
        query = query.where(place < attempt_place(endpoint_id, after))
    query = query.order_by(attempts.c.started_at.desc(), attempts.c.message_id.desc(), attempts.c.number.desc())
    return _page(tx, query, limit, lambda row: attempt_cursor(endpoint_id, row))


def newest_attempts(tx: Tx, endpoint_ids: Sequence[str], most: int) -> dict[str, list[Row[Any]]]:
    """Of each endpoint its newest attempts, newest first: when they began and what came of them. Tests count too."""
    # A look into the index each; grouping would read them all.
    if tx.on_postgres:  # in one statement, since planning it for all the days takes longer than carrying it out
        newest = _newest_attempts(endpoints.c.id, most).lateral("newest")
        query = select(newest).join_from(endpoints, newest, true()).where(endpoints.c.id.in_(endpoint_ids))
        rows = list(tx.execute(query))
    else:
        rows = [row for endpoint_id in endpoint_ids for row in tx.execute(_newest_attempts(endpoint_id, most))]
    found: dict[str, list[Row[Any]]] = {endpoint_id: [] for endpoint_id in endpoint_ids}
    for row in sorted(rows, key=lambda row: row.started_at, reverse=True):
        found[row.endpoint_id].append(row)
    return found


def _newest_attempts(endpoint_id: Any, most: int) -> Select[Any]:
    names = ("endpoint_id", "started_at", "message_id", "number", "kind", "status", "error")
    query = select(*[attempts.c[name] for name in names]).where(attempts.c.endpoint_id == endpoint_id)
    return query.order_by(attempts.c.started_at.desc()).limit(most)


_STREAK = 5  # so many attempts tell how an endpoint does now
_LOOKED_THROUGH = 25  # for those among the tests


def latest_attempts(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    """The attempts that tell how each of these endpoints does now, newest first. Tests do not."""
    newest = newest_attempts(tx, endpoint_ids, _LOOKED_THROUGH)
    return {one: [row for row in rows if row.kind != "test"][:_STREAK] for one, rows in newest.items()}


IN_LISTS = [
    column.name
    for column in attempts.c
    if column.name not in ("request_headers", "response_headers", "response_body", "account_id")
]


def message(tx: Tx, account_id: str, message_id: str) -> Row[Any]:
    """One message with its `body`, which is None once the event is pruned. Raises `NotFound`."""
    query = (
        select(messages, events.c.body)
        .join(events, events.c.id == messages.c.event_id, isouter=True)
        .where(messages.c.id == message_id, messages.c.account_id == account_id)
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no message {message_id}. GET /api/Webhook/<id>/Message lists those of an endpoint.")
    return row


def endpoint_of(tx: Tx, message: Row[Any]) -> Row[Any]:
    """The row of the endpoint that a message is for, deleted or not."""
    return tx.execute(select(endpoints).where(endpoints.c.id == message.endpoint_id)).one()


def attempts_of(tx: Tx, message_id: str) -> list[Row[Any]]:
    """All that is kept of the attempts of one message, oldest first."""
    return list(tx.execute(select(attempts).where(attempts.c.message_id == message_id).order_by(attempts.c.number)))


def attempt_of(tx: Tx, message_id: str, number: int) -> Row[Any] | None:
    """All that is kept of one attempt."""
    return tx.execute(select(attempts).where(attempts.c.message_id == message_id, attempts.c.number == number)).first()


def last_attempts_of(tx: Tx, message_id: str, most: int) -> list[Row[Any]]:
    """The same of its last attempts, newest first: a message that waits out a long outage may have very many."""
    query = select(attempts).where(attempts.c.message_id == message_id).order_by(attempts.c.number.desc())
    return list(tx.execute(query.limit(most)))


def page_by_id(tx: Tx, query: Select[Any], column: Any, after: str | None, limit: int, of: str) -> Page:
    """What the query finds, newest first: ids sort by age."""
    if after:
        query = query.where(column < cursors.decode(of, after, 1)[0])
    return _page(tx, query.order_by(column.desc()), limit, lambda row: cursors.encode(of, row.id))


def _about(query: Select[Any], wanted: Filter, instant: Any) -> Select[Any]:
    if wanted.event_types:
        query = query.where(messages.c.event_type.in_(wanted.event_types))
    if wanted.subject:
        query = query.where(messages.c.subject == wanted.subject)
    if wanted.since:
        query = query.where(instant >= wanted.since)
    if wanted.until:
        query = query.where(instant <= wanted.until)
    return query


def attempt_cursor(endpoint_id: str, attempt: Row[Any]) -> str:
    """Return the cursor that goes on behind an attempt in the list of its endpoint."""
    started = (attempt.started_at - _EPOCH) // _MICROSECOND
    return cursors.encode(f"attempts {endpoint_id}", started, attempt.message_id, attempt.number)


def attempt_place(endpoint_id: str, cursor: str) -> tuple[datetime, str, int]:
    """The place that a cursor of `attempt_cursor` names. Raises `Invalid`."""
    started, message_id, number = cursors.decode(f"attempts {endpoint_id}", cursor, 3)
    try:
        place = _EPOCH + int(started) * _MICROSECOND, message_id, int(number)
    except (ValueError, OverflowError):
        raise cursors.wrong_cursor() from None
    if abs(place[2]) >= _TOO_LARGE:
        raise cursors.wrong_cursor()
    return place


def _page(tx: Tx, query: Select[Any], limit: int, cursor: Any) -> Page:
    rows = list(tx.execute(query.limit(limit + 1)))
    more = len(rows) > limit
    return Page(rows[:limit], cursor(rows[limit - 1]) if more else None)
