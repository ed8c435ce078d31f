"""`/api/Route`: routes with their orders, and a route's way from Ready to Closed.

Still to come here: custom fields by PATCH, export, adding a new order to a route, the three other ways to name an order
that is put on a route, and the track.
"""

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Response

from waybell.orders.model import OrderKey
from waybell.routes import actions, store
from waybell.routes.model import Route, RouteKey
from waybell.routes.requests import NewRoute
from waybell.web.api.answers import ApiResponse, document, documents, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.reading import MergeAddresses, StatusDate, UpdateGoodsPrice, UpdateGps, day
from waybell.web.api.routing import Key, router

api = router("Route")

DeleteOrders = Annotated[bool, Query(alias="deleteOrders", description="With its orders; else they are unscheduled.")]


@api.post(
    "/Route",
    operation_id="AddRoute",
    status_code=201,
    response_model=ApiResponse,
    responses={202: {"model": ApiResponse, "description": "It was there and was changed."}},
)
def add(
    call: Caller,
    request: NewRoute,
    *,
    update: Annotated[bool, Query(description="Change the route with this Code and Date if there is one.")] = False,
    update_gps: UpdateGps = False,
    merge: MergeAddresses = True,
    update_price: UpdateGoodsPrice = False,
) -> Response:
    """Add a route with its orders, which are created with it."""
    with call.change() as tx:
        route, new = actions.add(
            tx,
            call.actor,
            request,
            update=update,
            overwrite_gps=update_gps,
            overwrite_price=update_price,
            merge=merge,
        )
    if not new:
        return done(202, f"{route} was updated.")
    member, value = ("Code", route.code) if route.code else ("Id", route.id or "")
    return done(201, f"{route} was created.", {"Location": f"/Route/{member}/{quote(value, safe='')}"})


@api.put("/Route/Code/{code}", operation_id="UpdateRouteByCode", status_code=202, response_model=ApiResponse)
def change_by_code(
    call: Caller, code: Key, request: NewRoute, *, update_gps: UpdateGps = False, merge: MergeAddresses = True
) -> Response:
    """Change what is sent of the newest route with this Code. Orders, when sent, become the route's orders."""
    return _change(call, RouteKey("Code", code), request, update_gps=update_gps, merge=merge)


@api.put("/Route/Id/{id}", operation_id="UpdateRouteById", status_code=202, response_model=ApiResponse)
def change_by_id(
    call: Caller,
    id: Key,  # noqa: A002 - the API's name
    request: NewRoute,
    *,
    update_gps: UpdateGps = False,
    merge: MergeAddresses = True,
) -> Response:
    """Change what is sent of the newest route with this Id. Orders, when sent, become the route's orders."""
    return _change(call, RouteKey("Id", id), request, update_gps=update_gps, merge=merge)


def _change(call: Call, key: RouteKey, request: NewRoute, *, update_gps: bool, merge: bool) -> Response:
    with call.change() as tx:
        route = actions.change(tx, call.actor, key, request, overwrite_gps=update_gps, merge=merge)
    return done(202, f"{route} was updated.")


@api.get("/Route/Code/{code}", operation_id="GetRouteByCode", response_model=Route)
def get_by_code(call: Caller, code: Key) -> Response:
    """The newest route with this Code, with its orders in their sequence."""
    return _get(call, RouteKey("Code", code))


@api.get("/Route/Id/{id}", operation_id="GetRouteById", response_model=Route)
def get_by_id(call: Caller, id: Key) -> Response:  # noqa: A002
    """The newest route with this Id of the caller's, with its orders in their sequence."""
    return _get(call, RouteKey("Id", id))


def _get(call: Call, key: RouteKey) -> Response:
    with call.look() as tx:
        return document(actions.get(tx, call.actor, key))


@api.get("/Route/Date/{date}", operation_id="GetRouteByDate", response_model=list[Route])
def list_by_date(call: Caller, date: Key) -> Response:
    """All routes of a day with their orders, oldest first."""
    with call.look() as tx:
        return documents(store.on_date(tx, call.account.id, day(call, tx, date)))


@api.delete("/Route/Code/{code}", operation_id="DeleteRouteByCode", response_model=ApiResponse)
def delete_by_code(call: Caller, code: Key, *, with_orders: DeleteOrders = True) -> Response:
    """Delete the newest route with this Code. 400 once one of its orders was carried out or rejected."""
    return _delete(call, RouteKey("Code", code), with_orders=with_orders)


