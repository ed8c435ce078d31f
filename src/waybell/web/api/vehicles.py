"""`/api/Vehicle`: the vehicles of the account."""

from typing import Annotated

from fastapi import Query, Response

from waybell.directory import actions, fleet_store
from waybell.directory.model import NewVehicle, UpdateVehicle, VehicleExtended
from waybell.ground.errors import NotFound
from waybell.routes import fleet_deletion
from waybell.web.api.answers import ApiResponse, document, documents, done
from waybell.web.api.door import Caller
from waybell.web.api.reading import CLEARING
from waybell.web.api.routing import Key, router
from waybell.wire.model import Text255

api = router("Vehicle")

_MOST_DIGITS = 9  # more than any account has vehicles, and small enough for the database


@api.get("/Vehicle", operation_id="GetVehicles", response_model=list[VehicleExtended])
def list_all(
    call: Caller, number: Annotated[Text255, Query(description="Only the vehicle with this number.")] = None
) -> Response:
    """Return all vehicles of the account, by their ids.

    Operation: GetVehicles.
    """
    with call.read() as tx:
        return documents(fleet_store.list_vehicles(tx, call.account.id, number))


@api.post("/Vehicle", operation_id="AddVehicle", status_code=201, response_model=ApiResponse)
def add(call: Caller, request: NewVehicle) -> Response:
    """Add a vehicle with its driver and depot. 400 for an unknown driver, and when the number is taken.

    Operation: AddVehicle.
    """
    with call.change() as tx:
        vehicle = actions.add_vehicle(tx, call.actor, request)
    return done(201, f"Vehicle {vehicle.number} was created.", {"Location": f"/Vehicle/{vehicle.id}"})


@api.put("/Vehicle", operation_id="UpdateVehicle", status_code=202, response_model=ApiResponse, dependencies=CLEARING)
def change(call: Caller, request: UpdateVehicle) -> Response:
    """Change the sent members of the vehicle with this Id.

    Operation: UpdateVehicle.
    """
    with call.change() as tx:
        vehicle = actions.change_vehicle(tx, call.actor, request)
    return done(202, f"Vehicle {vehicle.number} was updated.")


@api.get("/Vehicle/{id}", operation_id="GetVehicle", response_model=VehicleExtended)
def get(call: Caller, id: Key) -> Response:  # noqa: A002 - the API's name
    """Return one vehicle, by the id that Waybell gave it.

    Operation: GetVehicle.
    """
    with call.read() as tx:
        return document(actions.get_vehicle(tx, call.actor, _whole(id)))


@api.delete("/Vehicle/{id}", operation_id="DeleteVehicle", response_model=ApiResponse)
def delete(call: Caller, id: Key) -> Response:  # noqa: A002
    """Delete a vehicle. 400 while it is on a route that is not closed.

    Operation: DeleteVehicle.
    """
    with call.change() as tx:
        vehicle = fleet_deletion.delete_vehicle(tx, call.actor, _whole(id))
    return done(200, f"Vehicle {vehicle.number} was deleted.")


def _whole(key: str) -> int:
    """Return the id as a number. Raise `NotFound` when no vehicle can have it."""
    if not (key.isascii() and key.isdigit() and len(key) <= _MOST_DIGITS):
        raise NotFound(f"There is no vehicle with Id {key}.")
    return int(key)
