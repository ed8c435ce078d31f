"""Lists of an account's events for people, newest first: all events, or those about one object."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, tuple_

from waybell.db.database import Tx
from waybell.db.records import Records
from waybell.events import feed_places
from waybell.events.tables import events
from waybell.ground import cursors
from waybell.ground.errors import NotFound
from waybell.ground.event_names import EventName

_MOST_SCANNED = 10_000  # the rows that one page searches without an index; "Search further" continues behind them
_PLACE = (events.c.horizon, events.c.seq)


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event as a list shows it, without its body."""

    seq: int
    horizon: int
    id: str
    account_id: str
    type: EventName
    subject: str
    version: int
    created_at: datetime
    test: bool  # made by a test send
    opt_in: bool  # of a type that is sent only to those who ask for it by name


@dataclass(frozen=True, slots=True)
class WholeEvent(ListedEvent):
    body: bytes


_EVENTS = Records(ListedEvent, events)
_WHOLE_EVENTS = Records(WholeEvent, events)


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[ListedEvent]
    cursor: str | None  # where to continue; None at the end
    stopped_early: bool = False  # the search ended before the page was full


@dataclass(frozen=True, slots=True)
class Wanted:
    """The conditions of a list; None stands for no condition."""

    event_type: EventName | None = None
    subjects: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: Sequence[str] | None = None  # the only events to list, found beforehand by another index


# A condition on the ids of events that no index of events serves.
Narrow = Callable[[ColumnElement[str]], ColumnElement[bool]]


def newest(
    tx: Tx, account_id: str, wanted: Wanted, after: str | None, limit: int, narrow: Narrow | None = None
) -> Listing:
    """Return a page of events, newest first and without test events.

    Raise `Invalid` for a wrong cursor.
    """
    among = and_(events.c.account_id == account_id, events.c.test.is_(False), *_between(tx, wanted), *_behind(after))
    if wanted.subjects is not None:
        return _newest_of_subjects(tx, among, wanted, limit, narrow)
    if wanted.ids is not None:
        among = and_(among, events.c.id.in_(wanted.ids))
    query = select(*_EVENTS.columns).where(among).order_by(*[column.desc() for column in _PLACE])
    if not (wanted.event_type or narrow):
        return _page(_EVENTS.all(tx, query.limit(limit + 1)), limit)
    found = _page(_EVENTS.all(tx, _narrowed(query, wanted, narrow).limit(limit + 1)), limit)
    if found.cursor:
        return found
    last = _EVENTS.first(tx, query.offset(_MOST_SCANNED - 1).limit(1))
    return Listing(found.rows, _cursor(last) if last else None, stopped_early=last is not None)


def _newest_of_subjects(
    tx: Tx, among: ColumnElement[bool], wanted: Wanted, limit: int, narrow: Narrow | None
) -> Listing:
    """List the events of several objects, with one query for each, because the index orders them per object."""
    rows: list[ListedEvent] = []
    for subject in wanted.subjects or ():
        query = select(*_EVENTS.columns).where(among, events.c.subject == subject).order_by(events.c.version.desc())
        rows += _EVENTS.all(tx, _narrowed(query, wanted, narrow).limit(limit + 1))
    return _page(sorted(rows, key=lambda row: (row.horizon, row.seq), reverse=True), limit)


def _narrowed(query: Select[Any], wanted: Wanted, narrow: Narrow | None) -> Select[Any]:
    """Return the rows that match among the first rows of the query, in its order."""
    if not (wanted.event_type or narrow):
        return query
    scanned = query.limit(_MOST_SCANNED).subquery()
    matches = [scanned.c.type == wanted.event_type.own] if wanted.event_type else []
    matches += [narrow(scanned.c.id)] if narrow else []
    return select(scanned).where(*matches).order_by(*[scanned.c[column.name].desc() for column in _PLACE])


def _between(tx: Tx, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return the conditions for the period: a range of positions, which an index serves, and the exact times."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.since:
        first = feed_places.before(tx, wanted.since)
        conditions += [tuple_(*_PLACE) > first] if first else []
        conditions.append(events.c.created_at >= wanted.since)
    if wanted.until:
        end = feed_places.behind(tx, wanted.until)
        conditions += [tuple_(*_PLACE) < end] if end else []
        conditions.append(events.c.created_at <= wanted.until)
    return conditions


def _page(rows: list[ListedEvent], limit: int) -> Listing:
    return Listing(rows[:limit], _cursor(rows[limit - 1]) if len(rows) > limit else None)


def _behind(after: str | None) -> list[ColumnElement[bool]]:
    if not after:
        return []
    horizon, seq = (cursors.number(part) for part in cursors.decode("events", after, 2))
    return [tuple_(*_PLACE) < (horizon, seq)]


def _cursor(row: ListedEvent) -> str:
    return cursors.encode("events", row.horizon, row.seq)


def about(tx: Tx, account_id: str, subject: str, limit: int) -> list[ListedEvent]:
    """Return the newest events about one object."""
    query = select(*_EVENTS.columns).where(events.c.account_id == account_id, events.c.subject == subject)
    return _EVENTS.all(tx, query.order_by(events.c.version.desc()).limit(limit))


def find(tx: Tx, account_id: str, event_id: str) -> WholeEvent:
    """Return one event of the account.

    Raise `NotFound` when the account has no event with this id, or no longer has it.
    """
    query = select(*_WHOLE_EVENTS.columns).where(events.c.id == event_id, events.c.account_id == account_id)
    found = _WHOLE_EVENTS.first(tx, query)
    if found is None:
        raise NotFound(f"There is no event {event_id}. Events are kept for a while only.")
    return found


def fingerprint(tx: Tx, account_id: str) -> tuple[int, int] | None:
    """Return the place of the account's newest event, by which a page sees whether the list has changed."""
    query = select(*_PLACE).where(events.c.account_id == account_id)
    row = tx.execute(query.order_by(*[column.desc() for column in _PLACE]).limit(1)).first()
    return (row.horizon, row.seq) if row else None
