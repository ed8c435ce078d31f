"""`/api/Order`: orders one by one and in bulk, and what came of them.

Still to come here: PUT /Order/TrackId, the lists by route, by status date and by number, the deprecated Status, Pdf and
Shipping-label.
"""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Body, Query, Response
from pydantic import SkipValidation

from waybell.errors import Invalid
from waybell.orders import actions, store
from waybell.orders.model import Order, OrderKey
from waybell.orders.requests import CompleteOrder, NewOrder, RejectOrder
from waybell.web.api.answers import ApiRemovedOrderResponse, ApiResponse, JsonAnswer, document, documents, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.reading import UpdateGoodsPrice, UpdateGps, day, judged
from waybell.web.api.routing import Key, router
from waybell.wire import Document, Text50

api = router("Order")

MAX_BULK = 500
_NAMES = ("number", "id")


class OrderResult(Document):
    """What came of one item of a bulk: `Error` is null when it was created."""

    number: Text50 = None
    id: Text50 = None
    error: str | None = None


_GONE: dict[int | str, dict[str, Any]] = {410: {"model": ApiRemovedOrderResponse, "description": "It was deleted."}}


@api.post("/Order", operation_id="AddOrder", status_code=201, response_model=ApiResponse)
def add(
    call: Caller, request: NewOrder, *, update_gps: UpdateGps = False, update_price: UpdateGoodsPrice = False
) -> Response:
    """Add an unscheduled order. Number and Id need not be unique."""
    with call.change() as tx:
        order = actions.add(tx, call.actor, request, overwrite_gps=update_gps, overwrite_price=update_price)
    return done(201, f"{order} was created.", {"Location": _location(order)})


def _location(order: Order) -> str:
    for member, value in (("Number", order.number), ("Id", order.id)):
        if value:
            return f"/Order/{member}/{quote(value, safe='')}"
    return f"/Order/TrackId/{order.track_id}"


@api.put("/Order", operation_id="UpdateOrder", status_code=202, response_model=ApiResponse, responses=_GONE)
def change(
    call: Caller,
    request: NewOrder,
    *,
    update_gps: UpdateGps = False,
    force: Annotated[bool, Query(alias="forceUpdate", description="Change it even after a driver's answer.")] = False,
) -> Response:
    """Change what is sent of the newest order with that Id, or else that Number; the rest stays as it is."""
    with call.change() as tx:
        order = actions.change(tx, call.actor, request, overwrite_gps=update_gps, processed_too=force)
    return done(202, f"{order} was updated.")


@api.post(
    "/Order/Bulk",
    operation_id="AddOrderBulk",
    status_code=201,
    response_model=list[OrderResult],
    responses={200: {"model": list[OrderResult], "description": "Some were not created."}},
)
def add_bulk(
    call: Caller,
    items: Annotated[list[SkipValidation[NewOrder]], Body(min_length=1, max_length=MAX_BULK)],
    *,
    update_gps: UpdateGps = False,
    update_price: UpdateGoodsPrice = False,
) -> Response:
    """Add up to 500 orders, each judged by itself. The results are in their order; 200 when some were not created."""
    requests = [judged(NewOrder, item) for item in items]
    with call.change() as tx:
        good = [request for request in requests if not isinstance(request, str)]
        outcomes = actions.add_many(tx, call.actor, good, overwrite_gps=update_gps, overwrite_price=update_price)
    made = iter(outcomes)
    results = [
        _result(item, one if isinstance(one, str) else next(made)) for item, one in zip(items, requests, strict=True)
    ]
    all_made = all(result.error is None for result in results)
    return JsonAnswer([result.as_answer() for result in results], status_code=201 if all_made else 200)


def _result(item: Any, outcome: Order | Invalid | str) -> OrderResult:
    if isinstance(outcome, Order):
        return OrderResult(number=outcome.number, id=outcome.id)
    sent = {key.lower(): value for key, value in item.items()} if isinstance(item, dict) else {}
    number, own_id = (str(value)[:50] if isinstance(value, str | int) else None for value in map(sent.get, _NAMES))
    return OrderResult.model_construct(number=number, id=own_id, error=str(outcome))


@api.get("/Order/Number/{number}", operation_id="GetOrderByNumber", response_model=Order, responses=_GONE)
def get_by_number(call: Caller, number: Key) -> Response:
    """The newest order with this Number; 410 when only a deleted one has it."""
    return _get(call, OrderKey("Number", number))


