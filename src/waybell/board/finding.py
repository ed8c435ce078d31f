"""From the short ids of rows to our own ids."""

from collections.abc import Collection

from sqlalchemy import select

from waybell.board.lean import seq_of
from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.orders.tables import orders, routes


def page_of(tx: Tx, account_id: str, short_id: str) -> str | None:
    """Return the path of the page of an order or a route, or None when the account has no such row."""
    if track_id := track_ids(tx, account_id, [short_id]).get(short_id):
        return f"/orders/{track_id}"
    if route_id := route_ids(tx, account_id, [short_id]).get(short_id):
        return f"/routes/{route_id}"
    return None


def track_ids(tx: Tx, account_id: str, short_ids: Collection[str]) -> dict[str, str]:
    """Return the track id behind each short id of an order of the account; other ids are left out."""
    known = {seq: short_id for short_id in short_ids if (seq := seq_of("o", short_id))}
    found = {}
    for some in chunks(sorted(known)):
        query = select(orders.c.seq, orders.c.track_id)
        these = query.where(orders.c.account_id == account_id, orders.c.seq.in_(some))
        found.update({known[row.seq]: row.track_id for row in tx.execute(these)})
    return found


def route_ids(tx: Tx, account_id: str, short_ids: Collection[str]) -> dict[str, str]:
    """Return our own id behind each short id of a route of the account; other ids are left out."""
    known = {seq: short_id for short_id in short_ids if (seq := seq_of("r", short_id))}
    found = {}
    for some in chunks(sorted(known)):
        these = select(routes.c.seq, routes.c.id).where(routes.c.account_id == account_id, routes.c.seq.in_(some))
        found.update({known[row.seq]: row.id for row in tx.execute(these)})
    return found
