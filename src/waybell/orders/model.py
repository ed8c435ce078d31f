"""An order, and the rules by which it changes. Pure: no database, no clock, no HTTP.

`Order` is the fact as the API shows it. What it takes from its route (`Route...`, `Driver...`) is joined in when it is
read; `orders/store.py` keeps the rest. Each change makes a new `Order`; one that equals the old changed nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeVar

from pydantic import Field

from waybell.clock import Moment, wall_text
from waybell.directory.book import Address, Book, folded
from waybell.directory.kinds import Client, GoodsItem
from waybell.directory.reject_reasons import DEFAULT, RejectReason, RejectReasonsList, name_of
from waybell.errors import Invalid, NotAllowedNow
from waybell.orders.requests import (
    CompleteOrder,
    CompleteOrderGoods,
    GoodsLine,
    NewCustomField,
    NewOrder,
    NewOrderGoods,
    NewPickupOrder,
    OrderFeedback,
    OrderLoad,
    RejectOrder,
    StatusRequest,
)
from waybell.wire import Document, local_time

RouteStatus = Literal["Draft", "Ready", "Loaded", "InProgress", "Closed"]
PictureKind = Literal["photo", "signature", "load signature"]

IN_PROGRESS, SITE_FAILED, DELIVERED, PARTIALLY, ORDER_FAILED = 1, 2, 3, 4, 5
SUCCEEDED = (DELIVERED, PARTIALLY)
FAILED = (SITE_FAILED, ORDER_FAILED)
MOST_PICTURES = {"photo": 10, "signature": 3, "load signature": 3}
MOST_GOODS_PHOTOS = 30  # of all lines of an order together
COLLECTION = 1  # the Type of an order that is collected; 0 is delivered


class Goods(Document):
    """A line of goods, and what came of it."""

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

    photo_ids: list[str] | None = Field(None, exclude=True)  # our own; never shown


class CustomField(Document):
    """The value of a field of your own."""

    id: str | None = None
    label: str | None = None
    value: Any = None


class NotificationsPolicy(Document):
    """Which notifications the receiver gets; null stands for the account's own choice."""

    prior_to_route_notification_enabled: bool | None = None
    at_route_start_notification_enabled: bool | None = None
    en_route_notification_enabled: bool | None = None
    at_departure_notification_enabled: bool | None = None


class PickupOrder(Document):
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


class Order(Document):
    """What is delivered or collected. Times are wall-clock text without zone: `...Utc` in UTC, the others local."""

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

    # Our own ids, of its route and its pictures; never shown.
    route_id: str | None = Field(None, exclude=True)
    photo_ids: list[str] | None = Field(None, exclude=True)
    signature_ids: list[str] | None = Field(None, exclude=True)
    load_signature_ids: list[str] | None = Field(None, exclude=True)

    @property
    def finished(self) -> bool:
        """Whether a driver, or Complete or Reject, has said what came of it."""
        return self.status_id in SUCCEEDED + FAILED

    def __str__(self) -> str:
        """How messages name it."""
        return f"Order {self.number or self.id or self.track_id}"


@dataclass(frozen=True, slots=True)
class OrderKey:
    """How a caller names an order; Number and Id need not be unique, the newest live order is meant."""

    member: Literal["Number", "Id", "TrackId"]
    value: str

    def __str__(self) -> str:
        return f"{self.member} {self.value}"


class RemovedOrder(Document):
    """What remains to be told of a deleted order."""

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


# Members that a request and an order share, and that are taken over as they were sent.
_AS_SENT = tuple(
    name
    for name in NewOrder.model_fields
    if name not in {"date", "time_slot_from", "time_slot_to", "goods_list", "custom_fields", "pickup_order"}
    and name != "notifications_policy"
)
# What was brought back from the door, and what shows it.
_EVIDENCE = (
    "photo_ids",
    "signature_ids",
    "has_photo",
    "photos",
    "has_signature_photo",
    "signature_photos",
    "report_url",
)
_PHOTOS = ("photo_ids", "has_photo", "photos")  # of a line of goods
_PICTURES: dict[PictureKind, str] = {
    "photo": "photo_ids",
    "signature": "signature_ids",
    "load signature": "load_signature_ids",
}
_COORDINATES = ("address_lat", "address_lon")
_ADDRESS = ("address_id", "address", "address_zone", *_COORDINATES)
_NOWHERE = dict.fromkeys(("address_id", "address", *_COORDINATES))
OrderOrLeg = TypeVar("OrderOrLeg", Order, PickupOrder)


