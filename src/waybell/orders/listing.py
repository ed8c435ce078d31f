"""Orders as people look for them: by day, by how they stand, by a few letters; newest first, page by page."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Text, and_, cast, or_

from waybell import cursors
from waybell.db.database import Tx
from waybell.orders import model, store
from waybell.orders.model import Order
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


@dataclass(frozen=True, slots=True)
class Listing:
    orders: list[Order]
    cursor: str | None


def search(
    tx: Tx, account_id: str, date: str | None, standing: Standing | None, typed: str, after: str | None, limit: int
) -> Listing:
    """`date` is a day's midnight as text; `typed` begins a Number, Id or TrackId, or stands in an order of that day."""
    of_account = (orders.c.account_id == account_id) & orders.c.deleted_at.is_(None)
    conditions: list[ColumnElement[bool]] = [of_account]
    if date:
        conditions.append(orders.c.date == date)
    if typed:
        conditions.append(_typed(typed, of_day=date is not None))
    if after:
        conditions.append(orders.c.seq < _seq(after))
    if standing:
        conditions.append(STANDINGS[standing])
    rows = store.newest(tx, account_id, and_(*conditions), limit + 1)
    if len(rows) <= limit:
        return Listing([order for _, order in rows], None)
    return Listing([order for _, order in rows[:limit]], cursors.encode(rows[limit - 1][0]))


def _typed(typed: str, *, of_day: bool) -> ColumnElement[bool]:
    names = (orders.c.number, orders.c.ext_id, orders.c.track_id)
    keys = [name.istartswith(typed, autoescape=True) for name in names]
    if of_day:
        keys.append(cast(orders.c.document, Text).icontains(typed, autoescape=True))
    return or_(*keys)


def _seq(cursor: str) -> int:
    text: Any = cursors.decode(cursor, 1)[0]
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - what a database holds
        raise cursors.wrong_cursor()
    return int(text)
