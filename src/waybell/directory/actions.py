"""Actions on drivers and vehicles. They fire no events, because the Track-POD API has none for them.

`routes/fleet_deletion.py` deletes them, and `routes/driver_renaming.py` updates the routes of a renamed driver.
"""

from typing import Any

from waybell.accounts.model import Actor
from waybell.accounts.passwords import PasswordHash
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Tx
from waybell.directory import fleet_store
from waybell.directory.book_store import open_book, save_book
from waybell.directory.model import (
    Driver,
    DriverKey,
    NewDriver,
    NewVehicle,
    UpdateDriver,
    UpdateVehicle,
    VehicleExtended,
)
from waybell.ground.errors import Invalid, NotAllowedNow, NotFound
from waybell.ground.ids import new_uuid
from waybell.wire.model import member_name


def add_driver(tx: Tx, actor: Actor, request: NewDriver, password: PasswordHash | None) -> Driver:
    """Add a driver, who may then sign in.

    `password` is the hash of the request's password, here as in the functions below: hashing is slow, so it is done
    before the transaction. Raise `NotAllowedNow` when the username is taken, in any letter case.

    Operation: AddDriver.
    """
    take_lock(tx, "drivers", actor.account.id)
    assert request.username
    _check_free(tx, actor, request.username, None)
    members = request.model_dump(exclude={"password", "active"})
    members["depot"] = depot_text(tx, actor, request.depot_id, request.depot)
    driver = Driver(
        **members,
        id=new_uuid(),
        number=fleet_store.next_driver_number(tx, actor.account.id),
        active=request.active is not False,
    )
    fleet_store.insert_driver(tx, actor.account.id, driver, password)
    return driver


def change_driver(tx: Tx, actor: Actor, request: UpdateDriver, password: PasswordHash | None) -> Driver:
    """Change the sent members of the driver with this Id, or, without an Id, with this Username.

    Raise `NotFound` for an unknown driver, `Invalid` when the request names no driver, and `NotAllowedNow` when the new
    username is taken.
    """
    if not (request.id or request.username):
        raise Invalid("Id or Username: say which driver is to be changed")
    take_lock(tx, "drivers", actor.account.id)
    by_id, by_name = DriverKey("Id", request.id or ""), DriverKey("Username", request.username or "")
    driver = get_driver(tx, actor, by_id if request.id else by_name)
    if request.username:
        _check_free(tx, actor, request.username, driver.id)
    after = driver.model_copy(update=_sent(tx, actor, request, {"id", "password"}))
    fleet_store.save_driver(tx, actor.account.id, after, password)
    return after


def get_driver(tx: Tx, actor: Actor, key: DriverKey) -> Driver:
    """Return the driver with this key; a Username matches in any letter case.

    Raise `NotFound` when there is none.

    Operations: GetDriverById, GetDriverByUsername.
    """
    found = fleet_store.driver_by_key(tx, actor.account.id, key)
    if found is None:
        raise NotFound(f"There is no driver with {key}.")
    return found


def _check_free(tx: Tx, actor: Actor, username: str, driver_id: str | None) -> None:
    known = fleet_store.driver_by_username(tx, actor.account.id, username)
    if known and known.id != driver_id:
        raise NotAllowedNow(f"A driver with the username {username} exists already.")


def _sent(tx: Tx, actor: Actor, request: UpdateDriver | UpdateVehicle, but: set[str]) -> dict[str, Any]:
    """Return the members that were sent, and the text of the depot when only its id was sent.

    Raise `Invalid` when a required member was emptied.
    """
    sent = {name: value for name, value in request if value is not None and name not in but}
    if request.depot_id:
        sent["depot"] = depot_text(tx, actor, request.depot_id, request.depot)
    if lasting := request.emptied.intersection(_LASTING):
        raise Invalid(
            "\n".join(f"{member_name(name)}: is required, so it cannot be emptied" for name in sorted(lasting))
        )
    return sent | dict.fromkeys(request.emptied - but)


# Members that a driver or a vehicle must keep.
_LASTING = ("name", "username", "password", "number", "driver_id", "driver_username")


