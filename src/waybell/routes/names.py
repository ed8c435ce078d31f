"""The keys by which people know a route: from typed text to our ids, and from ids to codes."""

from collections.abc import Collection

from sqlalchemy import select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.orders.tables import routes

MOST = 20  # the most routes that one key finds


def ids(tx: Tx, account_id: str, typed: str) -> list[str]:
    """Return the ids of the routes with this Code or Id, without duplicates."""
    found: dict[str, None] = {}
    for key in (routes.c.code, routes.c.ext_id):  # each has an index of its own
        query = select(routes.c.id).where(routes.c.account_id == account_id, key == typed)
        found |= dict.fromkeys(tx.execute(query.limit(MOST)).scalars())
    return list(found)


def names(tx: Tx, account_id: str, route_ids: Collection[str]) -> dict[str, str]:
    """Return the Code of each of these routes, including deleted ones; the id stands for a missing Code."""
    found: dict[str, str] = {}
    for some in chunks(sorted(route_ids)):
        query = select(routes.c.id, routes.c.code).where(routes.c.account_id == account_id)
        for row in tx.execute(query.where(routes.c.id.in_(some))):
            found[row.id] = row.code or row.id
    return found