@api.delete("/Route/Id/{id}", operation_id="DeleteRouteById", response_model=ApiResponse)
def delete_by_id(call: Caller, id: Key, *, with_orders: DeleteOrders = True) -> Response:  # noqa: A002
    """Delete the newest route with this Id. 400 once one of its orders was carried out or rejected."""
    return _delete(call, RouteKey("Id", id), with_orders=with_orders)


def _delete(call: Call, key: RouteKey, *, with_orders: bool) -> Response:
    with call.change() as tx:
        route = actions.delete(tx, call.actor, key, with_orders=with_orders)
    return done(200, f"{route} was deleted.")


@api.put("/Route/Ready/Code/{code}", operation_id="SetRouteReadyByCode", status_code=202, response_model=ApiResponse)
def ready_by_code(call: Caller, code: Key, _status_date: StatusDate = None) -> Response:
    """Let the driver see the route. Nothing changes when it is Ready already."""
    return _ready(call, RouteKey("Code", code))


@api.put("/Route/Ready/Id/{id}", operation_id="SetRouteReadyById", status_code=202, response_model=ApiResponse)
def ready_by_id(call: Caller, id: Key, _status_date: StatusDate = None) -> Response:  # noqa: A002
    """Let the driver see the route. Nothing changes when it is Ready already."""
    return _ready(call, RouteKey("Id", id))


def _ready(call: Call, key: RouteKey) -> Response:
    with call.change() as tx:
        route = actions.make_ready(tx, call.actor, key)
    return done(202, f"{route} is {route.status}.")


@api.put("/Route/Start/Code/{code}", operation_id="StartRouteByCode", status_code=202, response_model=ApiResponse)
def start_by_code(call: Caller, code: Key, status_date: StatusDate = None) -> Response:
    """Send the route off: its orders are in progress."""
    return _start(call, RouteKey("Code", code), status_date)


@api.put("/Route/Start/Id/{id}", operation_id="StartRouteById", status_code=202, response_model=ApiResponse)
def start_by_id(call: Caller, id: Key, status_date: StatusDate = None) -> Response:  # noqa: A002
    """Send the route off: its orders are in progress."""
    return _start(call, RouteKey("Id", id), status_date)


def _start(call: Call, key: RouteKey, status_date: str | None) -> Response:
    with call.change() as tx:
        route = actions.start(tx, call.actor, key, status_date)
    return done(202, f"{route} was started.")


@api.put("/Route/Close/Code/{code}", operation_id="CloseRouteByCode", status_code=202, response_model=ApiResponse)
def close_by_code(call: Caller, code: Key, status_date: StatusDate = None) -> Response:
    """End the route."""
    return _close(call, RouteKey("Code", code), status_date)


@api.put("/Route/Close/Id/{id}", operation_id="CloseRouteById", status_code=202, response_model=ApiResponse)
def close_by_id(call: Caller, id: Key, status_date: StatusDate = None) -> Response:  # noqa: A002
    """End the route."""
    return _close(call, RouteKey("Id", id), status_date)


def _close(call: Call, key: RouteKey, status_date: str | None) -> Response:
    with call.change() as tx:
        route = actions.close(tx, call.actor, key, status_date)
    return done(202, f"{route} was closed.")


@api.put(
    "/Route/Code/{code}/Order/Number/{number}",
    operation_id="MoveOrderToRouteByCodeByNumber",
    status_code=202,
    response_model=ApiResponse,
)
def put_order(
    call: Caller,
    code: Key,
    number: Key,
    *,
    transfer: Annotated[bool, Query(alias="allowTransfer", description="Also from another route.")] = False,
    reschedule: Annotated[bool, Query(alias="allowReschedule", description="Also after a failed attempt.")] = False,
) -> Response:
    """Put the newest order with this Number at the end of the newest route with this Code."""
    with call.change() as tx:
        route = actions.put_order(
            tx,
            call.actor,
            RouteKey("Code", code),
            OrderKey("Number", number),
            transfer=transfer,
            reschedule=reschedule,
        )
    return done(202, f"Order {number} is on {route}.")
