"""The events of an account, newest first, for people: all of them, or those about one object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select, tuple_

from waybell import cursors
from waybell.db.database import Tx
from waybell.events.tables import events

_LOOKED_AT = 10_000  # for events of one type: further back it goes by "Search further"
_PLACE = (events.c.horizon, events.c.seq)
_COLUMNS = [column for column in events.c if column.name != "body"]


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Row[Any]]  # of `events`, without the body
    cursor: str | None  # go on behind this; None at the end
    stopped_early: bool = False  # before the page was full


def newest(
    tx: Tx, account_id: str, event_type: str | None, subjects: Sequence[str] | None, after: str | None, limit: int
) -> Listing:
    """Samples are left out. `subjects` are those to list; None stands for all. Raises `Invalid` for a wrong cursor."""
    among = and_(events.c.account_id == account_id, events.c.test.is_(False), *_behind(after))
    if subjects is not None:
        return _of_subjects(tx, among, event_type, subjects, limit)
    query = select(*_COLUMNS).where(among).order_by(*[column.desc() for column in _PLACE])
    if not event_type:
        return _page(list(tx.execute(query.limit(limit + 1))), limit)
    found = _page(list(tx.execute(_of_type(query, event_type).limit(limit + 1))), limit)
    if found.cursor:
        return found
    last = tx.execute(query.offset(_LOOKED_AT - 1).limit(1)).first()
    return Listing(found.rows, _cursor(last) if last else None, stopped_early=last is not None)


def _of_subjects(
    tx: Tx, among: ColumnElement[bool], event_type: str | None, subjects: Sequence[str], limit: int
) -> Listing:
    """A query for each: the events of one object stand in their order in an index, and those of several do not."""
    rows: list[Row[Any]] = []
    for subject in subjects:
        query = select(*_COLUMNS).where(among, events.c.subject == subject).order_by(events.c.version.desc())
        rows += tx.execute((_of_type(query, event_type) if event_type else query).limit(limit + 1))
    return _page(sorted(rows, key=lambda row: (row.horizon, row.seq), reverse=True), limit)


def _of_type(query: Select[Any], event_type: str) -> Select[Any]:
    """Those of this type among the first that the query finds, in its order."""
    looked_at = query.limit(_LOOKED_AT).subquery()
    order = [looked_at.c[column.name].desc() for column in _PLACE]
    return select(looked_at).where(looked_at.c.type == event_type).order_by(*order)


def _page(rows: list[Row[Any]], limit: int) -> Listing:
    return Listing(rows[:limit], _cursor(rows[limit - 1]) if len(rows) > limit else None)


def _behind(after: str | None) -> list[ColumnElement[bool]]:
    if not after:
        return []
    horizon, seq = (cursors.number(part) for part in cursors.decode(after, 2))
    return [tuple_(*_PLACE) < (horizon, seq)]


def _cursor(row: Row[Any]) -> str:
    return cursors.encode(row.horizon, row.seq)


def about(tx: Tx, account_id: str, subject: str, limit: int) -> list[Row[Any]]:
    """The newest events about one object."""
    query = select(*_COLUMNS).where(events.c.account_id == account_id, events.c.subject == subject)
    return list(tx.execute(query.order_by(events.c.version.desc()).limit(limit)))
