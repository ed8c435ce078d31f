"""`/api/Route/Optimize`: the best sequence of the open stops of a route. Not in the Track-POD API."""

from typing import Any

from fastapi import Request, Response

from waybell.optimizing import actions
from waybell.optimizing.wording import in_words
from waybell.routes.model import RouteKey
from waybell.web.api.answers import ApiResponse, done
from waybell.web.api.door import Caller
from waybell.web.api.path_keys import ANY_ROUTE, each
from waybell.web.api.routing import router

api = router("Route")


_NOT_HERE: dict[int | str, dict[str, Any]] = {
    501: {"model": ApiResponse, "description": "The server lacks its optional part for this."}
}
_PLANNED: dict[str, Any] = {"status_code": 202, "response_model": ApiResponse, "responses": _NOT_HERE}


@each(api.put, "/Route/Optimize/{route}", "OptimizeRouteBy{route}", ANY_ROUTE, **_PLANNED)
def optimize(call: Caller, route: RouteKey, request: Request) -> Response:
    """Put the open orders of the newest route with this {route} in the best sequence, with an ETA for each.

    Orders without coordinates go to the end. 409 when the route changes meanwhile.
    """
    tools: actions.OptimizingTools = request.app.state.optimizing
    plan = actions.optimise(call.read, call.change, call.actor, route, tools)
    return done(202, in_words(plan, tools.road))
