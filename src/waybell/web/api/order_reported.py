"""Reports of drivers and recipients about an order: photos, signatures, loading, feedback. Not in the Track-POD API.

The Track-POD API shows these on an order, but only its own apps can set them.
"""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from waybell.orders import actions, report_actions, visit_actions
from waybell.orders.model import OrderKey, PictureKind
from waybell.orders.requests import (
    CorrectOrder,
    GoodsLine,
    OrderFeedback,
    OrderInstructions,
    OrderLoad,
    OrderPin,
    OrderScan,
    OrderVisit,
)
from waybell.routes import order_actions
from waybell.web.api.answers import ApiResponse, done
from waybell.web.api.door import Call, Caller
from waybell.web.api.path_keys import ANY_ORDER, each
from waybell.web.api.pictures import ADDED, Picture
from waybell.web.api.routing import router
from waybell.wire.model import Text50, Text255

api = router("Order")


def _line(
    order_line_id: Annotated[Text50, Query(alias="orderLineId", description="The OrderLineId of the line.")] = None,
    goods_id: Annotated[
        Text50, Query(alias="goodsId", description="The GoodsId of the line, where no OrderLineId names it.")
    ] = None,
    goods_name: Annotated[
        Text255, Query(alias="goodsName", description="The GoodsName of the line, where no id names it.")
    ] = None,
) -> GoodsLine:
    return GoodsLine(order_line_id=order_line_id, goods_id=goods_id, goods_name=goods_name)


Line = Annotated[GoodsLine, Depends(_line)]


@each(api.post, "/Order/{order}/Photo", "AddOrderPhotoBy{order}", ANY_ORDER, **ADDED)
def add_photo(call: Caller, order: OrderKey, picture: Picture) -> Response:
    """Add a photo: a JPEG or PNG of up to 10 MB. The same file again adds nothing.

    It is kept as a JPEG of 1600 pixels at the most.

    Not in the Track-POD API.
    """
    return _add(call, order, "photo", picture)


@each(api.post, "/Order/{order}/Signature", "AddOrderSignatureBy{order}", ANY_ORDER, **ADDED)
def add_signature(call: Caller, order: OrderKey, picture: Picture) -> Response:
    """Add a signature: a JPEG or PNG of up to 10 MB. The same file again adds nothing.

    It is kept as a JPEG of 1600 pixels at the most.

    Not in the Track-POD API.
    """
    return _add(call, order, "signature", picture)


@each(api.post, "/Order/{order}/LoadSignature", "AddOrderLoadSignatureBy{order}", ANY_ORDER, **ADDED)
def add_load_signature(call: Caller, order: OrderKey, picture: Picture) -> Response:
    """Add a signature given at loading; the order shows it as `LoadSignaturePhotos`. Not in the Track-POD API."""
    return _add(call, order, "load signature", picture)


@each(api.post, "/Order/{order}/Goods/Photo", "AddOrderGoodsPhotoBy{order}", ANY_ORDER, **ADDED)
def add_goods_photo(call: Caller, order: OrderKey, line: Line, picture: Picture) -> Response:
    """Add a photo of a line of goods, named by its OrderLineId, GoodsId or GoodsName.

    Of several, the one with the fewest. At most 30 an order; the same file again adds nothing.

    Not in the Track-POD API.
    """
    photo = call.costly.photo(picture)
    with call.change() as tx:
        after = actions.add_goods_photo(tx, call.actor, order, line, photo)
    return done(201, f"The photo was added to the goods of {after}.")


def _add(call: Call, key: OrderKey, kind: PictureKind, sent: bytes) -> Response:
    photo = call.costly.photo(sent)  # outside the transaction, because it takes a while
    with call.change() as tx:
        order = actions.add_picture(tx, call.actor, key, kind, photo)
    return done(201, f"The {kind} was added to {order}.")


