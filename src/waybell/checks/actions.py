"""What can be done with vehicle checks. They fire no events: the API has none."""

from waybell.accounts.model import Actor
from waybell.checks import model, store
from waybell.checks.model import NewVehicleCheck, VehicleCheck
from waybell.clock import Moment
from waybell.db.database import Tx
from waybell.directory import fleet
from waybell.directory.actions import depot_text
from waybell.errors import Invalid, NotFound


def add(tx: Tx, actor: Actor, request: NewVehicleCheck) -> VehicleCheck:
    """Keep a check, with the driver's name and depot as they are now. Raises `Invalid` for an unknown driver."""
    check = model.made(request, Moment(tx.now, actor.account.zone))
    found: dict[str, str | None] = {"depot": depot_text(tx, actor, check.depot_id, check.depot)}
    if check.driver_login:
        driver = fleet.driver_by_username(tx, actor.account.id, check.driver_login)
        if driver is None:
            raise Invalid(f"DriverLogin: there is no driver {check.driver_login}")
        found |= {"driver_login": driver.username, "driver_name": driver.name}
        if not (check.depot_id or check.depot):
            found |= {"depot_id": driver.depot_id, "depot": driver.depot}
    check = check.model_copy(update=found)
    store.insert(tx, actor.account.id, check)
    return check


def last(tx: Tx, actor: Actor, number: str) -> VehicleCheck:
    """The latest check of a vehicle. Raises `NotFound` when there is none.

    Operation: GetCheckByVehicle.
    """
    found = store.last(tx, actor.account.id, number)
    if found is None:
        raise NotFound(f"There is no check of a vehicle {number}.")
    return found
