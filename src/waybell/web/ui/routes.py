"""The pages of routes: the list, and the page of each route with its orders and its timeline."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.events.subjects import Subject
from waybell.ground.errors import Busy, Conflict, Invalid, NotAllowedNow, NotFound, NotInstalled
from waybell.optimizing import actions
from waybell.optimizing.wording import in_words
from waybell.orders import store as orders
from waybell.routes import listing
from waybell.web.ui.forms import Asked
from waybell.web.ui.orders import day_asked, timeline_of
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Viewer

router = APIRouter()

_ON_A_PAGE = 50


@router.get("/routes")
def show(visit: Viewer, asked: Asked) -> Response:
    status = asked.text("state") if asked.text("state") in listing.STATUSES else None
    with visit.read() as tx:
        day = day_asked(visit, tx, asked)
        after = asked.text("after") or None
        found = listing.search(tx, visit.account.id, day.midnight, status, asked.text("q"), after, _ON_A_PAGE)
    facts: dict[str, Any] = {"found": found, "day": day, "chosen": status, "typed": asked.text("q")}
    facts |= {"statuses": listing.STATUSES, "on_first_page": not after}
    return page(visit, "routes.html", nav="routes", live="events", **facts)


@router.get("/routes/{route_id}")
def one(visit: Viewer, route_id: str) -> Response:
    with visit.read() as tx:
        found = listing.one(tx, visit.account.id, route_id)
        if found is None:
            raise NotFound("There is no such route in this account.")
        route = found.route
        facts: dict[str, Any] = {
            "found": found,
            "route": route,
            "stops": orders.on_routes(tx, visit.account.id, [route.id])[route.id],
            "timeline": timeline_of(tx, visit, Subject("route", route.id)),
        }
    return page(visit, "route.html", nav="routes", live="events", **facts)


@router.post("/routes/{route_id}/optimize")
def optimize(visit: Dispatcher, route_id: str) -> Response:
    tools: actions.OptimizingTools = visit.request.app.state.optimizing
    path = f"/routes/{quote(route_id)}"
    try:
        plan = actions.optimise(visit.read, visit.change, visit.actor, route_id, tools)
    except (Busy, Conflict, Invalid, NotAllowedNow, NotInstalled) as error:
        return go_to(path, str(error), failed=True)
    return go_to(path, in_words(plan, tools.road))
