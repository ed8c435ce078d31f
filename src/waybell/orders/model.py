"""An order. Pure, like the rules that change it (`editing.py`, `outcome.py`): no database, no clock, no HTTP.

`Order` is the document that the API shows. The members of its route (`Route...`, `Driver...`) are joined in when it is
read; `orders/store.py` stores the others. Each change makes a new `Order`, and an equal one means that nothing changed.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from pydantic import Field

from waybell.ground.clock import Moment, wall_text
from waybell.wire.model import ApiModel

RouteStatus = Literal["Draft", "Ready", "Loaded", "InProgress", "Closed"]
PictureKind = Literal["photo", "signature", "load signature"]

IN_PROGRESS, SITE_FAILED, DELIVERED, PARTIALLY, ORDER_FAILED = 1, 2, 3, 4, 5
SUCCEEDED = (DELIVERED, PARTIALLY)
FAILED = (SITE_FAILED, ORDER_FAILED)
MOST_PICTURES = {"photo": 10, "signature": 3, "load signature": 3}
MOST_GOODS_PHOTOS = 30  # on all lines of an order together
COLLECTION = 1  # the Type of an order that is collected; 0 is delivered


class Goods(ApiModel):
    """A line of goods, and its outcome."""

    order_line_id: str | None = None
    goods_id: str | None = None
    goods_name: str | None = None
    goods_unit: str | None = None
    note: str | None = None
    quantity: float | None = None
    quantity_fact: float | None = None
    cost: float | None = None
    reject_reason: str | None = None
    has_photo: bool | None = None
    photos: list[str] | None = None
    order_line_barcode: str | None = None
    goods_barcode: str | None = None
    scanned: bool | None = None
    load_status: str | None = None
    load_check_scan_reject_reason: str | None = None
    scan_reject_reason: str | None = None

    photo_ids: list[str] | None = Field(None, exclude=True)  # ids of our pictures; shown as links


class CustomField(ApiModel):
    """The value of a custom field."""

    id: str | None = None
    label: str | None = None
    value: Any = None


class NotificationsPolicy(ApiModel):
    """The notifications that the receiver gets; null stands for the account's own choice."""

    prior_to_route_notification_enabled: bool | None = None
    at_route_start_notification_enabled: bool | None = None
    en_route_notification_enabled: bool | None = None
    at_departure_notification_enabled: bool | None = None


class PickupOrder(ApiModel):
    """The leg that collects what the order delivers."""

    id_doc_shipment: int = Field(0, alias="Id_DocShipment")
    type: int = COLLECTION
    client_id: str | None = None
    client: str | None = None
    address_id: str | None = None
    address: str | None = None
    address_lat: float | None = None
    address_lon: float | None = None
    address_zone: str | None = None
    contact_name: str | None = None
    phone: str | None = None
    email: str | None = None
    time_slot_from: str | None = None
    time_slot_to: str | None = None
    service_time: float | None = None
    custom_fields: list[CustomField] | None = None
    note: str | None = None
    cod: float = 0
    cod_actual: str | None = None
    status_id: int | None = None
    status: str | None = None
    status_lat: float | None = None
    status_lon: float | None = None
    driver_comment: str | None = None
    reject_reason_id: int | None = None
    reject_reason: str | None = None
    scan_reason_id: int | None = None
    scan_reject_reason: str | None = None
    load_check_scan_reason_id: int | None = None
    load_check_scan_reject_reason: str | None = None
    signature_name: str | None = None
    has_signature_photo: bool | None = None
    signature_photos: list[str] | None = None
    has_photo: bool | None = None
    photos: list[str] | None = None
    has_route_point_photo: bool | None = None
    status_date: str | None = None
    plan_time: int | None = None
    plan_time_dep: int | None = None
    plan_service_time: int | None = None
    eta: str | None = None
    updated_eta: str | None = None
    route_date: str | None = None
    arrived_date: str | None = None
    departed_date: str | None = None
    report_url: str | None = None
    barcode: str | None = None
    scanned: bool | None = None
    feedback_rating: float | None = None
    track_key: str | None = None
    track_id: str | None = None
    track_link: str | None = None
    load_status_id: Literal["NotLoaded", "Loaded", "Scanned"] | None = None
    has_load_signature: bool | None = None
    load_status: str | None = None
    load_date: str | None = None
    load_signature_photos: list[str] | None = None
    change_date: str | None = None
    address_note: str | None = None
    client_note: str | None = None
    custom_fields_str: str | None = None
    cancelled_status: int = 0
    rescheduled_times: int | None = None


class GoodsOutcome(ApiModel):
    """The outcome of a line of goods."""

    order_line_id: str | None = None
    goods_id: str | None = None
    goods_name: str | None = None
    quantity_fact: float | None = None
    reject_reason: str | None = None


class Outcome(ApiModel):
    """The outcome of an order."""

    status_id: int | None = None
    status: str | None = None
    status_date: str | None = None
    reject_reason: str | None = None
    cod_actual: str | None = None
    driver_comment: str | None = None
    signature_name: str | None = None
    arrived_date: str | None = None
    departed_date: str | None = None
    goods_list: list[GoodsOutcome] | None = None


class Correction(ApiModel):
    """An outcome that was corrected: what it was, why, by whom and when (UTC)."""

    before: Outcome
    reason: str
    corrected_by: str
    corrected_date: str

    @property
    def corrected_at(self) -> datetime:
        return datetime.fromisoformat(self.corrected_date)


