"""The objects that events are about: from what people type to subjects, and from subjects to names and pages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.orders.tables import orders, routes
from waybell.web.ui.endpoint import WEBHOOKS

ORDER, ROUTE, ENDPOINT = "order:", "route:", "endpoint:"
_MOST = 20  # objects that one key finds


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    path: str | None  # of its page, if it has one


def subjects_of(tx: Tx, account_id: str, typed: str) -> list[str]:
    """The subjects that this text may stand for: an order by any of its keys, a route by its code, a subject itself."""
    found = [ORDER + one for one in _ids(tx, account_id, orders, "track_id", ("number", "ext_id", "track_id"), typed)]
    found += [ROUTE + one for one in _ids(tx, account_id, routes, "id", ("code", "ext_id"), typed)]
    return [*found, typed]


def _ids(tx: Tx, account_id: str, table: Table, named: str, keys: Sequence[str], typed: str) -> list[str]:
    """Those of the objects that have this key, each once; a query for each key, as each has an index of its own."""
    found: dict[str, None] = {}
    for key in keys:
        query = select(table.c[named]).where(table.c.account_id == account_id, table.c[key] == typed)
        found |= dict.fromkeys(tx.execute(query.limit(_MOST)).scalars())
    return list(found)


def names_of(tx: Tx, account_id: str, subjects: Collection[str]) -> dict[str, Named]:
    """How to call these subjects, and where their pages are."""
    named = {subject: Named(subject, None) for subject in subjects}
    of_orders = sorted(one.removeprefix(ORDER) for one in subjects if one.startswith(ORDER))
    for some in chunks(of_orders):
        query = select(orders.c.track_id, orders.c.number).where(orders.c.account_id == account_id)
        for row in tx.execute(query.where(orders.c.track_id.in_(some))):
            named[ORDER + row.track_id] = Named(row.number or row.track_id, f"/orders/{row.track_id}")
    of_routes = sorted(one.removeprefix(ROUTE) for one in subjects if one.startswith(ROUTE))
    for some in chunks(of_routes):
        query = select(routes.c.id, routes.c.code).where(routes.c.account_id == account_id)
        for row in tx.execute(query.where(routes.c.id.in_(some))):
            named[ROUTE + row.id] = Named(row.code or row.id, f"/routes/{row.id}")
    for one in subjects:
        if one.startswith(ENDPOINT):
            endpoint_id = one.removeprefix(ENDPOINT)
            named[one] = Named("an endpoint", f"{WEBHOOKS}/{endpoint_id}")
    return named
