"""The rules for what happens to an order on a route, at the door and afterwards. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from waybell.directory.reject_reasons import DEFAULT, RejectReason, RejectReasonsList, name_of
from waybell.ground.amounts import less
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, NotAllowedNow
from waybell.orders import days
from waybell.orders.days import Span
from waybell.orders.goods_lines import Lines
from waybell.orders.model import (
    DELIVERED,
    IN_PROGRESS,
    MOST_GOODS_PHOTOS,
    MOST_PICTURES,
    ORDER_FAILED,
    PARTIALLY,
    SITE_FAILED,
    Goods,
    Order,
    PictureKind,
    RouteStatus,
    status_text,
)
from waybell.orders.requests import (
    CompleteOrder,
    CompleteOrderGoods,
    GoodsLine,
    OrderFeedback,
    OrderLoad,
    OrderVisit,
    RejectOrder,
    StatusRequest,
)
from waybell.wire.model import member_name

# The evidence from the door, and the members that show it.
_EVIDENCE = (
    "photo_ids",
    "signature_ids",
    "has_photo",
    "photos",
    "has_signature_photo",
    "signature_photos",
    "report_url",
)
# Where it got its status, and when the driver was there. They belong to one attempt on one route.
_WHERE = ("status_lat", "status_lon")
_VISIT = ("arrived_date", "departed_date")
_PLANNED = ("seq_number_driver", "distance_from_depot_plan", "eta", "updated_eta", "pinned")  # by a route
_NOT_LOADED = "Not loaded"  # a reject reason
_PHOTOS = ("photo_ids", "has_photo", "photos")  # of a line of goods
_PICTURES: dict[PictureKind, str] = {
    "photo": "photo_ids",
    "signature": "signature_ids",
    "load signature": "load_signature_ids",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """The position of an order on a route."""

    route_id: str
    seq_number: int
    route_status: RouteStatus


def placed(order: Order, stop: Stop | None, when: str) -> Order:
    """Return the order at this stop, or unscheduled; an order on a started route is in progress, else without a status.

    An outcome stays, see `rescheduled`. `when` is the time of a newly set status. The plan of another route is dropped,
    and so is the visit of its driver.
    """
    status_id = order.status_id
    if not order.finished:
        status_id = IN_PROGRESS if stop and stop.route_status == "InProgress" else None
    route_id = stop.route_id if stop else None
    moved = order.model_copy(
        update={
            "route_id": route_id,
            "seq_number": stop.seq_number if stop else None,
            **({} if route_id == order.route_id else dict.fromkeys(_PLANNED)),
            **({} if route_id == order.route_id or order.finished else dict.fromkeys((*_VISIT, *_WHERE))),
        }
    )
    if status_id == order.status_id:
        return moved
    return _with_status(moved, status_id, status_date=when if status_id else None)


def rescheduled(order: Order) -> Order:
    """Return a failed order for another attempt, without the outcome of the first."""
    return _with_status(
        order,
        None,
        status_date=None,
        reject_reason=None,
        driver_comment=None,
        signature_name=None,
        rescheduled_times=(order.rescheduled_times or 0) + 1,
        **(dict.fromkeys(("load_status", "load_date")) if order.load_status == "not-loaded" else {}),
        goods_list=order.goods_list and [line.model_copy(update=dict.fromkeys(_PHOTOS)) for line in order.goods_list],
        **dict.fromkeys((*_EVIDENCE, *_VISIT, *_WHERE)),
    )


def completed(
    order: Order,
    request: CompleteOrder,
    moment: Moment,
    reasons: RejectReasonsList = DEFAULT,
    *,
    span: Span | None = None,
) -> Order:
    """Return the order carried out: in full, or partially when less was taken of a line than ordered.

    `span` holds the days of its route; without a span a time of day is put on the Date of the route, or else of the
    order. Raise `Invalid` when the order is on no route or has an outcome already, when a line or a reason is unknown,
    when more lines are reported than there are, and when CODActual is negative although the COD of the order is not.
    """
    _check_open(order)
    lines = _counted(order.goods_list or [], request.goods_list or [], reasons.goods_issue)
    short = any(less(line.quantity_fact or 0, line.quantity or 0) for line in lines)
    cod = request.cod_actual
    if cod is not None and cod < 0 <= order.cod:
        raise Invalid("CODActual: must not be negative, unless the COD of the order is")
    return _with_status(
        order,
        PARTIALLY if short else DELIVERED,
        goods_list=lines if order.goods_list is not None else None,
        cod_actual=order.cod_actual if cod is None else amount_text(cod),
        **_said(order, request, moment, span),
    )


def rejected(
    order: Order,
    request: RejectOrder,
    moment: Moment,
    reasons: RejectReasonsList = DEFAULT,
    *,
    span: Span | None = None,
) -> Order:
    """Return the order not carried out, for a reason of the site or of the order, or without one.

    `span` is that of `completed`. Raise `Invalid` when the order is on no route, has an outcome already, and when the
    reason is unknown.
    """
    _check_open(order)
    site, own = (name_of(these, request.reject_reason_id) for these in (reasons.site_issue, reasons.order_issue))
    if request.reject_reason_id is not None and not (site or own):
        raise Invalid(f"RejectReasonId: {request.reject_reason_id} is neither an order issue nor a site issue")
    return _with_status(
        order, SITE_FAILED if site else ORDER_FAILED, reject_reason=site or own, **_said(order, request, moment, span)
    )


def canceled(order: Order, request: StatusRequest, moment: Moment) -> Order:
    """Return the order as canceled, on a route or not, which is all that a `StatusRequest` can say.

    Raise `NotAllowedNow` for another status or reason, and `Invalid` when the order has an outcome already.
    """
    said = ((request.status or "").casefold(), (request.reject_reason or "").casefold())
    if said != ("notdelivered", "canceled"):
        raise NotAllowedNow(
            "Only Status NotDelivered with RejectReason Canceled is known here. Use Complete or Reject."
        )
    _check_unfinished(order)
    return _with_status(order, ORDER_FAILED, reject_reason="Canceled", status_date=moment.utc)


def _with_status(order: Order, status_id: int | None, **more: Any) -> Order:
    return order.model_copy(update={"status_id": status_id, "status": status_text(status_id, order.type), **more})


def _check_open(order: Order) -> None:
    if order.route_id is None:
        raise Invalid(f"{order} is on no route. Put it on a route first.")
    _check_unfinished(order)


def _check_unfinished(order: Order) -> None:
    if order.finished:
        raise Invalid(f"{order} has the status {order.status} already. Reschedule it to try again.")


def _said(order: Order, request: CompleteOrder | RejectOrder, moment: Moment, span: Span | None) -> dict[str, Any]:
    return {
        "status_date": status_date(request.status_date, span or days_of(order), moment),
        "driver_comment": request.driver_comment or order.driver_comment,
        "signature_name": request.signature_name or order.signature_name,
        **position(request),
    }


def position(request: CompleteOrder | RejectOrder | OrderVisit) -> dict[str, float]:
    """Return the members that show the sent position, or none when none was sent.

    Raise `Invalid` when only one half of it was sent.
    """
    if (request.lat is None) != (request.lon is None):
        raise Invalid("Lat, Lon: a position needs both")
    return (
        {} if request.lat is None or request.lon is None else dict(zip(_WHERE, (request.lat, request.lon), strict=True))
    )


def days_of(order: Order) -> Span:
    """Return the day of the order's route, or else of the order, for want of the route's own span."""
    return days.span(order.route_date or order.date)


def status_date(sent: str | None, span: Span, moment: Moment) -> str:
    """Return the sent wall-clock time, put on the days of the route; without one, now in UTC, as the API specifies."""
    return days.fact_time(sent, span, moment) if sent else moment.utc


def amount_text(amount: float) -> str:
    """Return an amount as text, for members that are text in the API: `12.5`, `10`."""
    return str(int(amount)) if amount.is_integer() else str(amount)


def _counted(
    lines: Sequence[Goods], facts: Sequence[CompleteOrderGoods], reasons: Sequence[RejectReason]
) -> list[Goods]:
    """Return the lines with the quantity taken of each; a line that is not reported was taken in full.

    Reports on alike lines are assigned to them in order.
    """
    counted = [line.model_copy(update={"quantity_fact": line.quantity}) for line in lines]
    known = Lines(lines)
    for place, (fact, at) in enumerate(zip(facts, known.share_out(facts), strict=True)):
        if at is None:
            raise Invalid(f"GoodsList[{place}]: {_not_there(known, fact)}")
        reason = name_of(reasons, fact.goods_reject_reason_id)
        if fact.goods_reject_reason_id is not None and reason is None:
            raise Invalid(f"GoodsList[{place}].GoodsRejectReasonId: {fact.goods_reject_reason_id} is no goods issue")
        taken = lines[at].quantity if fact.quantity_fact is None else fact.quantity_fact
        counted[at] = counted[at].model_copy(update={"quantity_fact": taken, "reject_reason": reason})
    return counted


def _not_there(known: Lines, fact: CompleteOrderGoods) -> str:
    if name := known.name_of(fact):
        many, member = len(known.alike(fact)), member_name(name)
        lines = f"{many} lines" if many > 1 else "one line"
        return f"the order has {lines} with this {member}, and more is said of them. Say each line once."
    return "names no line of the order by OrderLineId, GoodsId or GoodsName"


def pictured(order: Order, kind: PictureKind, picture_id: str, *, same: Collection[str] = ()) -> Order:
    """Return the order with a further picture, or unchanged when one of this kind is among the `same`.

    Raise `Invalid` when the order is full.
    """
    member = _PICTURES[kind]
    there = getattr(order, member) or []
    if not set(there).isdisjoint(same):
        return order
    if len(there) >= MOST_PICTURES[kind]:
        raise Invalid(f"{order} has {len(there)} pictures of this kind already; there cannot be more.")
    return order.model_copy(update={member: [*there, picture_id]})


def goods_pictured(order: Order, meant: GoodsLine, picture_id: str, *, same: Collection[str] = ()) -> Order:
    """Return the order with one more photo of a line of goods: of alike lines, the first with the fewest photos.

    The order stays as it is when one of the lines has a photo that is among the `same`.
    Raise `Invalid` when no line matches, and when there are too many photos.
    """
    lines = list(order.goods_list or [])
    alike = Lines(lines).alike(meant)
    if not alike:
        raise Invalid(f"{order} has no such line of goods. Name one by orderLineId, goodsId or goodsName.")
    if any(not set(lines[one].photo_ids or []).isdisjoint(same) for one in alike):
        return order
    if sum(len(line.photo_ids or []) for line in lines) >= MOST_GOODS_PHOTOS:
        raise Invalid(f"{order} has {MOST_GOODS_PHOTOS} pictures of goods already; there cannot be more.")
    at = min(alike, key=lambda one: len(lines[one].photo_ids or []))
    lines[at] = lines[at].model_copy(update={"photo_ids": [*(lines[at].photo_ids or []), picture_id]})
    return order.model_copy(update={"goods_list": lines})


def instructed(order: Order, instructions: str | None) -> Order:
    """Return the order with what the recipient asks for, or without it.

    Raise `Invalid` when the order has an outcome, since it is too late then.
    """
    if order.finished and instructions != order.delivery_instructions:
        raise Invalid(f"{order} has the status {order.status} already, so nobody would read the instructions.")
    return order.model_copy(update={"delivery_instructions": instructions})


def rated(order: Order, request: OrderFeedback) -> Order:
    """Return the order with the receiver's feedback.

    Raise `Invalid` without a rating.
    """
    if request.rating is None:
        raise Invalid("Rating: is required, a number from 1 to 5")
    return order.model_copy(update={"feedback_rating": request.rating, "feedback": request.text})


def loading_noted(
    order: Order, request: OrderLoad, moment: Moment, *, span: Span | None = None, reject: bool = True
) -> Order:
    """Return the order with its load status, and the time since which it has that status.

    Repeating the known status without a time changes nothing. With `reject`, an order on a route that was not loaded is
    rejected, so that it cannot be delivered until another load status is noted or it is rescheduled. Raise `Invalid`
    without a load status.
    """
    if request.load_status is None:
        raise Invalid("LoadStatus: is required: none, loaded or not-loaded")
    at = status_date(request.load_date, span or days_of(order), moment)
    known = request.load_date is None and request.load_status == order.load_status
    since = None if request.load_status == "none" else order.load_date if known else at
    noted = order.model_copy(update={"load_status": request.load_status, "load_date": since})
    if request.load_status == "not-loaded" and reject and order.route_id and not order.finished:
        return _with_status(noted, ORDER_FAILED, reject_reason=_NOT_LOADED, status_date=at)
    if request.load_status != "not-loaded" and _left_behind(order):
        status_id = IN_PROGRESS if order.route_status == "InProgress" else None
        return _with_status(noted, status_id, reject_reason=None, status_date=at if status_id else None)
    return noted


def _left_behind(order: Order) -> bool:
    """Return whether the order was rejected because it was not loaded."""
    return (order.status_id, order.load_status, order.reject_reason) == (ORDER_FAILED, "not-loaded", _NOT_LOADED)
