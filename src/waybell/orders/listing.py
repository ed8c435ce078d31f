"""Orders as people look for them: by day, by how they stand, by a few letters; newest first, page by page.

However many orders there are, a page looks at a bounded number of them: when it has found too few by then, it says so,
and goes on from there when asked.
"""

import json
import re
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Text, and_, cast, or_, select

from waybell import cursors
from waybell.db.database import Tx
from waybell.db.scoped import member
from waybell.orders import model, store
from waybell.orders.store import Stored
from waybell.orders.tables import orders

Standing = Literal["unscheduled", "scheduled", "in-progress", "done", "partially", "failed"]

_OPEN = orders.c.status_id.is_(None)
STANDINGS: dict[Standing, ColumnElement[bool]] = {
    "unscheduled": and_(_OPEN, orders.c.route_id.is_(None)),
    "scheduled": and_(_OPEN, orders.c.route_id.is_not(None)),
    "in-progress": orders.c.status_id == model.IN_PROGRESS,
    "done": orders.c.status_id == model.DELIVERED,
    "partially": orders.c.status_id == model.PARTIALLY,
    "failed": orders.c.status_id.in_(model.FAILED),
}

_LOOKED_AT = 10_000  # orders, for what no index finds
_NAMED_AT_MOST = 1_000  # the newest orders whose keys begin with what was typed
# Shorter beginnings are those of numbers; they would find TrackIds by chance.
_TRACK_ID = re.compile(r"[0-9a-f][0-9a-f-]{7,35}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list; None stands for "whatever it is"."""

    date: str | None = None  # the midnight of a day as text
    standing: Standing | None = None
    typed: str = ""  # begins a Number, Id or TrackId; of a day, also stands in a client or an address


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Stored]
    cursor: str | None  # go on behind this; None at the end
    stopped_early: bool = False  # before the page was full


def search(tx: Tx, account_id: str, wanted: Wanted, after: str | None, limit: int) -> Listing:
    """Raises `Invalid` for a cursor that is none."""
    among = [orders.c.account_id == account_id]
    if wanted.date:
        among.append(orders.c.date == wanted.date)
    if after:
        among.append(orders.c.seq < cursors.number(cursors.decode(after, 1)[0]))
    narrow = [STANDINGS[wanted.standing]] if wanted.standing else []
    floor = None
    if wanted.typed and not wanted.date:
        named = _named(tx, and_(*among), wanted.typed)
        among.append(orders.c.seq.in_(named))
        floor = named[-1] if len(named) == _NAMED_AT_MOST else None
    elif wanted.typed or narrow:
        narrow += [_holds(tx, wanted.typed)] if wanted.typed else []
        floor = _seq_of(tx, and_(*among), _LOOKED_AT)
        if floor is not None:
            among.append(orders.c.seq >= floor)
    rows = store.newest(tx, account_id, and_(*among, *narrow), limit + 1)
    if len(rows) > limit:
        return Listing(rows[:limit], cursors.encode(rows[limit - 1].seq))
    cursor = None if floor is None else cursors.encode(floor)
    return Listing(rows, cursor, stopped_early=cursor is not None)


def _named(tx: Tx, among: ColumnElement[bool], typed: str) -> list[int]:
    """The row numbers of the newest orders that have a key which begins like this, newest first."""
    found: set[int] = set()
    for begins in _keys(tx, typed):
        # Each is read off the index of its column alone. Materialized, so that nobody walks along the row numbers
        # instead, in the hope to meet enough of them soon.
        matching = select(orders.c.seq).where(among, begins).cte().prefix_with("MATERIALIZED")
        found.update(tx.execute(select(matching.c.seq).order_by(matching.c.seq.desc()).limit(_NAMED_AT_MOST)).scalars())
    return sorted(found, reverse=True)[:_NAMED_AT_MOST]


def _keys(tx: Tx, typed: str) -> list[ColumnElement[bool]]:
    """Whether a key begins with this; letter case does not count."""
    columns = [orders.c.number, orders.c.ext_id, *([orders.c.track_id] if _TRACK_ID.fullmatch(typed.lower()) else ())]
    # On SQLite LIKE is that way by itself, and faster than with lower().
    return [(one.istartswith if tx.on_postgres else one.startswith)(typed, autoescape=True) for one in columns]


def _holds(tx: Tx, typed: str) -> ColumnElement[bool]:
    """Whether an order holds this text where people look for it."""
    # The text of the whole document first: few are worth being read.
    text = cast(orders.c.document, Text).icontains(json.dumps(typed, ensure_ascii=False)[1:-1], autoescape=True)
    members = [member(tx, orders.c.document, name) for name in ("Client", "Address")]
    there = or_(*[one.icontains(typed, autoescape=True) for one in members])
    return or_(*_keys(tx, typed), and_(text, there))


def _seq_of(tx: Tx, among: ColumnElement[bool], place: int) -> int | None:
    """The row number of the order at this place among the newest, if there are so many."""
    query = select(orders.c.seq).where(among).order_by(orders.c.seq.desc()).offset(place - 1).limit(1)
    found: int | None = tx.execute(query).scalar()
    return found
