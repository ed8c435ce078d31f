"""Search the attempts at an endpoint, newest first, page by page, without reading a million of them at once.

A search scans at most `MOST_SCANNED` attempts. When it has not filled the page by then, it returns how far it came, and
the next request continues there. Failed attempts have an index of their own, and an object is found by its events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from sqlalchemy import ColumnElement, Select, and_, select, tuple_, union_all

from waybell.db.counting import count_up_to
from waybell.db.database import Tx
from waybell.events.tables import events
from waybell.ground.event_names import EventName
from waybell.webhooks.history import message_log
from waybell.webhooks.messages.records import LISTED_ATTEMPTS, ListedAttempt
from waybell.webhooks.messages.tables import attempts, messages
from waybell.webhooks.model import ErrorWord

MOST_SCANNED = 10_000
COUNTED_AT_MOST = 10_000  # a page shows more as "10,000+", because counting a million would take too long
EVENTS_OF_OBJECT = 2_000  # the newest events of an object, among which its attempts are searched
STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")
OUTCOMES: tuple[str, ...] = (*STATUS_CLASSES, *[word.value for word in ErrorWord if word is not ErrorWord.HTTP_STATUS])

_PLACE = (attempts.c.started_at, attempts.c.message_id, attempts.c.number)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The conditions of a search; None stands for no condition."""

    state: Literal["succeeded", "failed"] | None = None
    event_type: EventName | None = None
    subjects: Sequence[str] | None = None  # the objects that the events are about; an empty list finds nothing
    outcome: str | None = None  # one of OUTCOMES
    since: datetime | None = None
    until: datetime | None = None

    @property
    def failed_only(self) -> bool:
        return self.state == "failed" or self.outcome not in (None, "2xx")


R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    rows: list[R]
    cursor: str | None  # where the next page begins; None at the end
    searched_to: datetime | None = None  # how far the search came, if it stopped before the page was full


def search(
    tx: Tx, account_id: str, endpoint_id: str, wanted: Wanted, after: str | None, limit: int
) -> Found[ListedAttempt]:
    """Find attempts, newest first. Raise `Invalid` for a wrong cursor."""
    narrow = _narrowing(wanted)
    if wanted.subjects is not None:
        return _page(tx, endpoint_id, _of_objects(account_id, endpoint_id, wanted, after, narrow), limit)
    candidates = _candidates(endpoint_id, wanted, after)
    place = candidates.limit(limit + 1 if narrow is None else MOST_SCANNED).subquery()
    query = _listing().join(place, and_(*[mine == theirs for mine, theirs in zip(_PLACE, place.c, strict=True)]))
    found = _page(tx, endpoint_id, query if narrow is None else query.where(narrow), limit)
    if found.cursor or narrow is None:
        return found
    last = tx.execute(candidates.offset(MOST_SCANNED - 1).limit(1)).first()
    return Found(found.rows, message_log.cursor_of_place(endpoint_id, *last), last.started_at) if last else found


def _candidates(endpoint_id: str, wanted: Wanted, after: str | None) -> Select[Any]:
    """Select the places of the attempts to scan, newest first."""
    query = select(*_PLACE).where(attempts.c.endpoint_id == endpoint_id)
    if wanted.failed_only:
        query = query.where(attempts.c.error.is_not(None))
    return _between(query, endpoint_id, wanted, after).order_by(*[column.desc() for column in _PLACE])


def _between(query: Select[Any], endpoint_id: str, wanted: Wanted, after: str | None) -> Select[Any]:
    if wanted.since:
        query = query.where(attempts.c.started_at >= wanted.since)
    if wanted.until:
        query = query.where(attempts.c.started_at <= wanted.until)
    if after:
        place = message_log.attempt_place(endpoint_id, after)
        # The first condition follows from the second, but only it makes both databases use the index.
        query = query.where(attempts.c.started_at <= place[0], tuple_(*_PLACE) < place)
    return query


def _of_objects(
    account_id: str, endpoint_id: str, wanted: Wanted, after: str | None, narrow: ColumnElement[bool] | None
) -> Select[Any]:
    query = _listing().where(messages.c.event_id.in_(_events_of(account_id, wanted.subjects or ())))
    query = query.where(messages.c.endpoint_id == endpoint_id)
    if wanted.failed_only:
        query = query.where(attempts.c.error.is_not(None))
    query = _between(query, endpoint_id, wanted, after)
    return query if narrow is None else query.where(narrow)


def _events_of(account_id: str, subjects: Sequence[str]) -> Any:
    """Select the ids of the newest events of each object, by one index look-up for each object."""
    newest = [
        select(
            select(events.c.id)
            .where(events.c.account_id == account_id, events.c.subject == subject)
            .order_by(events.c.version.desc())
            .limit(EVENTS_OF_OBJECT)
            .subquery()
        )
        for subject in subjects
    ]
    return union_all(*newest) if newest else [""]


def _listing() -> Select[Any]:
    query = select(*LISTED_ATTEMPTS.columns).select_from(attempts)
    return query.join(messages, messages.c.id == attempts.c.message_id)


def _narrowing(wanted: Wanted) -> ColumnElement[bool] | None:
    """Return the conditions that no index serves, for which candidates are scanned; None when there are none."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.state == "succeeded" or wanted.outcome == "2xx":
        conditions.append(attempts.c.error.is_(None))
    if wanted.event_type:
        conditions.append(messages.c.event_type == wanted.event_type.own)
    if wanted.outcome and wanted.outcome != "2xx":
        conditions.append(of_outcome(attempts, wanted.outcome))
    return and_(*conditions) if conditions else None


def of_outcome(table: Any, outcome: str) -> ColumnElement[bool]:
    """Return the condition that an attempt, or the last one of a message, ended with this status class or error."""
    if outcome in STATUS_CLASSES:
        hundred = int(outcome[0]) * 100
        return and_(table.c.status >= hundred, table.c.status < hundred + 100)
    return and_(table.c.error == outcome)


def _page(tx: Tx, endpoint_id: str, query: Select[Any], limit: int) -> Found[ListedAttempt]:
    rows = LISTED_ATTEMPTS.all(tx, query.order_by(*[column.desc() for column in _PLACE]).limit(limit + 1))
    if len(rows) <= limit:
        return Found(rows, None)
    return Found(rows[:limit], message_log.attempt_cursor(endpoint_id, rows[limit - 1]))


def count_waiting(tx: Tx, endpoint_id: str, most: int = COUNTED_AT_MOST) -> int:
    """Count the messages of the endpoint that are not finished, up to `most`."""
    theirs = select(messages.c.id).where(messages.c.endpoint_id == endpoint_id, messages.c.finished_at.is_(None))
    # Heads have one index, and messages behind a head have another, so each part is counted by itself.
    due = count_up_to(tx, theirs.where(messages.c.due_at.is_not(None)), most)
    return due if due >= most else due + count_up_to(tx, theirs.where(messages.c.due_at.is_(None)), most - due)
