"""Searching orders: by day, by state, by a few typed letters, sorted by any column, page by page.

A page reads a limited number of orders, however many there are. When it finds too few among them it says so, and the
next page continues from there. Sorting, except by age, also covers only that number.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, or_, select, true

from waybell.db.counting import count_up_to
from waybell.db.database import Tx
from waybell.db.scoped import member
from waybell.ground import cursors
from waybell.orders import model, store
from waybell.orders.store import Stored
from waybell.orders.tables import orders, routes

OrderState = Literal["unscheduled", "scheduled", "in-progress", "done", "partially", "failed"]

_OPEN = orders.c.status_id.is_(None)
ORDER_STATES: dict[OrderState, ColumnElement[bool]] = {
    "unscheduled": and_(_OPEN, orders.c.route_id.is_(None)),
    "scheduled": and_(_OPEN, orders.c.route_id.is_not(None)),
    "in-progress": orders.c.status_id == model.IN_PROGRESS,
    "done": orders.c.status_id == model.DELIVERED,
    "partially": orders.c.status_id == model.PARTIALLY,
    "failed": orders.c.status_id.in_(model.FAILED),
}
SORTS = ("number", "status", "client", "address", "date", "slot", "route", "driver", "changed")

_MOST_SCANNED = 10_000  # the orders that one page reads where no index helps
COUNTED_AT_MOST = 10_000
_NAMED_AT_MOST = 1_000  # the newest orders whose keys, or whose route's code, begin with the typed text
_ROUTES_AT_MOST = 200  # the newest routes, likewise
# Shorter text is the beginning of a number; as the beginning of a TrackId it would match by chance.
_TRACK_ID = re.compile(r"[0-9a-f][0-9a-f-]{7,35}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The conditions of a search; None stands for no condition."""

    date: str | None = None  # the midnight of a day as text
    state: OrderState | None = None
    typed: str = ""  # the beginning of a Number, Id, TrackId or route code, or a part of a client or an address
    sort: str | None = None  # one of SORTS, with a minus for descending; None sorts the newest first


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Stored]
    cursor: str | None  # where to continue; None at the end
    total: int | None = None  # at most COUNTED_AT_MOST; counted on the first page only
    stopped_early: bool = False  # more orders may match than were read


def search(tx: Tx, account_id: str, wanted: Wanted, after: str | None, limit: int) -> Listing:
    """Return a page of orders.

    Raise `Invalid` for a wrong cursor.
    """
    place = _place(after, wanted)
    among = [orders.c.account_id == account_id, store.in_scope(tx)]
    if wanted.date:
        among.append(orders.c.date == wanted.date)
    behind = [orders.c.seq < place.number] if after and place.kind != "sorted" else []
    found = _among(tx, account_id, and_(*among), and_(*among, *behind), wanted, place)
    if wanted.sort:
        return _sorted(tx, account_id, wanted.sort, found, place.number, limit)
    every = bool(wanted.typed or wanted.state) and not after  # a condition without an index is counted while reading
    most = _MOST_SCANNED + limit if every else limit + 1
    seqs = store.seqs(tx, account_id, found.which, [orders.c.seq.desc()], most)
    total = None if after else len(seqs) if every else _count(tx, and_(*among))
    rows = store.of_seqs(tx, account_id, seqs[:limit])
    if len(seqs) > limit:
        following = _Place(place.kind, seqs[limit - 1], found.floor)
        return Listing(rows, following.cursor, total, found.further is not None)
    return Listing(rows, found.further.cursor if found.further else None, total, found.further is not None)


@dataclass(frozen=True, slots=True)
class _Place:
    """A position at which to continue.

    The kinds `all` and `text` continue behind an order, the latter among the orders that hold the text; `sorted`
    continues at a count. `floor` is the oldest order whose text was searched, 0 for the oldest of all.
    """

    kind: str = "all"
    number: int = 0
    floor: int = 0

    @property
    def cursor(self) -> str:
        return cursors.encode("orders", self.kind, self.number, self.floor)


def _place(after: str | None, wanted: Wanted) -> _Place:
    if not after:
        return _Place("sorted" if wanted.sort else "all")
    kind, *numbers = cursors.decode("orders", after, 3)
    if kind not in (("sorted",) if wanted.sort else ("all", "text")):
        raise cursors.wrong_cursor()
    return _Place(kind, *map(cursors.number, numbers))


@dataclass(frozen=True, slots=True)
class _Among:
    which: ColumnElement[bool]
    floor: int = 0  # the oldest order whose text is searched
    further: _Place | None = None  # where to continue after these


def _among(
    tx: Tx, account_id: str, every: ColumnElement[bool], here: ColumnElement[bool], wanted: Wanted, place: _Place
) -> _Among:
    """Return the condition of a search, bounded so that it reads a limited number of orders.

    `here` restricts `every` to the orders behind the place.
    """
    if not (wanted.typed or wanted.state):
        return _Among(here)
    stands = ORDER_STATES[wanted.state] if wanted.state else true()
    by_text = wanted.typed and not wanted.date and place.kind != "text"
    floor = place.floor if by_text and place.number else _seq_of(tx, every if by_text else here, _MOST_SCANNED)
    near = and_(here, stands, orders.c.seq >= floor)
    if not wanted.typed:
        return _Among(near, floor, _Place("all", floor) if floor else None)
    names = [*_keys(tx, wanted.typed), *_on_matching_routes(tx, account_id, wanted.typed)]
    further = _Place("text", floor) if floor else None
    if wanted.date:
        further = _Place("all", floor) if floor else None
        return _Among(and_(near, or_(*names, _holds(tx, wanted.typed))), floor, further)
    if place.kind == "text":  # orders with a matching key were found before, however old they are
        return _Among(and_(near, _holds(tx, wanted.typed), _is_not(or_(*names))), floor, further)
    named = _named(tx, here, names)
    if len(named) == _NAMED_AT_MOST:
        here, further = and_(here, orders.c.seq >= named[-1]), _Place("all", named[-1], floor)
    in_text = and_(orders.c.seq >= floor, _holds(tx, wanted.typed))
    return _Among(and_(here, stands, or_(orders.c.seq.in_(named), in_text)), floor, further)