def midnight(day: date) -> str:
    return wall_text(datetime.combine(day, datetime.min.time()))


def draft(request: NewOrder, track_id: str, moment: Moment, *, leg_id: str | None = None) -> Order:
    """An unscheduled order as requested, for which the directory was not asked yet (see `settled`)."""
    blank = Order(
        date=midnight(moment.today),
        create_source="WebApi",
        create_date_utc=moment.utc,
        change_date=moment.local,
        track_id=track_id,
        track_key=track_id,
    )
    return edited(blank, request, moment, leg_id=leg_id)


def edited(
    order: Order, request: NewOrder, moment: Moment, *, leg_id: str | None = None, move_on_route: bool = False
) -> Order:
    """The order with what the request says; what it leaves out stays as it is. `leg_id` is the TrackId of a new leg.

    The address of an order on a route does not change: what the request says of it is passed over, but for the
    coordinates when `move_on_route`.
    """
    sent = {name: value for name in _AS_SENT if (value := getattr(request, name)) is not None}
    if order.route_id:
        kept = _ADDRESS[:-2] if move_on_route else _ADDRESS
        sent = {name: value for name, value in sent.items() if name not in kept}
    elif _goes_elsewhere(order, request):
        sent = _NOWHERE | sent
    if request.date:
        sent["date"] = midnight(local_time(request.date, moment.zone, moment.today).date())
    day = date.fromisoformat(sent.get("date", order.date)[:10])
    for slot in ("time_slot_from", "time_slot_to"):
        if text := getattr(request, slot):
            sent[slot] = wall_text(local_time(text, moment.zone, day))
    if request.goods_list is not None:
        sent["goods_list"] = _goods(request.goods_list, order.goods_list or [])
    if request.custom_fields is not None:
        sent["custom_fields"] = custom_fields(request.custom_fields)
    if request.notifications_policy is not None:
        sent["notifications_policy"] = NotificationsPolicy(**request.notifications_policy.model_dump())
    if request.pickup_order is not None:
        leg = order.pickup_order or PickupOrder(track_id=leg_id, track_key=leg_id, change_date=moment.local)
        sent["pickup_order"] = _leg(leg, request.pickup_order, moment, day)
    changed = order.model_copy(update=sent)
    return changed.model_copy(update={"status": status_text(changed.status_id, changed.type)})


def _goes_elsewhere(order: Order | PickupOrder, request: NewOrder | NewPickupOrder) -> bool:
    other_text = request.address is not None and folded(request.address) != folded(order.address or "")
    return other_text or (request.address_id is not None and request.address_id != order.address_id)


def _goods(sent: Sequence[NewOrderGoods], before: Sequence[Goods]) -> list[Goods]:
    """The lines as they were sent. One that was there before keeps its photos and what else came of it."""
    lines, known = [], list(before)
    for line in sent:
        same = _line_of(known, line)
        was = Goods() if same is None else known.pop(same)
        lines.append(was.model_copy(update=line.model_dump()))
    return lines


def custom_fields(sent: Sequence[NewCustomField]) -> list[CustomField]:
    return [CustomField(id=field.id, value=field.value) for field in sent]


def _leg(leg: PickupOrder, request: NewPickupOrder, moment: Moment, day: date) -> PickupOrder:
    """The leg with what the request says; as with orders, what it leaves out stays as it is."""
    sent = {name: value for name, value in request if value is not None}
    if _goes_elsewhere(leg, request):
        sent = _NOWHERE | sent
    for slot in ("time_slot_from", "time_slot_to"):
        if slot in sent:
            sent[slot] = wall_text(local_time(sent[slot], moment.zone, day))
    if request.custom_fields is not None:
        sent["custom_fields"] = custom_fields(request.custom_fields)
    return leg.model_copy(update=sent)


