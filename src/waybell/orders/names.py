"""The keys by which people know an order: from typed text to track ids, and from track ids to numbers."""

from collections.abc import Collection

from waybell.db import known_names
from waybell.db.database import Tx
from waybell.orders.tables import orders

_KEYS = (orders.c.number, orders.c.ext_id, orders.c.track_id)


def track_ids(tx: Tx, account_id: str, typed: str) -> list[str]:
    """Return the track ids of the orders that have this key, without duplicates."""
    return known_names.ids(tx, account_id, orders.c.track_id, _KEYS, typed)


def names(tx: Tx, account_id: str, track_ids: Collection[str]) -> dict[str, str]:
    """Return the number of each of these orders, including deleted ones; the track id stands for a missing number."""
    return known_names.names(tx, account_id, orders.c.track_id, orders.c.number, track_ids)
