"""`/api/Driver`: the drivers of the account."""

from urllib.parse import quote

from fastapi import Response

from waybell.directory import actions, fleet_store
from waybell.directory.model import Driver, DriverKey, NewDriver, UpdateDriver
from waybell.routes import driver_renaming, fleet_deletion
from waybell.web.api.answers import ApiResponse, document, documents, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.reading import CLEARING
from waybell.web.api.routing import Key, router

api = router("Driver")


@api.get("/Driver", operation_id="GetDrivers", response_model=list[Driver])
def list_all(call: Caller) -> Response:
    """Return all drivers of the account, by their numbers.

    Operation: GetDrivers.
    """
    with call.read() as tx:
        return documents(fleet_store.list_drivers(tx, call.account.id))


@api.post("/Driver", operation_id="AddDriver", status_code=201, response_model=ApiResponse)
def add(call: Caller, request: NewDriver) -> Response:
    """Add a driver; 405 when the username is taken.

    Operation: AddDriver.
    """
    password = call.costly.hash_password(request.password) if request.password else None
    with call.change() as tx:
        driver = actions.add_driver(tx, call.actor, request, password)
    location = f"/Driver/Username/{quote(driver.username or '', safe='')}"
    return done(201, f"Driver {driver.username} was created.", {"Location": location})


@api.put("/Driver", operation_id="UpdateDriver", status_code=202, response_model=ApiResponse, dependencies=CLEARING)
def change(call: Caller, request: UpdateDriver) -> Response:
    """Change the sent members of the driver with this Id, or without an Id, with this Username.

    Routes that are not closed take over a new name or login, and their events are sent.

    Operation: UpdateDriver.
    """
    password = call.costly.hash_password(request.password) if request.password else None
    with call.change() as tx:
        driver = driver_renaming.change_driver(tx, call.actor, request, password)
    return done(202, f"Driver {driver.username} was updated.")


@api.get("/Driver/Id/{id}", operation_id="GetDriverById", response_model=Driver)
def get_by_id(call: Caller, id: Key) -> Response:  # noqa: A002 - the API's name
    """Return one driver, by the id that Waybell gave.

    Operation: GetDriverById.
    """
    return _get(call, DriverKey("Id", id))


@api.get("/Driver/Username/{username}", operation_id="GetDriverByUsername", response_model=Driver)
def get_by_username(call: Caller, username: Key) -> Response:
    """Return one driver, by username in any letter case.

    Operation: GetDriverByUsername.
    """
    return _get(call, DriverKey("Username", username))


def _get(call: Call, key: DriverKey) -> Response:
    with call.read() as tx:
        return document(actions.get_driver(tx, call.actor, key))


@api.delete("/Driver/Id/{id}", operation_id="DeleteDriverById", response_model=ApiResponse)
def delete_by_id(call: Caller, id: Key) -> Response:  # noqa: A002
    """Delete a driver. 400 once the driver has set out, or an order on the driver's routes has a status.

    Operation: DeleteDriverById.
    """
    return _delete(call, DriverKey("Id", id))


@api.delete("/Driver/Username/{username}", operation_id="DeleteDriverByUsername", response_model=ApiResponse)
def delete_by_username(call: Caller, username: Key) -> Response:
    """Delete a driver. 400 once the driver has set out, or an order on the driver's routes has a status.

    Operation: DeleteDriverByUsername.
    """
    return _delete(call, DriverKey("Username", username))


def _delete(call: Call, key: DriverKey) -> Response:
    with call.change() as tx:
        driver = fleet_deletion.delete_driver(tx, call.actor, key)
    return done(200, f"Driver {driver.username} was deleted.")