def settled(
    order: Order,
    book: Book,
    *,
    before: Order | None = None,
    overwrite_gps: bool = False,
    overwrite_price: bool = False,
) -> Order:
    """The order with what the directory knows of its address, client, goods and so on; the book learns the rest.

    `before` is the order that was edited, if it is not new. Raises `Invalid` when there is no client or no address.
    """
    client = book.name("client", order.client_id, order.client)
    known = book.find(order.address_id, order.address)
    address = order.address or (known.full_address if known else before.address if before else None)
    if not client or not address:
        lacking = [name for name, value in (("Client", client), ("Address", address)) if not value]
        raise Invalid("\n".join(f"{name}: is required, or the {name}Id of one that is known" for name in lacking))
    settled = order.model_copy(
        update={
            "client": client,
            "depot": book.name("depot", order.depot_id, order.depot),
            "shipper": book.name("shipper", order.shipper_id, order.shipper),
            "address": address,
            "client_note": _client_note(order, book),
        }
    )
    if before is None or order.goods_list != before.goods_list:
        settled = _with_goods(settled, book, overwrite_price=overwrite_price)
    if before is None or order.custom_fields != before.custom_fields:
        settled = settled.model_copy(update={"custom_fields": labelled(order.custom_fields, book)})
    leg, leg_before = order.pickup_order, before.pickup_order if before else None
    if leg and (leg != leg_before or overwrite_gps):
        leg = _settled_leg(leg, leg_before, book, overwrite_gps=overwrite_gps)
        settled = settled.model_copy(update={"pickup_order": leg})
    if before and not overwrite_gps and _stayed(order, before):
        return settled
    return _located(settled, book, address, overwrite_gps=overwrite_gps)


def _settled_leg(leg: PickupOrder, before: PickupOrder | None, book: Book, *, overwrite_gps: bool) -> PickupOrder:
    """As with the order itself, but that a leg may be without client and address."""
    known = book.find(leg.address_id, leg.address)
    address = leg.address or (known.full_address if known else before.address if before else None)
    settled = leg.model_copy(
        update={
            "client": book.name("client", leg.client_id, leg.client),
            "address": address,
            "client_note": _client_note(leg, book),
            "custom_fields": labelled(leg.custom_fields, book),
        }
    )
    if not address or (before and not overwrite_gps and _stayed(leg, before)):
        return settled
    return _located(settled, book, address, overwrite_gps=overwrite_gps)


def _stayed(now: Order | PickupOrder, before: Order | PickupOrder) -> bool:
    """What the directory has learned since does not move what stayed where it is."""
    return all(getattr(now, name) == getattr(before, name) for name in _ADDRESS)


def _client_note(order: Order | PickupOrder, book: Book) -> str | None:
    known = book.entry("client", order.client_id)
    return known.note if isinstance(known, Client) else order.client_note


def _with_goods(order: Order, book: Book, *, overwrite_price: bool) -> Order:
    lines = [_known_goods(line, book, overwrite=overwrite_price) for line in order.goods_list or []]
    return order.model_copy(update={"goods_list": lines}) if lines else order


def _known_goods(line: Goods, book: Book, *, overwrite: bool) -> Goods:
    """The line with what the directory knows of its goods and the line does not say."""
    mentioned = GoodsItem.model_construct(
        id=line.goods_id, name=line.goods_name, unit=line.goods_unit, cost=line.cost, barcode=line.goods_barcode
    )
    known = book.goods(mentioned, overwrite=overwrite)
    return line.model_copy(
        update={
            "goods_name": line.goods_name or known.name,
            "goods_unit": line.goods_unit or known.unit,
            "cost": known.cost if line.cost is None else line.cost,
            "goods_barcode": line.goods_barcode or known.barcode,
        }
    )


def labelled(fields: list[CustomField] | None, book: Book) -> list[CustomField] | None:
    """Custom fields with their labels, and their values typed, as far as they are defined."""
    if fields is None:
        return None
    known = [(field, book.custom_field(field.id)) for field in fields]
    return [
        field.model_copy(update={"label": its.name, "value": its.typed(field.value)}) if its else field
        for field, its in known
    ]


def _located(order: OrderOrLeg, book: Book, address: str, *, overwrite_gps: bool) -> OrderOrLeg:
    mentioned = Address("", order.address_id, address, order.address_lat, order.address_lon, order.address_zone)
    place = book.settle(mentioned, overwrite=overwrite_gps)
    return order.model_copy(
        update={
            "address_lat": place.lat if place.located else order.address_lat,
            "address_lon": place.lon if place.located else order.address_lon,
            "address_zone": order.address_zone or place.zone,
        }
    )