class Order(ApiModel):
    """A delivery or a collection. Times are wall-clock text without zone: `...Utc` in UTC, the others local."""

    # The members stand in the order of the Track-POD API.

    number: str | None = None
    id: str | None = None
    date: str
    seq_number: int | None = None
    route_number: str | None = None
    route_priority: int | None = None
    route_status: RouteStatus | None = None
    driver_login: str | None = None
    driver_name: str | None = None
    driver_number: int | None = None
    driver_vehicle: str | None = None
    shipper_id: str | None = None
    shipper: str | None = None
    depot_id: str | None = None
    depot: str | None = None
    weight: float = 0
    volume: float = 0
    pallets: float = 0
    invoice_id: str | None = None
    customer_reference_id: str | None = None
    goods_list: list[Goods] | None = None
    pickup_order: PickupOrder | None = None
    create_source: str | None = None
    distance_from_depot_plan: float | None = None
    seq_number_driver: int | None = None
    delivery_instructions: str | None = None
    pin: str | None = None
    address_note: str | None = None
    client_note: str | None = None
    create_date_utc: str
    priority: str | None = None
    team_code: str | None = None
    feedback: str | None = None
    notifications_policy: NotificationsPolicy | None = None
    route_date: str | None = None
    type: int = 0
    client_id: str | None = None
    client: str | None = None
    address_id: str | None = None
    address: str | None = None
    address_lat: float | None = None
    address_lon: float | None = None
    address_zone: str | None = None
    time_slot_from: str | None = None
    time_slot_to: str | None = None
    service_time: float | None = None
    note: str | None = None
    contact_name: str | None = None
    phone: str | None = None
    email: str | None = None
    cod: float = 0
    cod_actual: str | None = None
    status_id: int | None = None
    status: str | None = None
    status_lat: float | None = None
    status_lon: float | None = None
    driver_comment: str | None = None
    reject_reason: str | None = None
    load_check_scan_reject_reason: str | None = None
    scan_reject_reason: str | None = None
    signature_name: str | None = None
    has_signature_photo: bool | None = None
    signature_photos: list[str] | None = None
    has_photo: bool | None = None
    photos: list[str] | None = None
    status_date: str | None = None
    eta: str | None = None
    updated_eta: str | None = None
    arrived_date: str | None = None
    departed_date: str | None = None
    report_url: str | None = None
    custom_fields: list[CustomField] | None = None
    barcode: str | None = None
    scanned: bool | None = None
    feedback_rating: float | None = None
    track_key: str
    track_id: str  # our own id of the order
    track_link: str | None = None
    load_status: str | None = None
    load_date: str | None = None
    load_signature_photos: list[str] | None = None
    change_date: str
    rescheduled_times: int | None = None

    # Our own ids of its route and its pictures; never shown.
    route_id: str | None = Field(None, exclude=True)
    photo_ids: list[str] | None = Field(None, exclude=True)
    signature_ids: list[str] | None = Field(None, exclude=True)
    load_signature_ids: list[str] | None = Field(None, exclude=True)
    # The outcomes that were corrected, oldest first; the page of the order and `OrderCorrected` show them.
    # They are plain JSON, because a type would show in the API description of an order.
    corrections: list[dict[str, Any]] | None = Field(None, exclude=True)
    # True when a dispatcher has pinned the stop: the board and the optimiser leave it in its place. Never shown.
    pinned: bool | None = Field(None, exclude=True)

    @property
    def finished(self) -> bool:
        """True when the order has an outcome, by the driver or by Complete or Reject."""
        return self.status_id in SUCCEEDED + FAILED

    @property
    def corrected(self) -> list[Correction]:
        """The outcomes that were corrected, oldest first."""
        return [Correction.model_validate(one) for one in self.corrections or ()]

    def __str__(self) -> str:
        """Return the order's name for messages."""
        return f"Order {self.number or self.id or self.track_id}"


@dataclass(frozen=True, slots=True)
class OrderKey:
    """The key by which a caller names an order; of several with a Number or Id, the newest live one is meant."""

    member: Literal["Number", "Id", "TrackId"]
    value: str

    def __str__(self) -> str:
        return f"{self.member} {self.value}"


class RemovedOrder(ApiModel):
    """A deleted order: the members that are still shown."""

    number: str | None = None
    id: str | None = None
    date: str
    type: int
    note: str | None = None
    weight: float
    volume: float
    pallets: float
    cod: float
    invoice_id: str | None = None
    customer_reference_id: str | None = None
    deleted_by: str | None = None
    deleted_date: str


def midnight(day: date) -> str:
    return wall_text(datetime.combine(day, datetime.min.time()))


def status_text(status_id: int | None, order_type: int) -> str | None:
    """Return the text of a StatusId, which depends on whether the order is delivered or collected."""
    done = "collected" if order_type == COLLECTION else "delivered"
    if status_id == DELIVERED:
        return done.capitalize()
    if status_id in FAILED:
        return f"Not {done}"
    return {IN_PROGRESS: "In Progress", PARTIALLY: "Partially"}.get(status_id or 0)


def stamped(order: Order, moment: Moment) -> Order:
    leg = order.pickup_order and order.pickup_order.model_copy(update={"change_date": moment.local})
    return order.model_copy(update={"change_date": moment.local, "pickup_order": leg})


def removed(order: Order, by: str, at: datetime) -> RemovedOrder:
    members = {name: getattr(order, name) for name in RemovedOrder.model_fields if name in Order.model_fields}
    return RemovedOrder(**members, deleted_by=by, deleted_date=wall_text(at.astimezone(UTC)))