def driver_for_route(tx: Tx, actor: Actor, username: str, name: str | None, password: PasswordHash | None) -> Driver:
    """Return the driver with this username; add the driver when there is none.

    Name and password are used only for a new driver, because a route does not change an existing driver. A driver added
    without a password cannot sign in until a password is set.
    """
    known = fleet_store.driver_by_username(tx, actor.account.id, username)
    if known:
        return known
    take_lock(tx, "drivers", actor.account.id)
    known = fleet_store.driver_by_username(tx, actor.account.id, username)
    if known:
        return known
    number = fleet_store.next_driver_number(tx, actor.account.id)
    driver = Driver(id=new_uuid(), number=number, username=username, name=name or username)
    fleet_store.insert_driver(tx, actor.account.id, driver, password)
    return driver


def driver_called(tx: Tx, actor: Actor, name: str) -> Driver | None:
    """Return the driver with this name in any letter case; of several, the only active one; else None."""
    called = fleet_store.drivers_called(tx, actor.account.id, name)
    if len(called) > 1:
        called = [driver for driver in called if driver.active]
    return called[0] if len(called) == 1 else None


def add_vehicle(tx: Tx, actor: Actor, request: NewVehicle) -> VehicleExtended:
    """Add a vehicle.

    Raise `Invalid` when the driver is unknown or the number is taken.

    Operation: AddVehicle.
    """
    take_lock(tx, "vehicles", actor.account.id)
    assert request.number
    _check_number(tx, actor, request.number, None)
    driver = _driver_of(tx, actor, request)
    members = request.model_dump(exclude={"driver_id", "driver_username"})
    members["depot"] = depot_text(tx, actor, request.depot_id, request.depot)
    vehicle = VehicleExtended(
        **members,
        id=fleet_store.next_vehicle_id(tx, actor.account.id),
        driver_id=driver.id,
        driver_username=driver.username,
    )
    fleet_store.insert_vehicle(tx, actor.account.id, vehicle)
    return vehicle


def change_vehicle(tx: Tx, actor: Actor, request: UpdateVehicle) -> VehicleExtended:
    """Change the sent members of the vehicle with this Id.

    Raise `NotFound` for an unknown vehicle, and `Invalid` as `add_vehicle` does.

    Operation: UpdateVehicle.
    """
    if request.id is None:
        raise Invalid("Id: say which vehicle is to be changed")
    take_lock(tx, "vehicles", actor.account.id)
    vehicle = get_vehicle(tx, actor, request.id)
    if request.number:
        _check_number(tx, actor, request.number, vehicle.id)
    sent = _sent(tx, actor, request, {"id", "driver_id", "driver_username"})
    if request.driver_id or request.driver_username:
        driver = _driver_of(tx, actor, request)
        sent |= {"driver_id": driver.id, "driver_username": driver.username}
    after = vehicle.model_copy(update=sent)
    if not (after.depot_id or after.depot):
        raise Invalid("Depot: is required, or the DepotId of one that is known, so both cannot be emptied")
    fleet_store.save_vehicle(tx, actor.account.id, after)
    return after


def get_vehicle(tx: Tx, actor: Actor, vehicle_id: int) -> VehicleExtended:
    """Return the vehicle with this id.

    Raise `NotFound` when there is none.

    Operation: GetVehicle.
    """
    found = fleet_store.vehicle_by_id(tx, actor.account.id, vehicle_id)
    if found is None:
        raise NotFound(f"There is no vehicle with Id {vehicle_id}.")
    return found


def _check_number(tx: Tx, actor: Actor, number: str, vehicle_id: int | None) -> None:
    if any(vehicle.id != vehicle_id for vehicle in fleet_store.list_vehicles(tx, actor.account.id, number)):
        raise Invalid(f"Number: a vehicle {number} exists already")


def _driver_of(tx: Tx, actor: Actor, request: NewVehicle | UpdateVehicle) -> Driver:
    if request.driver_id:
        found = fleet_store.driver_by_id(tx, actor.account.id, request.driver_id)
        where = f"DriverId: there is no driver {request.driver_id}"
    else:
        found = fleet_store.driver_by_username(tx, actor.account.id, request.driver_username or "")
        where = f"DriverUsername: there is no driver {request.driver_username}"
    if found is None:
        raise Invalid(where)
    return found


def depot_text(tx: Tx, actor: Actor, depot_id: str | None, depot: str | None) -> str | None:
    """Return the text of a depot, looked up by the id if no text is given; a new pair is stored in the directory."""
    book = open_book(tx, actor.account.id, [], [("depot", depot_id)])
    name = book.name("depot", depot_id, depot)
    save_book(tx, actor.account.id, book)
    return name
