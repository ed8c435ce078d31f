"""A driver gets another name or login: which routes show it, and that they are told.

Routes keep how their driver was called, so that a new name changes nothing behind a receiver's back. Those that are
still to be driven follow their driver, each with an event; the others stay as they were driven.
"""

from datetime import timedelta

from waybell.accounts.model import Actor
from waybell.accounts.passwords import PasswordHash
from waybell.db.database import Tx
from waybell.directory import actions as directory
from waybell.directory import fleet_store
from waybell.directory.model import Driver, DriverKey, UpdateDriver
from waybell.events.outbox import record
from waybell.ground.clock import Moment
from waybell.orders.model import midnight
from waybell.routes import model, store
from waybell.routes.event_types import ROUTE_UPDATED, route_event

LOOKS_BACK = timedelta(days=7)  # an older route that is not closed was forgotten
# What follows at once, the earliest routes first: it is written in one transaction, in which others wait.
MOST_ROUTES, MOST_BYTES = 100, 500_000  # of all their orders, as they are stored


def change_driver(tx: Tx, actor: Actor, request: UpdateDriver, password: PasswordHash | None) -> Driver:
    """Change what is sent of the driver, as `directory.change_driver` does; open routes show the new name and login.

    Operation: UpdateDriver.
    """
    key = DriverKey("Id", request.id) if request.id else DriverKey("Username", request.username or "")
    known = fleet_store.driver_by_key(tx, actor.account.id, key)
    routes = []
    if known and _renames(request, known):  # routes are locked before the turn of drivers, as whoever equips them does
        routes = store.lock(tx, actor.account.id, _ahead(tx, actor, known))
    after = directory.change_driver(tx, actor, request, password)
    renamed = [model.with_driver(route, after) for route in routes if route.driver_id == after.id]
    for route in renamed:
        store.save(tx, actor.account.id, route)
    for route in store.get_many(tx, actor.account.id, [route.route_id for route in renamed]):
        record(tx, route_event(actor.account.id, ROUTE_UPDATED, route))
    return after


def _renames(request: UpdateDriver, driver: Driver) -> bool:
    return request.name not in (None, driver.name) or request.username not in (None, driver.username)


def _ahead(tx: Tx, actor: Actor, driver: Driver) -> list[str]:
    """Return our ids of the driver's routes that follow, as many as can be told in one transaction."""
    earliest = midnight(Moment(tx.now, actor.account.zone).today - LOOKS_BACK)
    ahead: list[str] = []
    size = 0
    for route_id, its_size in store.open_of_driver(tx, actor.account.id, driver.id, earliest, MOST_ROUTES):
        size += its_size
        if ahead and size > MOST_BYTES:
            break
        ahead.append(route_id)
    return ahead
