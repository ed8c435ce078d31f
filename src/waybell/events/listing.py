"""The events of an account, newest first, for people: all of them, or those about one object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, tuple_

from waybell import cursors
from waybell.db.database import Tx
from waybell.events.tables import events

_LOOKED_AT = 10_000  # for events of one type: further back it goes by "Search further"


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Row[Any]]  # of `events`, without the body
    cursor: str | None
    stopped_early: bool = False


_COLUMNS = [column for column in events.c if column.name != "body"]


def newest(
    tx: Tx, account_id: str, event_type: str | None, subjects: Sequence[str] | None, after: str | None, limit: int
) -> Listing:
    """Samples are left out. `subjects` are those to list; None stands for all."""
    place = (events.c.horizon, events.c.seq)
    query = select(*_COLUMNS).where(events.c.account_id == account_id, events.c.test.is_(False))
    if subjects is not None:
        query = query.where(events.c.subject.in_(subjects))
    if after:
        query = query.where(tuple_(*place) < tuple(_number(part) for part in cursors.decode(after, 2)))
    query = query.order_by(events.c.horizon.desc(), events.c.seq.desc())
    if event_type:
        looked_at = query.limit(_LOOKED_AT).subquery()
        rows = list(tx.execute(select(looked_at).where(looked_at.c.type == event_type).limit(limit + 1)))
        if len(rows) <= limit:
            last = tx.execute(query.offset(_LOOKED_AT - 1).limit(1)).first()
            cursor = cursors.encode(last.horizon, last.seq) if last else None
            return Listing(rows, cursor, stopped_early=cursor is not None)
    else:
        rows = list(tx.execute(query.limit(limit + 1)))
    if len(rows) <= limit:
        return Listing(rows, None)
    return Listing(rows[:limit], cursors.encode(rows[limit - 1].horizon, rows[limit - 1].seq))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - what a database holds
        raise cursors.wrong_cursor()
    return int(text)


def about(tx: Tx, account_id: str, subject: str, limit: int) -> list[Row[Any]]:
    """The newest events about one object."""
    query = select(*_COLUMNS).where(events.c.account_id == account_id, events.c.subject == subject)
    return list(tx.execute(query.order_by(events.c.version.desc()).limit(limit)))
