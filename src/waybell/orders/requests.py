"""The requests about orders: members in the order of the API's own document, all of them optional here.

`editing.py` and `outcome.py` decide which members an operation requires.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from waybell.directory.entry_kinds import CustomFieldId
from waybell.wire.model import (
    Amount,
    Flag,
    Latitude,
    Longitude,
    Number,
    Request,
    Text,
    Text50,
    Text100,
    Text128,
    Text255,
    Text500,
    Text4000,
    WallTime,
    Whole,
    absent,
    text,
)
from waybell.wire.sizes import MAX_CUSTOM_FIELDS, counted_lines

OrderType = Annotated[Annotated[int, Field(ge=0, le=1)] | None, BeforeValidator(absent)]


def _lower(value: object) -> object:
    return value.strip().lower() or None if isinstance(value, str) else value


class NewOrderGoods(Request):
    """A line of goods."""

    order_line_id: Text50 = None
    goods_id: Text50 = None
    goods_name: Text255 = None
    goods_unit: Text50 = None
    note: Text255 = None
    quantity: Number = None
    cost: Number = None
    order_line_barcode: Text128 = None
    goods_barcode: Text128 = None


class NewCustomField(Request):
    """The value of a custom field."""

    id: CustomFieldId = None
    value: Text4000 = None


# The limit stands inside the union with None, because pydantic would apply it to None as well.
CustomFields = Annotated[list[NewCustomField], Field(max_length=MAX_CUSTOM_FIELDS)] | None


class NewNotificationsPolicy(Request):
    """The notifications that the receiver gets; null stands for the account's own choice."""

    prior_to_route_notification_enabled: Flag = None
    at_route_start_notification_enabled: Flag = None
    en_route_notification_enabled: Flag = None
    at_departure_notification_enabled: Flag = None


class NewPickupOrder(Request):
    """The leg that collects what the order delivers."""

    client_id: Text50 = None
    client: Text255 = None
    address_id: Text50 = None
    address: Text255 = None
    address_lat: Latitude = None
    address_lon: Longitude = None
    address_zone: Text100 = None
    contact_name: Text255 = None
    phone: Text50 = None
    email: Text255 = None
    time_slot_from: WallTime = None
    time_slot_to: WallTime = None
    service_time: Number = None
    custom_fields: CustomFields = None
    cod: Number = None
    note: Text500 = None


class NewOrder(Request):
    """An order as it is sent. A change keeps the members left out."""

    number: Text50 = None
    id: Text50 = None
    date: WallTime = None
    type: OrderType = None
    shipper: Text255 = None
    depot: Text255 = None
    client: Text255 = None
    address: Text255 = None
    address_lat: Latitude = None
    address_lon: Longitude = None
    address_zone: Text100 = None
    time_slot_from: WallTime = None
    time_slot_to: WallTime = None
    service_time: Number = None
    note: Text500 = None
    contact_name: Text255 = None
    phone: Text50 = None
    email: Text255 = None
    weight: Number = None
    volume: Number = None
    pallets: Number = None
    cod: Number = None
    invoice_id: Text50 = None
    customer_reference_id: Text50 = None
    barcode: Text128 = None
    shipper_id: Text50 = None
    depot_id: Text50 = None
    client_id: Text50 = None
    address_id: Text50 = None
    goods_list: Annotated[list[NewOrderGoods] | None, BeforeValidator(counted_lines)] = None
    custom_fields: CustomFields = None
    pickup_order: NewPickupOrder | None = None
    priority: Annotated[Literal["low", "normal", "high"] | None, BeforeValidator(_lower)] = None
    team_code: Text255 = None
    notifications_policy: NewNotificationsPolicy | None = None


class GoodsLine(Request):
    """A reference to a line of an order's goods: by OrderLineId, else by GoodsId, else by GoodsName."""

    order_line_id: Text50 = None
    goods_id: Text50 = None
    goods_name: Text255 = None


class CompleteOrderGoods(GoodsLine):
    """The quantity taken of a line."""

    quantity_fact: Amount = None
    goods_reject_reason_id: Whole = None


class CompleteOrder(Request):
    """The report on an order that was carried out; all members are optional."""

    status_date: WallTime = None
    driver_comment: Text255 = None
    signature_name: Text255 = None
    cod_actual: Number = None
    goods_list: Annotated[list[CompleteOrderGoods] | None, BeforeValidator(counted_lines)] = None
    lat: Latitude = None  # our own, as in `RejectOrder`
    lon: Longitude = None


class OrderFeedback(Request):
    """The feedback of the receiver."""

    rating: Annotated[Annotated[float, Field(ge=1, le=5)] | None, BeforeValidator(absent)] = None
    text: Text500 = None


class OrderLoad(Request):
    """The load status of an order, and since when it holds."""

    load_status: Annotated[Literal["none", "loaded", "not-loaded"] | None, BeforeValidator(_lower)] = None
    load_date: WallTime = None


class RejectOrder(Request):
    """The report on an order that was not carried out; all members are optional."""

    status_date: WallTime = None
    driver_comment: Text255 = None
    signature_name: Text255 = None
    reject_reason_id: Whole = None
    lat: Latitude = None
    lon: Longitude = None


class OrderVisit(Request):
    """The time and the position at which a driver came to a stop or left it; all members are optional."""

    date: WallTime = None
    lat: Latitude = None
    lon: Longitude = None


class CorrectOrder(CompleteOrder):
    """Another outcome in place of the known one; what is not sent stays, and only the reason is required."""

    outcome: Annotated[Literal["completed", "rejected"] | None, BeforeValidator(_lower)] = None
    reject_reason_id: Whole = None
    arrived_date: WallTime = None
    departed_date: WallTime = None
    reason: Text500 = None


class OrderScan(Request):
    """The scan of a barcode, or the reason why there was none; without a barcode and a line, of the order itself."""

    barcode: Text128 = None
    order_line_id: Text50 = None
    stage: Annotated[Literal["load", "stop"] | None, BeforeValidator(_lower)] = None
    reason: Text255 = None


class OrderInstructions(Request):
    """The wishes of the recipient; empty text removes them."""

    delivery_instructions: Text500 = None


class OrderPin(Request):
    """The number by which the recipient confirms the delivery; without one, the server chooses it."""

    pin: Annotated[Annotated[str, Field(pattern=r"^[0-9]{4,8}$")] | None, BeforeValidator(text)] = None


class StatusRequest(Request):
    """An older request that can only report an order as canceled."""

    # These are free text, because `outcome.canceled` answers other values with 405 instead of 400.

    status: Text = None
    reject_reason: Text = None
