"""`/api/VehicleCheck`: the checks that drivers make of their vehicles."""

from typing import Annotated

from fastapi import Query, Response

from waybell.checks import actions, store
from waybell.checks.model import NewVehicleCheck, VehicleCheck
from waybell.web.api.answers import ApiResponse, document, documents, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.pictures import ADDED, Picture
from waybell.web.api.reading import day
from waybell.web.api.routing import Key, router
from waybell.wire.model import Text255

api = router("VehicleCheck")

Label = Annotated[
    Text255, Query(alias="label", description="Of the value that it shows; of several, the one with the fewest photos.")
]


@api.post("/VehicleCheck", operation_id="AddVehicleCheck", status_code=201, response_model=ApiResponse)
def add(call: Caller, request: NewVehicleCheck) -> Response:
    """Keep a check of a vehicle; the vehicle need not be in the list of vehicles. Not in the Track-POD API."""
    with call.change() as tx:
        check = actions.add(tx, call.actor, request)
    return done(201, f"The check of vehicle {check.vehicle_number} was created.")


@api.post("/VehicleCheck/{number}/Photo", operation_id="AddVehicleCheckPhoto", **ADDED)
def add_photo(call: Caller, number: Key, picture: Picture, label: Label = None) -> Response:
    """Add a photo of a value of the latest check of this vehicle.

    A JPEG or PNG of up to 10 MB, kept as a JPEG of 1600 pixels at the most; a check has at most 30.

    Not in the Track-POD API.
    """
    jpeg = call.costly.photo(picture).jpeg  # outside the transaction, because it takes a while
    with call.change() as tx:
        actions.add_photo(tx, call.actor, number, label, jpeg)
    return done(201, f"The photo was added to the check of vehicle {number}.")


@api.post("/VehicleCheck/{number}/Signature", operation_id="AddVehicleCheckSignature", **ADDED)
def sign(call: Caller, number: Key, picture: Picture) -> Response:
    """Set the signature under the latest check of this vehicle; another one takes its place.

    A JPEG or PNG of up to 10 MB. It is kept as a JPEG of 1600 pixels at the most.

    Not in the Track-POD API.
    """
    jpeg = call.costly.photo(picture).jpeg
    with call.change() as tx:
        actions.sign(tx, call.actor, number, jpeg)
    return done(201, f"The signature was added to the check of vehicle {number}.")


@api.get("/VehicleCheck/{number}", operation_id="GetCheckByVehicle", response_model=VehicleCheck)
def get_last(call: Caller, number: Key) -> Response:
    """Return the latest check of the vehicle with this number; 404 when there is none.

    Operation: GetCheckByVehicle.
    """
    with call.read() as tx:
        return document(actions.last(tx, call.actor, number))


@api.get(
    "/VehicleCheck/Number/{number}/Date/{date}",
    operation_id="GetChecksByVehicle",
    response_model=list[VehicleCheck],
)
def list_of_vehicle(call: Caller, number: Key, date: Key) -> Response:
    """Return the checks of the vehicle with this number on a day, in the order of their times.

    Operation: GetChecksByVehicle.
    """
    return _list(call, date, number)


@api.get("/VehicleCheck/Date/{date}", operation_id="GetVehicleChecksByDate", response_model=list[VehicleCheck])
def list_by_date(call: Caller, date: Key) -> Response:
    """Return all checks of a day, in the order of their times.

    Operation: GetVehicleChecksByDate.
    """
    return _list(call, date, None)


def _list(call: Call, date: str, number: str | None) -> Response:
    with call.read() as tx:
        return documents(store.on_date(tx, call.account.id, day(call, tx, date), number))
