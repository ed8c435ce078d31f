"""The opt-in events of orders: what a change of an order means on the day of its delivery. Pure.

Each is derived from the order before and after the change, whoever made it, so that a driver's report, a page and an
import tell the same. It carries the keys of the order and its own facts only, because the event of the change itself,
such as `OrderUpdated`, carries the whole order.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.events.subjects import Subject
from waybell.ground.clock import utc_text
from waybell.orders import outcome, visits
from waybell.orders.correction import corrected, outcome_of
from waybell.orders.model import IN_PROGRESS, Order, Outcome
from waybell.orders.order_links import linked
from waybell.orders.requests import CorrectOrder, OrderFeedback, OrderLoad, OrderVisit
from waybell.orders.samples import ARRIVED, CORRECTED, DEPARTED, LINKS, SAMPLE_MOMENT, created_order, full_order
from waybell.wire.model import ApiModel

ORDER_LOADED = "OrderLoaded"
ORDER_NOT_LOADED = "OrderNotLoaded"
ORDER_OUT_FOR_DELIVERY = "OrderOutForDelivery"
ORDER_ARRIVED = "OrderArrived"
ORDER_DEPARTED = "OrderDeparted"
ORDER_PROOF_ADDED = "OrderProofAdded"
ORDER_FEEDBACK_GIVEN = "OrderFeedbackGiven"
ORDER_INSTRUCTIONS_CHANGED = "OrderInstructionsChanged"
ORDER_CORRECTED = "OrderCorrected"


class OrderMoment(ApiModel):
    """The keys of an order, and when the server learned of the moment, which may be long after it (UTC)."""

    track_id: str
    number: str | None = None
    id: str | None = None
    route_number: str | None = None
    driver_login: str | None = None
    shipper_id: str | None = None
    depot_id: str | None = None
    team_code: str | None = None
    received_date: str


class OrderLoading(OrderMoment):
    """The loading of an order: whether it is in the vehicle, and since when."""

    load_status: str
    load_date: str | None = None
    status_id: int | None = None
    status: str | None = None
    reject_reason: str | None = None


class OrderOutForDelivery(OrderMoment):
    """An order on its way, with what is planned for it."""

    seq_number: int | None = None
    status_date: str | None = None
    load_date: str | None = None
    eta: str | None = None
    time_slot_from: str | None = None
    time_slot_to: str | None = None


class OrderVisited(OrderMoment):
    """The visit of the driver at the stop of an order."""

    seq_number: int | None = None
    arrived_date: str | None = None
    departed_date: str | None = None
    status_id: int | None = None
    status: str | None = None
    status_lat: float | None = None
    status_lon: float | None = None


class OrderProof(OrderMoment):
    """The proof of delivery as it is now, with all its pictures."""

    status_id: int | None = None
    status: str | None = None
    status_date: str | None = None
    photos: list[str] | None = None
    signature_photos: list[str] | None = None
    load_signature_photos: list[str] | None = None
    goods_photos: list[str] | None = None
    report_url: str | None = None


class OrderRating(OrderMoment):
    """The feedback of the recipient."""

    feedback_rating: float | None = None
    feedback: str | None = None


class OrderWishes(OrderMoment):
    """The wishes of the recipient as they are now; without DeliveryInstructions, none any more."""

    delivery_instructions: str | None = None


class OrderCorrection(OrderMoment):
    """A corrected outcome, with the one before."""

    after: Outcome
    before: Outcome
    reason: str
    corrected_by: str


def moments(before: Order, after: Order) -> Iterator[str]:
    """Yield the opt-in event types of a change, in the order in which a day has them."""
    if len(after.corrections or ()) > len(before.corrections or ()):
        yield ORDER_CORRECTED
        return  # a time that was wrong is no second visit
    if after.load_status != before.load_status and after.load_status in _OF_LOADING:
        yield _OF_LOADING[after.load_status]
    if _is_out(after) and not _is_out(before):
        yield ORDER_OUT_FOR_DELIVERY
    if after.arrived_date and after.arrived_date != before.arrived_date:
        yield ORDER_ARRIVED
    if after.departed_date and after.departed_date != before.departed_date:
        yield ORDER_DEPARTED
    if _pictures(after) > _pictures(before):
        yield ORDER_PROOF_ADDED
    if after.feedback_rating is not None and _rating(after) != _rating(before):
        yield ORDER_FEEDBACK_GIVEN
    if after.delivery_instructions != before.delivery_instructions:
        yield ORDER_INSTRUCTIONS_CHANGED


_OF_LOADING = {"loaded": ORDER_LOADED, "not-loaded": ORDER_NOT_LOADED}


def _is_out(order: Order) -> bool:
    """Return whether the order is in the vehicle of a route that has started."""
    return order.status_id == IN_PROGRESS and order.load_status == "loaded"


def _pictures(order: Order) -> int:
    of_order = (order.photo_ids, order.signature_ids, order.load_signature_ids)
    return sum(len(ids or ()) for ids in (*of_order, *(line.photo_ids for line in order.goods_list or ())))


def _rating(order: Order) -> tuple[float | None, str | None]:
    return order.feedback_rating, order.feedback


def _proof(order: Order) -> dict[str, Any]:
    photos = [photo for line in order.goods_list or () for photo in line.photos or ()]
    return {"goods_photos": photos or None}


def _correction(order: Order) -> dict[str, Any]:
    last = order.corrected[-1]
    return {
        "after": outcome_of(order),
        "before": last.before,
        "reason": last.reason,
        "corrected_by": last.corrected_by,
    }


# The model of each type, and what it holds beside members of the order.
_DATA: dict[str, type[OrderMoment]] = {
    ORDER_LOADED: OrderLoading,
    ORDER_NOT_LOADED: OrderLoading,
    ORDER_OUT_FOR_DELIVERY: OrderOutForDelivery,
    ORDER_ARRIVED: OrderVisited,
    ORDER_DEPARTED: OrderVisited,
    ORDER_PROOF_ADDED: OrderProof,
    ORDER_FEEDBACK_GIVEN: OrderRating,
    ORDER_INSTRUCTIONS_CHANGED: OrderWishes,
    ORDER_CORRECTED: OrderCorrection,
}
_MORE: dict[str, Callable[[Order], dict[str, Any]]] = {ORDER_PROOF_ADDED: _proof, ORDER_CORRECTED: _correction}


def data_of(name: str, order: Order, received: datetime) -> dict[str, Any]:
    """Return the Data of an opt-in event about the order as it is after the change."""
    model, more = _DATA[name], _MORE[name](order) if name in _MORE else {}
    members = {field: getattr(order, field) for field in model.model_fields if field in Order.model_fields}
    return model.model_construct(**members, **more, received_date=utc_text(received)).as_data()


def moment_event(account_id: str, name: str, order: Order, received: datetime) -> Event:
    subject = str(Subject("order", order.track_id))
    return Event(account_id, name, subject, data_of(name, order, received), opt_in=True)


def _opt_in(name: str, meaning: str, order: Order) -> EventType:
    sample = data_of(name, linked(order, LINKS, SAMPLE_MOMENT.now), SAMPLE_MOMENT.now)
    return EventType(
        name, meaning, _DATA[name].model_json_schema(mode="serialization"), sample, about="order", opt_in=True
    )


# The rules make the samples, as for the other events.
_OUT = outcome.loading_noted(created_order(), OrderLoad(load_status="loaded"), SAMPLE_MOMENT)
_LEFT = outcome.loading_noted(created_order(), OrderLoad(load_status="not-loaded"), SAMPLE_MOMENT)
_ARRIVED = OrderVisit.model_validate(ARRIVED | {"Lat": 59.44462, "Lon": 24.74527})
[_AT_DOOR] = visits.arrived(_OUT, [], _ARRIVED, SAMPLE_MOMENT)
[_GONE] = visits.departed(
    full_order().model_copy(update={"departed_date": None}), [], OrderVisit.model_validate(DEPARTED), SAMPLE_MOMENT
)
_RATED = outcome.rated(full_order(), OrderFeedback(rating=5, text="Friendly driver"))
_ASKED = outcome.instructed(created_order(), "Leave it with the neighbour")
_CORRECTED = corrected(full_order(), CorrectOrder.model_validate(CORRECTED), SAMPLE_MOMENT, "Back office")

ORDER_MOMENT_TYPES = (
    _opt_in(ORDER_LOADED, "an order was loaded into the vehicle", _OUT),
    _opt_in(ORDER_NOT_LOADED, "an order was not loaded into the vehicle", _LEFT),
    _opt_in(ORDER_OUT_FOR_DELIVERY, "an order is in the vehicle and its route has started", _OUT),
    _opt_in(ORDER_ARRIVED, "the driver has come to the stop of an order", _AT_DOOR),
    _opt_in(ORDER_DEPARTED, "the driver has left the stop of an order", _GONE),
    _opt_in(ORDER_PROOF_ADDED, "a photo or a signature was added to an order, often after its outcome", full_order()),
    _opt_in(ORDER_INSTRUCTIONS_CHANGED, "what the recipient asks for changed", _ASKED),
    _opt_in(ORDER_CORRECTED, "the outcome of an order was corrected; it carries the one before", _CORRECTED),
    _opt_in(ORDER_FEEDBACK_GIVEN, "the recipient rated a delivery", _RATED),
)