def status_text(status_id: int | None, order_type: int) -> str | None:
    """The words for a StatusId, which depend on whether the order is delivered or collected."""
    done = "collected" if order_type == COLLECTION else "delivered"
    if status_id == DELIVERED:
        return done.capitalize()
    if status_id in FAILED:
        return f"Not {done}"
    return {IN_PROGRESS: "In Progress", PARTIALLY: "Partially"}.get(status_id or 0)


def _with_status(order: Order, status_id: int | None, **more: Any) -> Order:
    return order.model_copy(update={"status_id": status_id, "status": status_text(status_id, order.type), **more})


def completed(order: Order, request: CompleteOrder, moment: Moment, reasons: RejectReasonsList = DEFAULT) -> Order:
    """The order carried out: in full, or partially when less was taken of a line than ordered.

    Raises `Invalid` when it is on no route, when that was said already, and for unknown lines and reasons.
    """
    _check_open(order)
    lines = _counted(order.goods_list or [], request.goods_list or [], reasons.goods_issue)
    short = any((line.quantity_fact or 0) < (line.quantity or 0) for line in lines)
    cod = request.cod_actual
    return _with_status(
        order,
        PARTIALLY if short else DELIVERED,
        goods_list=lines if order.goods_list is not None else None,
        cod_actual=order.cod_actual if cod is None else amount_text(cod),
        **_said(order, request, moment),
    )


def rejected(order: Order, request: RejectOrder, moment: Moment, reasons: RejectReasonsList = DEFAULT) -> Order:
    """The order not carried out, for a reason of the site or (also without one) of the order.

    Raises `Invalid` when it is on no route, when that was said already, and for an unknown reason.
    """
    _check_open(order)
    site, own = (name_of(these, request.reject_reason_id) for these in (reasons.site_issue, reasons.order_issue))
    if request.reject_reason_id is not None and not (site or own):
        raise Invalid(f"RejectReasonId: {request.reject_reason_id} is neither an order issue nor a site issue")
    return _with_status(
        order, SITE_FAILED if site else ORDER_FAILED, reject_reason=site or own, **_said(order, request, moment)
    )


def canceled(order: Order, request: StatusRequest, moment: Moment) -> Order:
    """The order not carried out because it was canceled, on a route or not: all that a `StatusRequest` can say.

    Raises `NotAllowedNow` for other words, and `Invalid` when the order has an outcome already.
    """
    said = ((request.status or "").casefold(), (request.reject_reason or "").casefold())
    if said != ("notdelivered", "canceled"):
        raise NotAllowedNow(
            "Only Status NotDelivered with RejectReason Canceled is known here. Use Complete or Reject."
        )
    _check_unfinished(order)
    return _with_status(order, ORDER_FAILED, reject_reason="Canceled", status_date=moment.utc)


def _check_open(order: Order) -> None:
    if order.route_id is None:
        raise Invalid(f"{order} is on no route. Put it on a route first.")
    _check_unfinished(order)


def _check_unfinished(order: Order) -> None:
    if order.finished:
        raise Invalid(f"{order} has the status {order.status} already. Reschedule it to try again.")


def _said(order: Order, request: CompleteOrder | RejectOrder, moment: Moment) -> dict[str, Any]:
    return {
        "status_date": status_date(request.status_date, moment),
        "driver_comment": request.driver_comment or order.driver_comment,
        "signature_name": request.signature_name or order.signature_name,
    }


def status_date(sent: str | None, moment: Moment) -> str:
    """The given wall-clock time; now in UTC when there is none, as the API has it."""
    return wall_text(local_time(sent, moment.zone, moment.today)) if sent else moment.utc


def amount_text(amount: float) -> str:
    """An amount in the member that the API has as text: `12.5`, `10`."""
    return str(int(amount)) if amount.is_integer() else str(amount)


def _counted(
    lines: Sequence[Goods], facts: Sequence[CompleteOrderGoods], reasons: Sequence[RejectReason]
) -> list[Goods]:
    """The lines with what was taken of each; a line that nobody speaks of was taken in full."""
    counted = [line.model_copy(update={"quantity_fact": line.quantity}) for line in lines]
    for place, fact in enumerate(facts):
        at = _line_of(lines, fact)
        if at is None:
            raise Invalid(f"GoodsList[{place}]: names no line of the order by OrderLineId, GoodsId or GoodsName")
        reason = name_of(reasons, fact.goods_reject_reason_id)
        if fact.goods_reject_reason_id is not None and reason is None:
            raise Invalid(f"GoodsList[{place}].GoodsRejectReasonId: {fact.goods_reject_reason_id} is no goods issue")
        taken = lines[at].quantity if fact.quantity_fact is None else fact.quantity_fact
        counted[at] = counted[at].model_copy(update={"quantity_fact": taken, "reject_reason": reason})
    return counted


