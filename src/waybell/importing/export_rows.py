"""The orders of an export, read from the database a few at a time, so that a long file holds up nobody."""

from collections.abc import Iterator
from dataclasses import replace

from waybell.accounts.model import Actor
from waybell.db.database import Database
from waybell.importing.actions import custom_fields
from waybell.importing.exporting import Value, headers, rows_of
from waybell.orders import listing
from waybell.routes import store as routes

_AT_ONCE = 200


def of_search(database: Database, actor: Actor, wanted: listing.Wanted) -> Iterator[list[Value]]:
    """Yield the headers and the rows of all orders that match, the newest first."""
    wanted = replace(wanted, sort=None)
    with database.reading(scope=actor.scope) as tx:
        custom = custom_fields(tx, actor)
    yield list(headers(custom))
    after: str | None = None
    while True:
        with database.reading(scope=actor.scope) as tx:
            found = listing.search(tx, actor.account.id, wanted, after, _AT_ONCE)
        for one in found.rows:
            yield from rows_of(one.order, custom)
        after = found.cursor
        if after is None:
            return


def of_routes(database: Database, actor: Actor, date: str) -> Iterator[list[Value]]:
    """Yield the headers and the rows of the orders on all routes of a day, route by route and stop by stop."""
    with database.reading(scope=actor.scope) as tx:
        custom = custom_fields(tx, actor)
        there = routes.on_date(tx, actor.account.id, date)
    yield list(headers(custom))
    for route in there:
        for order in route.orders or []:
            yield from rows_of(order, custom)
