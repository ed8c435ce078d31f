"""The papers of a route, to print: the sheet of its stops for a driver, and the list for loading its vehicle."""

from itertools import groupby
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.ground.errors import NotFound
from waybell.orders import store as orders
from waybell.orders.model import Order
from waybell.routes import listing
from waybell.web.ui.render import page
from waybell.web.ui.visit import Viewer, Visit

router = APIRouter()


@router.get("/routes/{route_id}/sheet")
def sheet(visit: Viewer, route_id: str) -> Response:
    """Show the stops in their sequence, with what a driver needs at each."""
    return _paper(visit, route_id, "route_sheet.html")


@router.get("/routes/{route_id}/loading")
def loading(visit: Viewer, route_id: str) -> Response:
    """Show the goods in the sequence of loading: what is delivered last goes in first."""
    return _paper(visit, route_id, "loading_list.html")


def _paper(visit: Visit, route_id: str, template: str) -> Response:
    with visit.read() as tx:
        found = listing.one(tx, visit.account.id, route_id)
        if found is None or found.deleted_at:
            raise NotFound("There is no such route in this account.")
        of_route = orders.on_routes(tx, visit.account.id, [found.route.id])[found.route.id]
    facts: dict[str, Any] = {"route": found.route, "plan": found.document, "stops": by_stop(of_route)}
    return page(visit, template, nav="routes", **facts)


def by_stop(of_route: list[Order]) -> list[list[Order]]:
    """Return the orders of each stop, in the sequence of the route."""
    return [list(some) for _, some in groupby(of_route, lambda order: order.seq_number)]
