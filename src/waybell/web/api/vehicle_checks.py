"""`/api/VehicleCheck`: what drivers found when they looked at their vehicles."""

from fastapi import Response

from waybell.checks import actions, store
from waybell.checks.model import NewVehicleCheck, VehicleCheck
from waybell.web.api.answers import ApiResponse, document, documents, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.reading import day
from waybell.web.api.routing import Key, router

api = router("VehicleCheck")


@api.post("/VehicleCheck", operation_id="AddVehicleCheck", status_code=201, response_model=ApiResponse)
def add(call: Caller, request: NewVehicleCheck) -> Response:
    """Not in the Track-POD API. Keep a check of a vehicle; the vehicle need not be in the list of vehicles."""
    with call.change() as tx:
        check = actions.add(tx, call.actor, request)
    return done(201, f"The check of vehicle {check.vehicle_number} was created.")


@api.get("/VehicleCheck/{number}", operation_id="GetCheckByVehicle", response_model=VehicleCheck)
def get_last(call: Caller, number: Key) -> Response:
    """The latest check of the vehicle with this number; 404 when there is none.

    Operation: GetCheckByVehicle.
    """
    with call.look() as tx:
        return document(actions.last(tx, call.actor, number))


@api.get(
    "/VehicleCheck/Number/{number}/Date/{date}",
    operation_id="GetChecksByVehicle",
    response_model=list[VehicleCheck],
)
def list_of_vehicle(call: Caller, number: Key, date: Key) -> Response:
    """The checks of the vehicle with this number on a day, in the order of their times.

    Operation: GetChecksByVehicle.
    """
    return _list(call, date, number)


@api.get("/VehicleCheck/Date/{date}", operation_id="GetVehicleChecksByDate", response_model=list[VehicleCheck])
def list_by_date(call: Caller, date: Key) -> Response:
    """All checks of a day, in the order of their times.

    Operation: GetVehicleChecksByDate.
    """
    return _list(call, date, None)


def _list(call: Call, date: str, number: str | None) -> Response:
    with call.look() as tx:
        return documents(store.on_date(tx, call.account.id, day(call, tx, date), number))
