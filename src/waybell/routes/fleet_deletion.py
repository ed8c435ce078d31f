"""Deleting drivers and vehicles: the checks of their routes, and removing the driver from coming routes."""

from waybell.accounts.model import Actor
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Tx
from waybell.directory import actions as directory
from waybell.directory import fleet_store
from waybell.directory.model import Driver, DriverKey, VehicleExtended, login_key
from waybell.events.outbox import record
from waybell.ground.errors import Invalid
from waybell.routes import model, store
from waybell.routes.event_types import ROUTE_UPDATED, route_event


def delete_driver(tx: Tx, actor: Actor, key: DriverKey) -> Driver:
    """Delete a driver who has not set out yet; the driver's routes are left without a driver.

    Raise `NotFound` for an unknown driver, and `Invalid` when a route of the driver has started or one of its orders
    has a status.

    Operations: DeleteDriverById, DeleteDriverByUsername.
    """
    account_id = actor.account.id
    take_lock(tx, "drivers", account_id)
    driver = directory.get_driver(tx, actor, key)
    statuses = store.of_driver(tx, account_id, driver.id)
    begun = [route_id for route_id, status in statuses.items() if status in model.STARTED]
    # a single started route is reason enough to refuse
    theirs = store.lock(tx, account_id, begun[:1] or list(statuses))
    try:
        freed = [model.without_driver(route) for route in theirs if route.driver_id == driver.id]
    except Invalid as error:
        raise Invalid(f"Driver {driver.username} has work with a status: {error} Set Active=false instead.") from None
    for route in freed:
        store.save(tx, account_id, route)
    fleet_store.soft_delete_driver(tx, account_id, driver.id)
    for route in store.get_many(tx, account_id, [route.route_id for route in freed]):
        record(tx, route_event(account_id, ROUTE_UPDATED, route))
    return driver


def delete_vehicle(tx: Tx, actor: Actor, vehicle_id: int) -> VehicleExtended:
    """Delete a vehicle.

    Raise `NotFound` for an unknown vehicle, and `Invalid` while it is on a route that is not closed.

    Operation: DeleteVehicle.
    """
    vehicle = directory.get_vehicle(tx, actor, vehicle_id)
    number = login_key(vehicle.number or "")
    for used, route in store.vehicles_in_use(tx, actor.account.id).items():
        if login_key(used) == number:
            raise Invalid(f"Vehicle {vehicle.number} is on route {route}, which is not closed.")
    fleet_store.soft_delete_vehicle(tx, actor.account.id, vehicle_id)
    return vehicle
