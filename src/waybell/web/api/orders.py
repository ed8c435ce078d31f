"""`/api/Order`: orders one by one and in bulk, and their outcomes."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Body, Query, Response
from pydantic import SkipValidation

from waybell.ground.errors import Invalid
from waybell.orders import actions, store
from waybell.orders.model import Order, OrderKey
from waybell.orders.requests import CompleteOrder, NewOrder, RejectOrder, StatusRequest
from waybell.routes import order_actions
from waybell.routes import store as routes
from waybell.routes.model import RouteKey
from waybell.web.api import bulk
from waybell.web.api.answers import ApiRemovedOrderResponse, ApiResponse, document, documents, done
from waybell.web.api.door import Caller
from waybell.web.api.path_keys import ANY_ORDER, NAMED_ORDER, TRACKED_ORDER, each
from waybell.web.api.reading import CLEARING, UpdateGoodsPrice, UpdateGps, day, utc_instant
from waybell.web.api.routing import Key, router
from waybell.wire.model import ApiModel, Text50
from waybell.wire.sizes import MAX_ORDERS

api = router("Order")


class OrderResult(ApiModel):
    """The result of one item of a bulk: `Error` is null when the order was created."""

    number: Text50 = None
    id: Text50 = None
    error: str | None = None


_GONE: dict[int | str, dict[str, Any]] = {410: {"model": ApiRemovedOrderResponse, "description": "It was deleted."}}


# Adding


@api.post("/Order", operation_id="AddOrder", status_code=201, response_model=ApiResponse)
def add(
    call: Caller, request: NewOrder, *, update_gps: UpdateGps = False, update_price: UpdateGoodsPrice = False
) -> Response:
    """Add an unscheduled order. Number and Id need not be unique.

    Operation: AddOrder.
    """
    with call.change() as tx:
        order = actions.add(tx, call.actor, request, overwrite_gps=update_gps, overwrite_price=update_price)
    return done(201, f"{order} was created.", {"Location": _location(order)})


def _location(order: Order) -> str:
    for member, value in (("Number", order.number), ("Id", order.id)):
        if value:
            return f"/Order/{member}/{quote(value, safe='')}"
    return f"/Order/TrackId/{order.track_id}"


@api.post(
    "/Order/Bulk",
    operation_id="AddOrderBulk",
    status_code=201,
    response_model=list[OrderResult],
    responses={200: {"model": list[OrderResult], "description": "Some were not created."}},
)
def add_bulk(
    call: Caller,
    items: Annotated[list[SkipValidation[NewOrder]], Body(min_length=1, max_length=MAX_ORDERS)],
    *,
    update_gps: UpdateGps = False,
    update_price: UpdateGoodsPrice = False,
) -> Response:
    """Add up to 500 orders, each judged by itself. The results are in their order; 200 when some were refused.

    Operation: AddOrderBulk.
    """

    def add_good(requests: list[NewOrder]) -> list[Order | Invalid]:
        with call.change() as tx:
            return actions.add_many(tx, call.actor, requests, overwrite_gps=update_gps, overwrite_price=update_price)

    return bulk.carry_out(items, NewOrder, add_good, _result, 201)


def _result(item: Any, outcome: Order | str) -> OrderResult:
    if isinstance(outcome, Order):
        return OrderResult(number=outcome.number, id=outcome.id)
    number, own_id = (bulk.sent_text(item, member) for member in ("Number", "Id"))
    return OrderResult.model_construct(number=number and number[:50], id=own_id and own_id[:50], error=outcome)


# Changing


@api.put(
    "/Order",
    operation_id="UpdateOrder",
    status_code=202,
    response_model=ApiResponse,
    responses=_GONE,
    dependencies=CLEARING,
)
def change(
    call: Caller,
    request: NewOrder,
    *,
    update_gps: UpdateGps = False,
    force: Annotated[bool, Query(alias="forceUpdate", description="Change it even after a driver's answer.")] = False,
) -> Response:
    """Change the sent members of the newest order with that Id, or else that Number. Omitted members stay.

    405 once it was carried out or rejected, unless `forceUpdate`.

    Operation: UpdateOrder.
    """
    with call.change() as tx:
        changed = actions.change(tx, call.actor, request, overwrite_gps=update_gps, processed_too=force)
    return done(202, f"{changed} was updated.")


@each(
    api.put,
    "/Order/{order}",
    "UpdateOrderBy{order}",
    TRACKED_ORDER,
    status_code=202,
    response_model=ApiResponse,
    dependencies=CLEARING,
)
def change_named(call: Caller, order: OrderKey, request: NewOrder, *, update_gps: UpdateGps = False) -> Response:
    """Change the sent members of the order with this {order}, also its Number and Id. Omitted members stay.

    405 once it was carried out or rejected.

    Operation: UpdateOrderByTrackId.
    """
    with call.change() as tx:
        changed = actions.change_named(tx, call.actor, order, request, overwrite_gps=update_gps)
    return done(202, f"{changed} was updated.")


@each(api.delete, "/Order/{order}", "DeleteOrderBy{order}", NAMED_ORDER, response_model=ApiResponse)
def delete(call: Caller, order: OrderKey) -> Response:
    """Delete the newest order with this {order} forever. 400 once it was carried out or rejected.

    Operations: DeleteOrderByNumber, DeleteOrderById.
    """
    with call.change() as tx:
        deleted = order_actions.delete(tx, call.actor, order)
    return done(200, f"{deleted} was deleted.")


# The outcome of an order


@each(api.put, "/Order/{order}/Complete", "CompleteOrderBy{order}", ANY_ORDER, response_model=ApiResponse)
def complete(call: Caller, order: OrderKey, request: CompleteOrder | None = None) -> Response:
    """Say that the order with this {order} was carried out; without GoodsList, in full.

    400 when it is on no route, or has an outcome already.

    Operations: CompleteOrderByNumber, CompleteOrderById, CompleteOrderByTrackId.
    """
    with call.change() as tx:
        after = actions.complete(tx, call.actor, order, request or CompleteOrder())
    return done(200, f"{after} is {after.status}.")


@each(api.put, "/Order/{order}/Reject", "RejectOrderBy{order}", ANY_ORDER, response_model=ApiResponse)
def reject(call: Caller, order: OrderKey, request: RejectOrder | None = None) -> Response:
    """Say that the order with this {order} was not carried out. 400 when it is on no route, or has an outcome already.

    Operations: RejectOrderByNumber, RejectOrderById, RejectOrderByTrackId.
    """
    with call.change() as tx:
        after = actions.reject(tx, call.actor, order, request or RejectOrder())
    return done(200, f"{after} is {after.status}.")


@each(
    api.put, "/Order/{order}/Status", "SetOrderStatusBy{order}", ANY_ORDER, deprecated=True, response_model=ApiResponse
)
def set_status(call: Caller, order: OrderKey, request: StatusRequest | None = None) -> Response:
    """Say that the order with this {order} was canceled: Status NotDelivered, RejectReason Canceled. Prefer Reject.

    400 when it has an outcome already, 405 for other words.

    Operations: SetOrderStatusByNumber, SetOrderStatusByTrackId, SetOrderStatusById.
    """
    with call.change() as tx:
        after = actions.set_status(tx, call.actor, order, request or StatusRequest())
    return done(200, f"{after} is {after.status}.")


# Finding


@each(api.get, "/Order/{order}", "GetOrderBy{order}", NAMED_ORDER, response_model=Order, responses=_GONE)
def get_named(call: Caller, order: OrderKey) -> Response:
    """Return the newest order with this {order}; 410 when only a deleted one has it.

    Operations: GetOrderByNumber, GetOrderById.
    """
    return get(call, order)


@each(api.get, "/Order/{order}", "GetOrderBy{order}", TRACKED_ORDER, response_model=Order)
def get(call: Caller, order: OrderKey) -> Response:
    """Return the order with this {order}; 404 when it was deleted.

    Operation: GetOrderByTrackId.
    """
    with call.read() as tx:
        return document(actions.get(tx, call.actor, order))


@api.get("/Order/Number/{number}/List", operation_id="GetOrdersByNumber", response_model=list[Order], responses=_GONE)
def list_by_number(call: Caller, number: Key) -> Response:
    """Return the newest 25 orders with this Number, newest first; 410 when all of them were deleted.

    Operation: GetOrdersByNumber.
    """
    with call.read() as tx:
        return documents(actions.list_by_number(tx, call.actor, number))


@api.get("/Order/Date/{date}", operation_id="GetOrderByDate", response_model=list[Order])
def list_by_date(call: Caller, date: Key) -> Response:
    """Return all orders with this Date, oldest first.

    Operation: GetOrderByDate.
    """
    with call.read() as tx:
        return documents(store.on_date(tx, call.account.id, day(call, tx, date)))


@api.get("/Order/Route/Date/{date}", operation_id="GetOrderByRouteDate", response_model=list[Order])
def list_by_route_date(call: Caller, date: Key) -> Response:
    """Return all orders on the routes of a day, route by route, in their sequence.

    Operation: GetOrderByRouteDate.
    """
    with call.read() as tx:
        found = routes.on_date(tx, call.account.id, day(call, tx, date))
        return documents([order for route in found for order in route.orders or []])


@api.get("/Order/Route/Code/{code}", operation_id="GetOrderByRouteCode", response_model=list[Order])
def list_by_route_code(call: Caller, code: Key) -> Response:
    """Return all orders on the newest route with this Code, in their sequence; none when there is no such route.

    Operation: GetOrderByRouteCode.
    """
    with call.read() as tx:
        route_id = routes.find(tx, call.account.id, RouteKey("Code", code))
        return documents(store.on_routes(tx, call.account.id, [route_id])[route_id] if route_id else [])


@api.get("/Order/Status/Date/{date}", operation_id="GetOrderByStatusDate", response_model=list[Order])
def list_by_status_date(call: Caller, date: Key) -> Response:
    """Return all orders whose status changed after this time (UTC), in that order. 400 if it is over a day ago.

    Operation: GetOrderByStatusDate.
    """
    with call.read() as tx:
        return documents(actions.list_by_status_change(tx, call.actor, utc_instant(tx, date)))
