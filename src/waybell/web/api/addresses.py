"""`/api/Address`: what is known of addresses before an order mentions them."""

from typing import Any

from fastapi import Response

from waybell.directory import entry_actions
from waybell.directory.model import NewAddress
from waybell.web.api.answers import ApiResponse, done
from waybell.web.api.door import Caller
from waybell.web.api.reading import CLEARING
from waybell.web.api.routing import router

api = router("Address")

CHANGED: dict[int | str, dict[str, Any]] = {202: {"model": ApiResponse, "description": "It was there and was changed."}}


@api.post(
    "/Address",
    operation_id="AddAddress",
    status_code=201,
    response_model=ApiResponse,
    responses=CHANGED,
    dependencies=CLEARING,
)
def add(call: Caller, request: NewAddress) -> Response:
    """Add an address, or change the one with this Id, without an Id the one with this FullAddress.

    Operation: AddAddress.
    """
    with call.change() as tx:
        new = entry_actions.keep_address(tx, call.actor, request)
    name = request.id or request.full_address
    return done(201, f"Address {name} was created.") if new else done(202, f"Address {name} was updated.")