@each(api.put, "/Order/{order}/Load", "NoteOrderLoadingBy{order}", ANY_ORDER, response_model=ApiResponse)
def note_loading(http: Request, call: Caller, order: OrderKey, request: OrderLoad) -> Response:
    """Note whether the order is in the vehicle.

    Its route becomes Loaded with the last of its orders; one that is `not-loaded` is rejected (`not_loaded_orders`).

    Not in the Track-POD API.
    """
    reject = http.app.state.settings.not_loaded_orders == "reject"
    with call.change() as tx:
        after = order_actions.note_loading(tx, call.actor, order, request, reject=reject)
    return done(200, f"{after} is noted as {after.load_status}.")


@each(api.put, "/Order/{order}/Arrive", "NoteOrderArrivalBy{order}", ANY_ORDER, response_model=ApiResponse)
def arrive(call: Caller, order: OrderKey, request: OrderVisit | None = None) -> Response:
    """Note that the driver has come to the stop: to this order, and to the open ones at the same stop.

    A known arrival stays. 400 before the route starts.

    Not in the Track-POD API.
    """
    with call.change() as tx:
        after = visit_actions.arrive(tx, call.actor, order, request or OrderVisit())
    return done(200, f"The driver came to {after} at {after.arrived_date}.")


@each(api.put, "/Order/{order}/Depart", "NoteOrderDepartureBy{order}", ANY_ORDER, response_model=ApiResponse)
def depart(call: Caller, order: OrderKey, request: OrderVisit | None = None) -> Response:
    """Note that the driver has left the stop: this order, and those to which the driver came together with it.

    A known departure stays. 400 before the route starts.

    Not in the Track-POD API.
    """
    with call.change() as tx:
        after = visit_actions.depart(tx, call.actor, order, request or OrderVisit())
    return done(200, f"The driver left {after} at {after.departed_date}.")


@each(api.put, "/Order/{order}/Scan", "ScanOrderBy{order}", ANY_ORDER, response_model=ApiResponse)
def scan(call: Caller, order: OrderKey, request: OrderScan | None = None) -> Response:
    """Note a scanned barcode of the order or of a line of its goods, or with `Reason` why none was scanned.

    400 for a barcode of another order.

    Not in the Track-POD API.
    """
    with call.change() as tx:
        after = report_actions.scan(tx, call.actor, order, request or OrderScan())
    return done(200, f"The scan of {after} is noted.")


@each(api.put, "/Order/{order}/Instructions", "SetOrderInstructionsBy{order}", ANY_ORDER, response_model=ApiResponse)
def instruct(call: Caller, order: OrderKey, request: OrderInstructions) -> Response:
    """Note what the recipient asks for; empty text removes it. 400 when the order has an outcome already.

    Not in the Track-POD API.
    """
    with call.change() as tx:
        after = report_actions.instruct(tx, call.actor, order, request)
    return done(200, f"The instructions for {after} are noted.")


@each(api.put, "/Order/{order}/Pin", "SetOrderPinBy{order}", ANY_ORDER, response_model=ApiResponse)
def set_pin(call: Caller, order: OrderKey, request: OrderPin | None = None) -> Response:
    """Set the number by which the recipient confirms the delivery: 4 to 8 digits, or else four that are drawn.

    Not in the Track-POD API.
    """
    with call.change() as tx:
        after = report_actions.set_pin(tx, call.actor, order, request or OrderPin())
    return done(200, f"{after} has a Pin.")


@each(api.put, "/Order/{order}/Correct", "CorrectOrderBy{order}", ANY_ORDER, response_model=ApiResponse)
def correct(call: Caller, order: OrderKey, request: CorrectOrder) -> Response:
    """Replace the outcome of the order; what is not sent stays. The old outcome is kept, with who and why.

    400 when it has no outcome yet, and without a Reason.

    Not in the Track-POD API.
    """
    with call.change() as tx:
        after = report_actions.correct(tx, call.actor, order, request)
    return done(200, f"{after} is {after.status}.")


@each(api.put, "/Order/{order}/Feedback", "GiveOrderFeedbackBy{order}", ANY_ORDER, response_model=ApiResponse)
def give_feedback(call: Caller, order: OrderKey, request: OrderFeedback) -> Response:
    """Note the feedback of the recipient: a rating from 1 to 5, and a text. Not in the Track-POD API."""
    with call.change() as tx:
        after = actions.give_feedback(tx, call.actor, order, request)
    return done(200, f"The feedback on {after} is noted.")
