"""`/api/Driver`. Still to come here: one driver by id or username, changing and deleting."""

from urllib.parse import quote

from fastapi import Response

from waybell.directory import actions, fleet
from waybell.directory.model import Driver, NewDriver
from waybell.web.api.answers import ApiResponse, documents, done
from waybell.web.api.door import Caller
from waybell.web.api.routing import router

api = router("Driver")


@api.get("/Driver", operation_id="GetDrivers", response_model=list[Driver])
def list_all(call: Caller) -> Response:
    """All drivers of the account, by their numbers."""
    with call.look() as tx:
        return documents(fleet.list_drivers(tx, call.account.id))


@api.post("/Driver", operation_id="AddDriver", status_code=201, response_model=ApiResponse)
def add(call: Caller, request: NewDriver) -> Response:
    """Add a driver; 405 when the username is taken."""
    with call.change() as tx:
        driver = actions.add_driver(tx, call.actor, request)
    location = f"/Driver/Username/{quote(driver.username or '', safe='')}"
    return done(201, f"Driver {driver.username} was created.", {"Location": location})
