"""`/api/Vehicle`. Still to come here: one vehicle by id, changing and deleting."""

from typing import Annotated

from fastapi import Query, Response

from waybell.directory import actions, fleet
from waybell.directory.model import NewVehicle, VehicleExtended
from waybell.web.api.answers import ApiResponse, documents, done
from waybell.web.api.door import Caller
from waybell.web.api.routing import router
from waybell.wire import Text255

api = router("Vehicle")


@api.get("/Vehicle", operation_id="GetVehicles", response_model=list[VehicleExtended])
def list_all(
    call: Caller, number: Annotated[Text255, Query(description="Only the vehicle with this number.")] = None
) -> Response:
    """All vehicles of the account, by their ids."""
    with call.look() as tx:
        return documents(fleet.list_vehicles(tx, call.account.id, number))


@api.post("/Vehicle", operation_id="AddVehicle", status_code=201, response_model=ApiResponse)
def add(call: Caller, request: NewVehicle) -> Response:
    """Add a vehicle with its driver and depot."""
    with call.change() as tx:
        vehicle = actions.add_vehicle(tx, call.actor, request)
    return done(201, f"Vehicle {vehicle.number} was created.", {"Location": f"/Vehicle/{vehicle.id}"})
