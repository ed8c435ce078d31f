"""Actions on vehicle checks. They fire no events, as the Track-POD API has none for them."""

from collections.abc import Callable

from waybell.accounts.model import Actor
from waybell.checks import model, store
from waybell.checks.model import NewVehicleCheck, VehicleCheck
from waybell.db.database import Tx
from waybell.directory import fleet_store
from waybell.directory.actions import depot_text
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, NotFound
from waybell.ground.ids import new_id
from waybell.orders import route_days
from waybell.pictures import store as pictures
from waybell.routes import store as routes
from waybell.routes.model import RouteKey


def add(tx: Tx, actor: Actor, request: NewVehicleCheck) -> VehicleCheck:
    """Store a check, with the driver's current name and depot.

    Raise `Invalid` when the driver is unknown.
    """
    account_id = actor.account.id
    route_id = routes.find(tx, account_id, RouteKey("Code", request.route_number)) if request.route_number else None
    span = route_days.spans(tx, account_id, [route_id])[route_id] if route_id else None
    check = model.made(request, span, Moment(tx.now, actor.account.zone))
    found: dict[str, str | None] = {"depot": depot_text(tx, actor, check.depot_id, check.depot)}
    if check.driver_login:
        driver = fleet_store.driver_by_username(tx, actor.account.id, check.driver_login)
        if driver is None:
            raise Invalid(f"DriverLogin: there is no driver {check.driver_login}")
        found |= {"driver_login": driver.username, "driver_name": driver.name}
        if not (check.depot_id or check.depot):
            found |= {"depot_id": driver.depot_id, "depot": driver.depot}
    check = check.model_copy(update=found)
    store.insert(tx, actor.account.id, check)
    return check


def last(tx: Tx, actor: Actor, number: str) -> VehicleCheck:
    """Return the latest check of a vehicle.

    Raise `NotFound` when there is none.

    Operation: GetCheckByVehicle.
    """
    found = store.last(tx, actor.account.id, number)
    if found is None:
        raise _unknown(number)
    return found


def add_photo(tx: Tx, actor: Actor, number: str, label: str | None, jpeg: bytes) -> VehicleCheck:
    """Add a photo to a value of the latest check.

    Raise `NotFound` when the vehicle has no check, and `Invalid` when no value has this label or the check is full.
    """
    return _add_picture(tx, actor, number, jpeg, lambda check, one: model.pictured(check, label, one))


def sign(tx: Tx, actor: Actor, number: str, jpeg: bytes) -> VehicleCheck:
    """Set or replace the signature of the latest check.

    Raise `NotFound` when the vehicle has no check.
    """
    return _add_picture(tx, actor, number, jpeg, lambda check, one: check.model_copy(update={"signature_id": one}))


def _add_picture(
    tx: Tx, actor: Actor, number: str, jpeg: bytes, rule: Callable[[VehicleCheck, str], VehicleCheck]
) -> VehicleCheck:
    found = store.lock_last(tx, actor.account.id, number)
    if found is None:
        raise _unknown(number)
    seq, before = found
    picture_id = new_id("pic")
    after = rule(before, picture_id)
    store.save(tx, seq, after)
    if before.signature_id and before.signature_id != after.signature_id:
        pictures.delete_one(tx, actor.account.id, before.signature_id)
    pictures.insert(tx, actor.account.id, picture_id, "check", jpeg, None)
    return after


def _unknown(number: str) -> NotFound:
    return NotFound(f"There is no check of a vehicle {number}.")