def _is_not(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Negate a condition, with null as false: an order without a number or a route does not match by it."""
    return case((condition, 1), else_=0) == 0


def _sorted(tx: Tx, account_id: str, sort: str, found: _Among, at: int, limit: int) -> Listing:
    which, is_part = found.which, found.further is not None
    if not is_part:
        floor = _seq_of(tx, which, _MOST_SCANNED + 1)
        which, is_part = and_(which, orders.c.seq > floor), bool(floor)
    columns = _columns(tx)[sort.removeprefix("-")]
    order = [part for one in columns for part in (one.is_(None), one.desc() if sort.startswith("-") else one)]
    seqs = store.seqs(tx, account_id, which, [*order, orders.c.seq.desc()], _MOST_SCANNED)
    rows = store.of_seqs(tx, account_id, seqs[at : at + limit])
    cursor = _Place("sorted", at + limit).cursor if at + limit < len(seqs) else None
    return Listing(rows, cursor, len(seqs), is_part)


def _columns(tx: Tx) -> Mapping[str, Sequence[ColumnElement[Any]]]:
    """Return the columns of each sort; empty values come last."""
    texts = {name: member(tx, orders.c.document, name) for name in ("Client", "Address", "TimeSlotFrom", "TimeSlotTo")}
    slot = func.coalesce(texts["TimeSlotFrom"], texts["TimeSlotTo"])
    state = case(*[(condition, place) for place, condition in enumerate(ORDER_STATES.values())])
    return {
        "number": [func.lower(orders.c.number)],
        "status": [state],
        "client": [func.lower(texts["Client"])],
        "address": [func.lower(texts["Address"])],
        "date": [orders.c.date, slot],
        "slot": [slot],
        "route": [routes.c.code, orders.c.seq_number],
        "driver": [func.lower(func.coalesce(routes.c.driver_name, routes.c.driver_login))],
        "changed": [orders.c.changed_at],
    }


def _count(tx: Tx, among: ColumnElement[bool]) -> int:
    return count_up_to(tx, select(orders.c.seq).where(among, orders.c.deleted_at.is_(None)), COUNTED_AT_MOST)


def _named(tx: Tx, among: ColumnElement[bool], names: Sequence[ColumnElement[bool]]) -> list[int]:
    """Return the row numbers of the newest orders that match one of the conditions, newest first."""
    found: set[int] = set()
    for is_named in names:
        # Each condition is read from the index of its column. MATERIALIZED keeps the planner from scanning the row
        # numbers instead, in the hope of meeting enough matches soon.
        matching = select(orders.c.seq).where(among, is_named).cte().prefix_with("MATERIALIZED")
        found.update(tx.execute(select(matching.c.seq).order_by(matching.c.seq.desc()).limit(_NAMED_AT_MOST)).scalars())
    return sorted(found, reverse=True)[:_NAMED_AT_MOST]


def _on_matching_routes(tx: Tx, account_id: str, typed: str) -> list[ColumnElement[bool]]:
    """Return the condition that an order is on a route whose code begins with this, if there is such a route."""
    of_account = (routes.c.account_id == account_id, _begins(tx, routes.c.code, typed))
    matching = select(routes.c.seq).where(*of_account).cte().prefix_with("MATERIALIZED")  # from its index, as in _named
    newest = select(matching.c.seq).order_by(matching.c.seq.desc()).limit(_ROUTES_AT_MOST)
    query = select(routes.c.id).where(routes.c.seq.in_(newest), routes.c.deleted_at.is_(None))
    found = list(tx.execute(query).scalars())
    return [orders.c.route_id.in_(found)] if found else []


def _keys(tx: Tx, typed: str) -> list[ColumnElement[bool]]:
    """Return the conditions that a key begins with this, ignoring letter case."""
    columns = [orders.c.number, orders.c.ext_id, *([orders.c.track_id] if _TRACK_ID.fullmatch(typed.lower()) else ())]
    return [_begins(tx, one, typed) for one in columns]


def _begins(tx: Tx, column: ColumnElement[Any], typed: str) -> ColumnElement[bool]:
    # SQLite's LIKE ignores letter case by itself, and is faster than lower().
    return (column.istartswith if tx.on_postgres else column.startswith)(typed, autoescape=True)


def _holds(tx: Tx, typed: str) -> ColumnElement[bool]:
    """Return the condition that the client or the address holds this text."""
    # The text of the whole document is searched first, so that few documents are parsed.
    text = cast(orders.c.document, Text).icontains(json.dumps(typed, ensure_ascii=False)[1:-1], autoescape=True)
    members = [member(tx, orders.c.document, name) for name in ("Client", "Address")]
    there = or_(*[one.icontains(typed, autoescape=True) for one in members])
    return and_(text, there)


def _seq_of(tx: Tx, among: ColumnElement[bool], place: int) -> int:
    """Return the row number of the order at this position among the newest, or 0 when there are fewer."""
    query = select(orders.c.seq).where(among).order_by(orders.c.seq.desc()).offset(place - 1).limit(1)
    return tx.execute(query).scalar() or 0