def _line_of(lines: Sequence[Goods], meant: GoodsLine | NewOrderGoods) -> int | None:
    for member in ("order_line_id", "goods_id", "goods_name"):
        wanted = getattr(meant, member)
        found = next((at for at, line in enumerate(lines) if wanted and getattr(line, member) == wanted), None)
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class Stop:
    """Where on which route an order stands."""

    route_id: str
    seq_number: int
    route_status: RouteStatus


def placed(order: Order, stop: Stop | None, when: str) -> Order:
    """The order at this stop, or unscheduled. On a route that has started it is in progress, else it has no status.

    What came of it already stays, see `rescheduled`. `when` is the time of a status that this brings or takes.
    """
    status_id = order.status_id
    if not order.finished:
        status_id = IN_PROGRESS if stop and stop.route_status == "InProgress" else None
    moved = order.model_copy(
        update={
            "route_id": stop.route_id if stop else None,
            "seq_number": stop.seq_number if stop else None,
        }
    )
    return moved if status_id == order.status_id else _with_status(moved, status_id, status_date=when)


def rescheduled(order: Order) -> Order:
    """A failed order for another try: what came of the first is cleared."""
    return _with_status(
        order,
        None,
        status_date=None,
        reject_reason=None,
        driver_comment=None,
        signature_name=None,
        rescheduled_times=(order.rescheduled_times or 0) + 1,
        goods_list=order.goods_list and [line.model_copy(update=dict.fromkeys(_PHOTOS)) for line in order.goods_list],
        **dict.fromkeys(_EVIDENCE),
    )


def pictured(order: Order, kind: PictureKind, picture_id: str) -> Order:
    """The order with one picture more. Raises `Invalid` when it has as many as it can have."""
    member = _PICTURES[kind]
    there = getattr(order, member) or []
    if len(there) >= MOST_PICTURES[kind]:
        raise Invalid(f"{order} has {len(there)} pictures of this kind already; there cannot be more.")
    return order.model_copy(update={member: [*there, picture_id]})


def goods_pictured(order: Order, meant: GoodsLine, picture_id: str) -> Order:
    """The order with one photo more of a line of its goods. Raises `Invalid` for no such line, and for too many."""
    lines = list(order.goods_list or [])
    at = _line_of(lines, meant)
    if at is None:
        raise Invalid(f"{order} has no such line of goods. Name one by orderLineId, goodsId or goodsName.")
    if sum(len(line.photo_ids or []) for line in lines) >= MOST_GOODS_PHOTOS:
        raise Invalid(f"{order} has {MOST_GOODS_PHOTOS} pictures of goods already; there cannot be more.")
    lines[at] = lines[at].model_copy(update={"photo_ids": [*(lines[at].photo_ids or []), picture_id]})
    return order.model_copy(update={"goods_list": lines})


def rated(order: Order, request: OrderFeedback) -> Order:
    """The order with what its receiver thinks of it. Raises `Invalid` without a rating."""
    if request.rating is None:
        raise Invalid("Rating: is required, a number from 1 to 5")
    return order.model_copy(update={"feedback_rating": request.rating, "feedback": request.text})


def loading_noted(order: Order, request: OrderLoad, moment: Moment) -> Order:
    """The order with whether it is in the vehicle, and since when. Raises `Invalid` when that is not said."""
    if request.load_status is None:
        raise Invalid("LoadStatus: is required: none, loaded or not-loaded")
    when = status_date(request.load_date, moment) if request.load_status != "none" else None
    return order.model_copy(update={"load_status": request.load_status, "load_date": when})


def stamped(order: Order, moment: Moment) -> Order:
    leg = order.pickup_order and order.pickup_order.model_copy(update={"change_date": moment.local})
    return order.model_copy(update={"change_date": moment.local, "pickup_order": leg})


def removed(order: Order, by: str, at: datetime) -> RemovedOrder:
    members = {name: getattr(order, name) for name in RemovedOrder.model_fields if name in Order.model_fields}
    return RemovedOrder(**members, deleted_by=by, deleted_date=wall_text(at.astimezone(UTC)))