@api.get("/Order/Id/{id}", operation_id="GetOrderById", response_model=Order, responses=_GONE)
def get_by_id(call: Caller, id: Key) -> Response:  # noqa: A002 - the API's name
    """The newest order with this Id of the caller's; 410 when only a deleted one has it."""
    return _get(call, OrderKey("Id", id))


@api.get("/Order/TrackId/{track_id}", operation_id="GetOrderByTrackId", response_model=Order)
def get_by_track_id(call: Caller, track_id: Key) -> Response:
    return _get(call, OrderKey("TrackId", track_id.lower()))


def _get(call: Call, key: OrderKey) -> Response:
    with call.look() as tx:
        return document(actions.get(tx, call.actor, key))


@api.get("/Order/Date/{date}", operation_id="GetOrderByDate", response_model=list[Order])
def list_by_date(call: Caller, date: Key) -> Response:
    """All orders with this Date, oldest first."""
    with call.look() as tx:
        return documents(store.on_date(tx, call.account.id, day(call, tx, date)))


@api.delete("/Order/Number/{number}", operation_id="DeleteOrderByNumber", response_model=ApiResponse)
def delete_by_number(call: Caller, number: Key) -> Response:
    """Delete the newest order with this Number, for good. 400 once it was carried out or rejected."""
    return _delete(call, OrderKey("Number", number))


@api.delete("/Order/Id/{id}", operation_id="DeleteOrderById", response_model=ApiResponse)
def delete_by_id(call: Caller, id: Key) -> Response:  # noqa: A002
    """Delete the newest order with this Id, for good. 400 once it was carried out or rejected."""
    return _delete(call, OrderKey("Id", id))


def _delete(call: Call, key: OrderKey) -> Response:
    with call.change() as tx:
        order = actions.delete(tx, call.actor, key)
    return done(200, f"{order} was deleted.")


@api.put("/Order/Number/{number}/Complete", operation_id="CompleteOrderByNumber", response_model=ApiResponse)
def complete_by_number(call: Caller, number: Key, request: CompleteOrder | None = None) -> Response:
    """The order was carried out; without GoodsList in full. It must be on a route."""
    return _complete(call, OrderKey("Number", number), request)


@api.put("/Order/Id/{id}/Complete", operation_id="CompleteOrderById", response_model=ApiResponse)
def complete_by_id(call: Caller, id: Key, request: CompleteOrder | None = None) -> Response:  # noqa: A002
    """The order was carried out; without GoodsList in full. It must be on a route."""
    return _complete(call, OrderKey("Id", id), request)


@api.put("/Order/TrackId/{track_id}/Complete", operation_id="CompleteOrderByTrackId", response_model=ApiResponse)
def complete_by_track_id(call: Caller, track_id: Key, request: CompleteOrder | None = None) -> Response:
    """The order was carried out; without GoodsList in full. It must be on a route."""
    return _complete(call, OrderKey("TrackId", track_id.lower()), request)


def _complete(call: Call, key: OrderKey, request: CompleteOrder | None) -> Response:
    with call.change() as tx:
        order = actions.complete(tx, call.actor, key, request or CompleteOrder())
    return done(200, f"{order} is {order.status}.")


@api.put("/Order/Number/{number}/Reject", operation_id="RejectOrderByNumber", response_model=ApiResponse)
def reject_by_number(call: Caller, number: Key, request: RejectOrder | None = None) -> Response:
    """The order could not be carried out. It must be on a route."""
    return _reject(call, OrderKey("Number", number), request)


@api.put("/Order/Id/{id}/Reject", operation_id="RejectOrderById", response_model=ApiResponse)
def reject_by_id(call: Caller, id: Key, request: RejectOrder | None = None) -> Response:  # noqa: A002
    """The order could not be carried out. It must be on a route."""
    return _reject(call, OrderKey("Id", id), request)


@api.put("/Order/TrackId/{track_id}/Reject", operation_id="RejectOrderByTrackId", response_model=ApiResponse)
def reject_by_track_id(call: Caller, track_id: Key, request: RejectOrder | None = None) -> Response:
    """The order could not be carried out. It must be on a route."""
    return _reject(call, OrderKey("TrackId", track_id.lower()), request)


def _reject(call: Call, key: OrderKey, request: RejectOrder | None) -> Response:
    with call.change() as tx:
        order = actions.reject(tx, call.actor, key, request or RejectOrder())
    return done(200, f"{order} is {order.status}.")
