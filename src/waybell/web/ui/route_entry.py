"""The pages on which people enter, change, delete and run a route, by the same actions as the API."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.clock import Moment
from waybell.ground.errors import Conflict, Forbidden, Invalid, NotAllowedNow
from waybell.routes import actions
from waybell.routes.model import Route, RouteKey
from waybell.routes.requests import NewRoute
from waybell.web.ui.directory_registers import depots, drivers, vehicles
from waybell.web.ui.entry_form import Input, as_fields, changed, read
from waybell.web.ui.forms import Asked, Fields, Sent, check_unchanged, faults, stamp, submit_once
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Visit

router = APIRouter()

_REFUSALS = (Invalid, NotAllowedNow, Conflict, Forbidden)


def _inputs(tx: Tx, visit: Visit) -> list[Input]:
    return [
        Input("Code", "Code", required=True, attributes={"maxlength": 50, "autocomplete": "off", "autofocus": True}),
        Input("Date", "Date", "date", required=True),
        Input("StartTimePlan", "Planned start", "time"),
        Input("DriverLogin", "Driver", "select", choices=drivers(tx, visit)),
        Input("DriverVehicle", "Vehicle", choices=vehicles(tx, visit), attributes={"maxlength": 100}),
        Input("DepotId", "Depot", "select", choices=depots(tx, visit)),
        Input("StartFromDepot", "Starts from the depot", "flag"),
        Input("ReturnToDepot", "Returns to the depot", "flag"),
    ]


def _shown(route: Route, inputs: list[Input]) -> Fields:
    start = route.start_time_plan and datetime.fromisoformat(route.start_time_plan)
    members = route.as_answer() | {"Date": route.date[:10], "StartTimePlan": f"{start:%H:%M}" if start else ""}
    return as_fields(members, inputs)


@router.get("/routes/new")
def show_new(visit: Dispatcher, asked: Asked) -> Response:
    with visit.read() as tx:
        today = Moment(tx.now, visit.account.zone).today.isoformat()
    begun = [("Date", asked.text("date") or today), ("StartFromDepot", "yes"), ("ReturnToDepot", "yes")]
    return _page(visit, Fields(begun))


@router.post("/routes/new")
def add(visit: Dispatcher, sent: Sent) -> Response:
    """Add a route that only the office sees: a person fills it with orders before its driver is to see it."""

    def make(tx: Tx) -> str:
        members = changed(sent, Fields([]), _inputs(tx, visit))
        flags = {name: sent.flag(name) for name in ("StartFromDepot", "ReturnToDepot")}
        wanted = read(NewRoute, members | flags)
        return actions.add(tx, visit.actor, wanted, first_status="Draft")[0].route_id

    try:
        route_id = submit_once(visit, sent, make)
    except _REFUSALS as error:
        return _page(visit, sent, wrong=faults(error))
    return go_to(f"/routes/{quote(route_id)}", "The route was added.")


@router.get("/routes/{route_id}/edit")
def show_edit(visit: Dispatcher, route_id: str) -> Response:
    with visit.read() as tx:
        route = _route(tx, visit, route_id)
        stored = _shown(route, _inputs(tx, visit))
    return _page(visit, stored, route)


@router.post("/routes/{route_id}/edit")
def change(visit: Dispatcher, route_id: str, sent: Sent) -> Response:
    with visit.read() as tx:
        route = _route(tx, visit, route_id)
    try:
        with visit.change() as tx:
            route, inputs = _route(tx, visit, route_id), _inputs(tx, visit)
            stored = _shown(route, inputs)
            check_unchanged(sent, stored)
            wanted = read(NewRoute, changed(sent, stored, inputs))
            actions.change(tx, visit.actor, RouteKey("RouteId", route_id), wanted)
    except _REFUSALS as error:
        return _page(visit, sent, route, wrong=faults(error))
    return go_to(f"/routes/{quote(route_id)}", "The route was changed.")


@router.post("/routes/{route_id}/delete")
def delete(visit: Dispatcher, route_id: str) -> Response:
    """Delete the route. Its orders are unscheduled, because their goods are still to be delivered."""
    try:
        with visit.change() as tx:
            gone = actions.delete(tx, visit.actor, RouteKey("RouteId", route_id), with_orders=False)
    except _REFUSALS as error:
        return go_to(f"/routes/{quote(route_id)}", str(error), failed=True)
    return go_to("/routes", f"{gone} was deleted. Its orders wait without a route.")


@router.post("/routes/{route_id}/ready")
def make_ready(visit: Dispatcher, route_id: str) -> Response:
    return _run(visit, route_id, actions.make_ready, "is ready: its driver sees it.")


@router.post("/routes/{route_id}/start")
def start(visit: Dispatcher, route_id: str) -> Response:
    return _run(visit, route_id, actions.start, "was started.")


@router.post("/routes/{route_id}/close")
def close(visit: Dispatcher, route_id: str) -> Response:
    return _run(visit, route_id, actions.close, "was closed.")


def _run(visit: Visit, route_id: str, act: Callable[[Tx, Actor, RouteKey], Route], words: str) -> Response:
    path = f"/routes/{quote(route_id)}"
    try:
        with visit.change() as tx:
            route = act(tx, visit.actor, RouteKey("RouteId", route_id))
    except _REFUSALS as error:
        return go_to(path, str(error), failed=True)
    return go_to(path, f"{route} {words}")


def _route(tx: Tx, visit: Visit, route_id: str) -> Route:
    return actions.get(tx, visit.actor, RouteKey("RouteId", route_id))


def _page(visit: Visit, now: Fields, route: Route | None = None, *, wrong: Mapping[str, str] | None = None) -> Response:
    """Return the form with these fields, for a new route or for `route`."""
    with visit.read() as tx:
        inputs = _with_values(_inputs(tx, visit), now)
    seen = stamp(_shown(route, inputs)) if route else ""
    facts: dict[str, Any] = {"route": route, "inputs": inputs, "sent": now, "seen": seen, "faults": wrong or {}}
    return page(visit, "route_form.html", 400 if wrong else 200, nav="routes", **facts)


def _with_values(inputs: list[Input], now: Fields) -> list[Input]:
    """Return the inputs, in which a value that the directory lacks is a choice too."""
    return [one.with_choice(now.text(one.name)) for one in inputs]
