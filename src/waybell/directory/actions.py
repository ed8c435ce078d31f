"""What can be done with drivers and vehicles: one function for each thing. They fire no events: the API has none."""

from argon2 import PasswordHasher

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.db.turns import take_turn
from waybell.directory import fleet
from waybell.directory.model import Driver, NewDriver, NewVehicle, VehicleExtended
from waybell.directory.store import open_book, save_book
from waybell.errors import Invalid, NotAllowedNow
from waybell.ids import new_uuid


def add_driver(tx: Tx, actor: Actor, request: NewDriver) -> Driver:
    """A new driver, who may sign in. Raises `NotAllowedNow` when the username is taken, in whatever letter case."""
    take_turn(tx, "drivers", actor.account.id)
    assert request.username
    if fleet.driver_by_username(tx, actor.account.id, request.username):
        raise NotAllowedNow(f"A driver with the username {request.username} exists already.")
    members = request.model_dump(exclude={"password", "active"})
    members["depot"] = _depot(tx, actor, request.depot_id, request.depot)
    driver = Driver(
        **members,
        id=new_uuid(),
        number=fleet.next_driver_number(tx, actor.account.id),
        active=request.active is not False,
    )
    fleet.insert_driver(tx, actor.account.id, driver, _hash(request.password))
    return driver


def driver_for_route(tx: Tx, actor: Actor, username: str, name: str | None, password: str | None) -> Driver:
    """The driver with this username, made on the fly when there is none.

    Name and password only count for a new one: a route does not change a driver that exists. Without a password the
    new driver cannot sign in until one is set.
    """
    known = fleet.driver_by_username(tx, actor.account.id, username)
    if known:
        return known
    take_turn(tx, "drivers", actor.account.id)
    known = fleet.driver_by_username(tx, actor.account.id, username)
    if known:
        return known
    number = fleet.next_driver_number(tx, actor.account.id)
    driver = Driver(id=new_uuid(), number=number, username=username, name=name or username)
    fleet.insert_driver(tx, actor.account.id, driver, _hash(password))
    return driver


def _hash(password: str | None) -> str | None:
    return PasswordHasher().hash(password) if password else None


def add_vehicle(tx: Tx, actor: Actor, request: NewVehicle) -> VehicleExtended:
    """A new vehicle. Raises `Invalid` for an unknown driver and for a number that is there already."""
    take_turn(tx, "vehicles", actor.account.id)
    assert request.number
    if fleet.list_vehicles(tx, actor.account.id, request.number):
        raise Invalid(f"Number: a vehicle {request.number} exists already")
    driver = _driver_of(tx, actor, request)
    members = request.model_dump(exclude={"driver_id", "driver_username"})
    members["depot"] = _depot(tx, actor, request.depot_id, request.depot)
    vehicle = VehicleExtended(
        **members,
        id=fleet.next_vehicle_id(tx, actor.account.id),
        driver_id=driver.id,
        driver_username=driver.username,
    )
    fleet.insert_vehicle(tx, actor.account.id, vehicle)
    return vehicle


def _driver_of(tx: Tx, actor: Actor, request: NewVehicle) -> Driver:
    if request.driver_id:
        found = fleet.driver_by_id(tx, actor.account.id, request.driver_id)
        where = f"DriverId: there is no driver {request.driver_id}"
    else:
        found = fleet.driver_by_username(tx, actor.account.id, request.driver_username or "")
        where = f"DriverUsername: there is no driver {request.driver_username}"
    if found is None:
        raise Invalid(where)
    return found


def _depot(tx: Tx, actor: Actor, depot_id: str | None, depot: str | None) -> str | None:
    """The depot's text, looked up by its id when only that is given; a new pair is learned."""
    book = open_book(tx, actor.account.id, [], [("depot", depot_id)])
    name = book.name("depot", depot_id, depot)
    save_book(tx, actor.account.id, book)
    return name
