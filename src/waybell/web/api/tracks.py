"""`/api/Route/Track`: the places where the vehicle of a route was."""

from typing import Annotated

from fastapi import Body, Response

from waybell.routes.model import RouteKey
from waybell.tracks import actions
from waybell.tracks.model import MAX_POINTS, NewTrackPoint, RouteTrack
from waybell.web.api.answers import ApiResponse, document, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.routing import Key, router

api = router("Route")

Points = Annotated[list[NewTrackPoint], Body(min_length=1, max_length=MAX_POINTS)]


@api.get("/Route/Track/Code/{code}", operation_id="GetRouteTrackByCode", response_model=RouteTrack)
def get_by_code(call: Caller, code: Key) -> Response:
    """Return the track of the newest route with this Code, in the order of time; 404 when it has none.

    Operation: GetRouteTrackByCode.
    """
    return _get(call, RouteKey("Code", code))


@api.get("/Route/Track/Id/{id}", operation_id="GetRouteTrackById", response_model=RouteTrack)
def get_by_id(call: Caller, id: Key) -> Response:  # noqa: A002 - the API's name
    """Return the track of the newest route with this Id, in the order of time; 404 when it has none.

    Operation: GetRouteTrackById.
    """
    return _get(call, RouteKey("Id", id))


def _get(call: Call, key: RouteKey) -> Response:
    with call.read() as tx:
        return document(actions.get(tx, call.actor, key))


@api.post("/Route/Track/Code/{code}", operation_id="AddRouteTrackByCode", status_code=201, response_model=ApiResponse)
def add_by_code(call: Caller, code: Key, points: Points) -> Response:
    """Add up to 1000 points to the newest route with this Code, which shows the last one. Not in the Track-POD API."""
    return _add(call, RouteKey("Code", code), points)


@api.post("/Route/Track/Id/{id}", operation_id="AddRouteTrackById", status_code=201, response_model=ApiResponse)
def add_by_id(call: Caller, id: Key, points: Points) -> Response:  # noqa: A002
    """Add up to 1000 points to the newest route with this Id, which shows the last one. Not in the Track-POD API."""
    return _add(call, RouteKey("Id", id), points)


def _add(call: Call, key: RouteKey, points: list[NewTrackPoint]) -> Response:
    with call.change() as tx:
        actions.add_points(tx, call.actor, key, points)
    return done(201, f"{len(points)} points were added to the route with {key}.")
