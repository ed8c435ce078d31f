"""Renaming a driver: the routes that show the new name, and their events.

Routes store the name of their driver, so that a new name changes nothing without an event. Routes that are still to be
driven take over the new name, each with an event; the others stay as they were driven.
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

LOOKS_BACK = timedelta(days=7)  # an open route from before that was forgotten
# The most routes, and the most stored bytes of their orders, that one transaction updates, because others wait for it.
MOST_ROUTES, MOST_BYTES = 100, 500_000


def change_driver(tx: Tx, actor: Actor, request: UpdateDriver, password: PasswordHash | None) -> Driver:
    """Change a driver as `directory.change_driver` does; the driver's coming routes take over the new name and login.

    Operation: UpdateDriver.
    """
    key = DriverKey("Id", request.id) if request.id else DriverKey("Username", request.username or "")
    known = fleet_store.driver_by_key(tx, actor.account.id, key)
    routes = []
    if known and _renames(request, known):  # routes before the drivers' lock, like every transaction that takes both
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
    """Return the ids of the driver's coming routes, as many as one transaction can update."""
    earliest = midnight(Moment(tx.now, actor.account.zone).today - LOOKS_BACK)
    ahead: list[str] = []
    size = 0
    for route_id, its_size in store.open_of_driver(tx, actor.account.id, driver.id, earliest, MOST_ROUTES):
        size += its_size
        if ahead and size > MOST_BYTES:
            break
        ahead.append(route_id)
    return ahead
