"""The days of the routes that orders are on, by which times of day are interpreted."""

from collections.abc import Collection

from sqlalchemy import select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.orders.days import Span, span
from waybell.orders.tables import routes


def spans(tx: Tx, account_id: str, route_ids: Collection[str]) -> dict[str, Span]:
    """Return the day, the start and the end of these routes, without reading their orders."""
    found = {}
    for some in chunks(sorted(route_ids)):
        query = select(routes.c.id, routes.c.date, routes.c.document)
        for row in tx.execute(query.where(routes.c.account_id == account_id, routes.c.id.in_(some))):
            known = map(row.document.get, ("StartTimePlan", "FinishTimePlan", "StartDate", "CloseDate"))
            found[row.id] = span(row.date, *known)
    return found
