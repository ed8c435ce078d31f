"""`/api/Route`: routes with their orders, a route's way from Draft to Closed, and its export."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Body, Query, Request, Response

from waybell.accounts.passwords import PasswordHash
from waybell.directory import fleet_store
from waybell.orders.model import OrderKey
from waybell.orders.requests import NewCustomField, NewOrder
from waybell.routes import actions, export, store
from waybell.routes.model import Route, RouteKey
from waybell.routes.requests import DriversSequence, How, NewRoute
from waybell.web.api.answers import ApiResponse, JsonAnswer, document, documents, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.path_keys import ANY_ROUTE, ROUTE_AND_ORDER, each
from waybell.web.api.reading import CLEARING, MergeAddresses, StatusDate, UpdateGoodsPrice, UpdateGps, day
from waybell.web.api.routing import Key, router
from waybell.wire.model import WallTime
from waybell.wire.sizes import MAX_CUSTOM_FIELDS

api = router("Route")

_CHANGED = {"status_code": 202, "response_model": ApiResponse}

NoStatusDate = Annotated[WallTime, Query(alias="statusDate", description="Taken, and not looked at.")]
Fields = Annotated[list[NewCustomField], Body(max_length=MAX_CUSTOM_FIELDS)]
ExportStatus = Annotated[int, Query(alias="status", description="Of which routes: 0 Ready, 5 Closed.")]


# Adding, changing, deleting


@api.post(
    "/Route",
    operation_id="AddRoute",
    status_code=201,
    response_model=ApiResponse,
    responses={202: {"model": ApiResponse, "description": "It was there and was changed."}},
    dependencies=CLEARING,
)
def add(
    http: Request,
    call: Caller,
    request: NewRoute,
    *,
    update: Annotated[bool, Query(description="Change the route with this Code and Date if there is one.")] = False,
    update_gps: UpdateGps = False,
    merge: MergeAddresses = True,
    update_price: UpdateGoodsPrice = False,
) -> Response:
    """Add a route with its orders, which are created with it. 400 when there is one, unless `update`.

    Operation: AddRoute.
    """
    first_status = http.app.state.settings.new_route_status
    how = How(update_gps, update_price, merge, _password_of_new_driver(call, request))
    with call.change() as tx:
        route, new = actions.add(tx, call.actor, request, how, first_status=first_status, update=update)
    if not new:
        return done(202, f"{route} was updated.")
    member, value = ("Code", route.code) if route.code else ("Id", route.id or "")
    return done(201, f"{route} was created.", {"Location": f"/Route/{member}/{quote(value, safe='')}"})


@each(api.put, "/Route/{route}", "UpdateRouteBy{route}", ANY_ROUTE, **_CHANGED, dependencies=CLEARING)
def change(
    call: Caller, route: RouteKey, request: NewRoute, *, update_gps: UpdateGps = False, merge: MergeAddresses = True
) -> Response:
    """Change the sent members of the newest route with this {route}. Orders, when sent, become the route's orders.

    Operations: UpdateRouteByCode, UpdateRouteById.
    """
    how = How(update_gps, merge=merge, driver_password=_password_of_new_driver(call, request))
    with call.change() as tx:
        after = actions.change(tx, call.actor, route, request, how)
    return done(202, f"{after} was updated.")


def _password_of_new_driver(call: Call, request: NewRoute) -> PasswordHash | None:
    """Return the hash of a new driver's password. Hashing takes a while, so it comes before the transaction.

    The password of an existing driver is not hashed, because clients send it each time.
    """
    if not (request.driver_login and request.driver_password):
        return None
    with call.read() as tx:
        known = fleet_store.driver_by_username(tx, call.account.id, request.driver_login)
    return None if known else call.costly.hash_password(request.driver_password)


@each(api.patch, "/Route/{route}/CustomFields", "UpdateRouteCustomValuesBy{route}", ANY_ROUTE, **_CHANGED)
def change_custom_fields(call: Caller, route: RouteKey, fields: Fields) -> Response:
    """Set the sent custom fields of the newest route with this {route}. Other fields stay.

    Operations: UpdateRouteCustomValuesByCode, UpdateRouteCustomValuesById.
    """
    with call.change() as tx:
        after = actions.change_custom_fields(tx, call.actor, route, fields)
    return done(202, f"{after} was updated.")


@each(api.delete, "/Route/{route}", "DeleteRouteBy{route}", ANY_ROUTE, response_model=ApiResponse)
def delete(
    call: Caller,
    route: RouteKey,
    *,
    with_orders: Annotated[
        bool, Query(alias="deleteOrders", description="With its orders; else they are unscheduled.")
    ] = True,
) -> Response:
    """Delete the newest route with this {route}. 400 once one of its orders was carried out or rejected.

    Operations: DeleteRouteByCode, DeleteRouteById.
    """
    with call.change() as tx:
        deleted = actions.delete(tx, call.actor, route, with_orders=with_orders)
    return done(200, f"{deleted} was deleted.")


# Finding


@each(api.get, "/Route/{route}", "GetRouteBy{route}", ANY_ROUTE, response_model=Route)
def get(call: Caller, route: RouteKey) -> Response:
    """Return the newest route with this {route}, with its orders in their sequence.

    Operations: GetRouteByCode, GetRouteById.
    """
    with call.read() as tx:
        return document(actions.get(tx, call.actor, route))


@api.get("/Route/Date/{date}", operation_id="GetRouteByDate", response_model=list[Route])
def list_by_date(call: Caller, date: Key) -> Response:
    """Return all routes of a day with their orders, oldest first.

    Operation: GetRouteByDate.
    """
    with call.read() as tx:
        return documents(store.on_date(tx, call.account.id, day(call, tx, date)))


# A route's way


@each(api.put, "/Route/Ready/{route}", "SetRouteReadyBy{route}", ANY_ROUTE, **_CHANGED)
def make_ready(call: Caller, route: RouteKey, _status_date: NoStatusDate = None) -> Response:
    """Let the driver see the route with this {route}. Nothing changes when it is Ready already; 400 once it started.

    Operations: SetRouteReadyByCode, SetRouteReadyById.
    """
    with call.change() as tx:
        after = actions.make_ready(tx, call.actor, route)
    return done(202, f"{after} is {after.status}.")


@each(api.put, "/Route/Start/{route}", "StartRouteBy{route}", ANY_ROUTE, **_CHANGED)
def start(call: Caller, route: RouteKey, status_date: StatusDate = None) -> Response:
    """Send the route with this {route} off: its orders are in progress. 400 when it has started already.

    Operations: StartRouteByCode, StartRouteById.
    """
    with call.change() as tx:
        after = actions.start(tx, call.actor, route, status_date)
    return done(202, f"{after} was started.")


@each(api.put, "/Route/Close/{route}", "CloseRouteBy{route}", ANY_ROUTE, **_CHANGED)
def close(call: Caller, route: RouteKey, status_date: StatusDate = None) -> Response:
    """End the route with this {route}. 400 when it is closed already.

    Operations: CloseRouteByCode, CloseRouteById.
    """
    with call.change() as tx:
        after = actions.close(tx, call.actor, route, status_date)
    return done(202, f"{after} was closed.")


@each(api.put, "/Route/DriverSequence/{route}", "SetDriverSequenceBy{route}", ANY_ROUTE, **_CHANGED)
def set_drivers_sequence(call: Caller, route: RouteKey, request: DriversSequence) -> Response:
    """Note the order in which the driver takes the stops that are left; shown as `SeqNumberDriver`. 405 when closed.

    Not in the Track-POD API.
    """
    with call.change() as tx:
        after = actions.set_drivers_sequence(tx, call.actor, route, request)
    return done(202, f"The sequence of the driver on {after} is noted.")


# Orders onto routes


@each(api.put, "/Route/{route}/Order", "AddOrderToRouteBy{route}", ANY_ROUTE, **_CHANGED)
def add_order(
    call: Caller, route: RouteKey, request: NewOrder, *, update_gps: UpdateGps = False, merge: MergeAddresses = True
) -> Response:
    """Add a new order at the end of the newest route with this {route}. 405 when it is closed.

    Operations: AddOrderToRouteByCode, AddOrderToRouteById.
    """
    with call.change() as tx:
        order = actions.add_order(tx, call.actor, route, request, overwrite_gps=update_gps, merge=merge)
    return done(202, f"{order} was created on the route with {route}.")


@each(api.put, "/Route/{route}/Order/{order}", "MoveOrderToRouteBy{route}By{order}", ROUTE_AND_ORDER, **_CHANGED)
def put_order(
    call: Caller,
    route: RouteKey,
    order: OrderKey,
    *,
    transfer: Annotated[bool, Query(alias="allowTransfer", description="Also from another route.")] = False,
    reschedule: Annotated[bool, Query(alias="allowReschedule", description="Also after a failed attempt.")] = False,
) -> Response:
    """Put the newest order with this {order} at the end of the newest route with this {route}.

    405 when the route is closed, the order was carried out, or a flag is needed.

    Operations: MoveOrderToRouteByCodeByNumber, MoveOrderToRouteByCodeById, MoveOrderToRouteByIdByNumber,
    MoveOrderToRouteByIdById.
    """
    with call.change() as tx:
        onto = actions.put_order(tx, call.actor, route, order, transfer=transfer, reschedule=reschedule)
    return done(202, f"The order with {order} is on {onto}.")


# Export


@api.get("/Route/Export/Code", operation_id="GetRouteExportCode", response_model=list[str])
def list_codes_to_export(call: Caller, status: ExportStatus = export.CLOSED) -> Response:
    """Return the Codes of the routes in this status whose export is not confirmed yet, oldest first.

    Operation: GetRouteExportCode.
    """
    with call.read() as tx:
        return JsonAnswer(export.waiting(tx, call.actor, "Code", status))


@api.get("/Route/Export/Id", operation_id="GetRouteExportId", response_model=list[str])
def list_ids_to_export(call: Caller, status: ExportStatus = export.CLOSED) -> Response:
    """Return the Ids of the routes in this status whose export is not confirmed yet, oldest first.

    Operation: GetRouteExportId.
    """
    with call.read() as tx:
        return JsonAnswer(export.waiting(tx, call.actor, "Id", status))


@each(api.put, "/Route/Export/{route}", "SetRouteExport{route}", ANY_ROUTE, **_CHANGED)
def confirm_export(call: Caller, route: RouteKey) -> Response:
    """Confirm that the route with this {route} was exported; of several routes, the one that waits for its export.

    Operations: SetRouteExportCode, SetRouteExportId.
    """
    with call.change() as tx:
        export.confirm(tx, call.actor, route)
    return done(202, f"The export of the route with {route} is confirmed.")
