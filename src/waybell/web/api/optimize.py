"""`/api/Route/Optimize`: a route's open stops in the best sequence. Our own, not of the Track-POD API."""

from fastapi import Request, Response

from waybell.optimizing import actions
from waybell.optimizing.wording import in_words
from waybell.routes.model import RouteKey
from waybell.web.api.answers import ApiResponse, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.routing import Key, router

api = router("Route")


@api.put("/Route/Optimize/Code/{code}", operation_id="OptimizeRouteByCode", status_code=202, response_model=ApiResponse)
def optimize_by_code(call: Caller, request: Request, code: Key) -> Response:
    """Put the open orders of the newest route with this Code in the best sequence, with an ETA for each.

    Distances are straight lines times a factor. What was carried out stays first; orders without coordinates go to the
    end. 409 when the route changes meanwhile; 501 when the server lacks its optional part for this.
    """
    return _optimize(call, request, RouteKey("Code", code))


@api.put("/Route/Optimize/Id/{id}", operation_id="OptimizeRouteById", status_code=202, response_model=ApiResponse)
def optimize_by_id(call: Caller, request: Request, id: Key) -> Response:  # noqa: A002 - the API's name
    """Put the open orders of the newest route with this Id in the best sequence, with an ETA for each (see by Code)."""
    return _optimize(call, request, RouteKey("Id", id))


def _optimize(call: Call, request: Request, key: RouteKey) -> Response:
    means: actions.Means = request.app.state.optimizing
    plan = actions.optimise(call.database, call.actor, key, means)
    return done(202, in_words(plan, means.road))
