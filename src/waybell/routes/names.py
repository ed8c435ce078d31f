"""The keys by which people know a route: from typed text to our ids, and from ids to codes."""

from collections.abc import Collection

from waybell.db import known_names
from waybell.db.database import Tx
from waybell.orders.tables import routes

_KEYS = (routes.c.code, routes.c.ext_id)


def ids(tx: Tx, account_id: str, typed: str) -> list[str]:
    """Return the ids of the routes with this Code or Id, without duplicates."""
    return known_names.ids(tx, account_id, routes.c.id, _KEYS, typed)


def names(tx: Tx, account_id: str, route_ids: Collection[str]) -> dict[str, str]:
    """Return the Code of each of these routes, including deleted ones; the id stands for a missing Code."""
    return known_names.names(tx, account_id, routes.c.id, routes.c.code, route_ids)
