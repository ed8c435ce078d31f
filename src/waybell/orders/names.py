"""The keys by which people know an order: from typed text to track ids, and from track ids to numbers."""

from collections.abc import Collection

from sqlalchemy import select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.orders.tables import orders

MOST = 20  # the most orders that one key finds


def track_ids(tx: Tx, account_id: str, typed: str) -> list[str]:
    """Return the track ids of the orders that have this key, without duplicates."""
    found: dict[str, None] = {}
    for key in (orders.c.number, orders.c.ext_id, orders.c.track_id):  # each has an index of its own
        query = select(orders.c.track_id).where(orders.c.account_id == account_id, key == typed)
        found |= dict.fromkeys(tx.execute(query.limit(MOST)).scalars())
    return list(found)


def names(tx: Tx, account_id: str, track_ids: Collection[str]) -> dict[str, str]:
    """Return the number of each of these orders, including deleted ones; the track id stands for a missing number."""
    found: dict[str, str] = {}
    for some in chunks(sorted(track_ids)):
        query = select(orders.c.track_id, orders.c.number).where(orders.c.account_id == account_id)
        for row in tx.execute(query.where(orders.c.track_id.in_(some))):
            found[row.track_id] = row.number or row.track_id
    return found
