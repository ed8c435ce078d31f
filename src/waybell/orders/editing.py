"""Applying a request to an order, and completing the order from the directory. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from waybell.directory.address_book import Address, Book, folded
from waybell.directory.entry_kinds import Client, GoodsItem, KindName
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, within
from waybell.orders import days
from waybell.orders.days import Span
from waybell.orders.goods_lines import Lines
from waybell.orders.model import (
    CustomField,
    Goods,
    NotificationsPolicy,
    Order,
    PickupOrder,
    midnight,
    status_text,
)
from waybell.orders.requests import NewCustomField, NewOrder, NewOrderGoods, NewPickupOrder
from waybell.wire.model import local_time, member_name

# Members that a request and an order share, and that are taken over unchanged.
_SLOT = ("time_slot_from", "time_slot_to")
_AS_SENT = tuple(
    name
    for name in NewOrder.model_fields
    if name not in {"date", *_SLOT, "goods_list", "custom_fields", "pickup_order", "notifications_policy"}
)
_NO_ZONE = ZoneInfo("UTC")  # for times of day, which have no zone
_COORDINATES = ("address_lat", "address_lon")
_ADDRESS = ("address_id", "address", "address_zone", *_COORDINATES)
_NOWHERE = dict.fromkeys(("address_id", "address", *_COORDINATES))
# The members that the directory fills in for an id of the caller's.
_NAMED = {"client_id": ("client", "client_note"), "depot_id": ("depot",), "shipper_id": ("shipper",)}
OrderOrLeg = TypeVar("OrderOrLeg", Order, PickupOrder)


def draft(
    request: NewOrder, track_id: str, moment: Moment, *, leg_id: str | None = None, route: Span | None = None
) -> Order:
    """Return an unscheduled order as requested, before the directory is consulted (see `settled`).

    It is for today, or for the day of `route`, the route for which it is made. Raise `Invalid` as `edited` does.
    """
    blank = Order(
        date=midnight(route.day if route else moment.today),
        create_source="WebApi",
        create_date_utc=moment.utc,
        change_date=moment.local,
        track_id=track_id,
        track_key=track_id,
    )
    return edited(blank, request, moment, leg_id=leg_id, starts=route.starts if route else None)


def edited(
    order: Order,
    request: NewOrder,
    moment: Moment,
    *,
    leg_id: str | None = None,
    move_on_route: bool = False,
    starts: datetime | None = None,
) -> Order:
    """Return the order changed by the request; members that the request leaves out stay as they are.

    `leg_id` is the TrackId for a new pick-up leg, and `starts` is the time at which the order's route sets out. An
    order on a route keeps its address: the request's address is ignored, except its coordinates when `move_on_route` is
    set. A new Date also moves the time slots that the request leaves out. Raise `Invalid` for a time slot that ends
    before it begins.
    """
    sent = {name: value for name in _AS_SENT if (value := getattr(request, name)) is not None}
    sent |= _emptied(order, request)
    if order.route_id:
        kept = _ADDRESS[:-2] if move_on_route else _ADDRESS
        sent = {name: value for name, value in sent.items() if name not in kept}
    elif _goes_elsewhere(order, request):
        sent = _NOWHERE | sent
    sent = _unnamed(order, sent) | sent
    day = days.day_of(order.date)
    if request.date:
        day = local_time(request.date, moment.zone, day).date()
        order = on_another_day(order, (day - days.day_of(order.date)).days)
    due = Span(day, starts)
    sent |= _slot(order, request, due, moment)
    if request.goods_list is not None:
        sent["goods_list"] = _goods(request.goods_list, order.goods_list or [])
    if request.custom_fields is not None:
        sent["custom_fields"] = custom_fields(request.custom_fields)
    if request.notifications_policy is not None:
        sent["notifications_policy"] = NotificationsPolicy(**request.notifications_policy.model_dump())
    if request.pickup_order is not None:
        leg = order.pickup_order or PickupOrder(
            track_id=leg_id, track_key=leg_id, change_date=moment.local, route_date=order.route_date
        )
        sent["pickup_order"] = _leg(leg, request.pickup_order, moment, due)
    changed = order.model_copy(update=sent)
    return changed.model_copy(update={"status": status_text(changed.status_id, changed.type)})


def on_another_day(order: Order, by: int) -> Order:
    """Return the order so many days later, with its time slots and those of its pick-up leg."""
    if not by:
        return order
    leg = order.pickup_order and order.pickup_order.model_copy(update=_slot_later(order.pickup_order, by))
    date = days.moved(order.date, by)
    return order.model_copy(update={"date": date, "pickup_order": leg, **_slot_later(order, by)})


def _slot_later(order: Order | PickupOrder, by: int) -> dict[str, str | None]:
    return {name: days.moved(getattr(order, name), by) for name in _SLOT}


def _emptied(order: Order | PickupOrder, request: NewOrder | NewPickupOrder) -> dict[str, None]:
    """Return the members that the request empties, as a map to None.

    Raise `Invalid` for members that cannot be emptied.
    """
    fields = type(order).model_fields
    names = [name for name in request.emptied if fields[name].default is None and not fields[name].is_required()]
    if isinstance(order, Order) and (kept := [name for name in ("client", "address") if name in names]):
        lines = [f"{member_name(name)}: is required, so it cannot be emptied" for name in kept if getattr(order, name)]
        if lines and not (order.route_id and kept == ["address"]):
            raise Invalid("\n".join(lines))
    return dict.fromkeys(names)


def emptied(order: Order, request: NewOrder) -> Order:
    """Return the order without the emptied members, also where the directory has filled them in again."""
    bare = _emptied(order, request)
    if order.route_id:
        bare = {name: None for name in bare if name not in _ADDRESS}
    leg = order.pickup_order
    if leg and request.pickup_order:
        leg = leg.model_copy(update=_emptied(leg, request.pickup_order))
    return order.model_copy(update={**bare, "pickup_order": leg})


def _slot(order: Order | PickupOrder, request: NewOrder | NewPickupOrder, due: Span, moment: Moment) -> dict[str, Any]:
    """Return the time slot as changed by the request."""
    opens, closes = (None if name in request.emptied else getattr(order, name) for name in _SLOT)
    sent = (request.time_slot_from, request.time_slot_to)
    return dict(zip(_SLOT, days.slot((opens, closes), sent, due, moment.zone), strict=True))


def _goes_elsewhere(order: Order | PickupOrder, request: NewOrder | NewPickupOrder) -> bool:
    other_text = request.address is not None and folded(request.address) != folded(order.address or "")
    return other_text or (request.address_id is not None and request.address_id != order.address_id)


def _unnamed(order: Order | PickupOrder, sent: Mapping[str, object]) -> dict[str, None]:
    """Return the members to clear because their id is replaced; they belong to the old id."""
    others = [ext_id for ext_id in _NAMED if ext_id in sent and sent[ext_id] != getattr(order, ext_id)]
    return {name: None for ext_id in others for name in _NAMED[ext_id]}


def _goods(sent: Sequence[NewOrderGoods], before: Sequence[Goods]) -> list[Goods]:
    """Return the lines as they were sent; a line that existed before keeps its photos and its outcome."""
    places = Lines(before).share_out(sent)
    return [
        Goods.model_validate(vars(line)) if place is None else before[place].model_copy(update=vars(line))
        for place, line in zip(places, sent, strict=True)
    ]


_NO_GOODS = GoodsItem()  # copying it is faster than making a new one, and an order may have many lines


def custom_fields(sent: Sequence[NewCustomField]) -> list[CustomField]:
    return [CustomField(id=field.id, value=field.value) for field in sent]


def _leg(leg: PickupOrder, request: NewPickupOrder, moment: Moment, due: Span) -> PickupOrder:
    """Return the leg changed by the request; members that the request leaves out stay as they are."""
    sent = {name: value for name, value in request if value is not None} | _emptied(leg, request)
    if _goes_elsewhere(leg, request):
        sent = _NOWHERE | sent
    sent = _unnamed(leg, sent) | sent
    with within("PickupOrder"):
        sent |= _slot(leg, request, due, moment)
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
    starts: datetime | None = None,
) -> Order:
    """Return the order completed from the directory (address, client, goods ...); the book learns new entries.

    `before` is the edited order, or None for a new one. An order or leg at a new address and without a time slot gets
    the slot of the address, on the order's day or in the night of the route that sets out at `starts`.

    Raise `Invalid` when the order has no client or no address.
    """
    client = _name("client", order, before, book)
    known = book.find(order.address_id, order.address)
    address = order.address or (known.full_address if known else before.address if before else None)
    if not client or not address:
        lacking = [name for name, value in (("Client", client), ("Address", address)) if not value]
        raise Invalid("\n".join(f"{name}: is required, or the {name}Id of one that is known" for name in lacking))
    settled = order.model_copy(
        update={
            "client": client,
            "depot": _name("depot", order, before, book),
            "shipper": _name("shipper", order, before, book),
            "address": address,
            "client_note": _client_note(order, book),
        }
    )
    if before is None or order.goods_list != before.goods_list:
        settled = _with_goods(settled, book, overwrite_price=overwrite_price)
    if before is None or order.custom_fields != before.custom_fields:
        settled = settled.model_copy(update={"custom_fields": labelled(order.custom_fields, book)})
    due = Span(days.day_of(order.date), starts)
    leg, leg_before = order.pickup_order, before.pickup_order if before else None
    if leg and (leg != leg_before or overwrite_gps):
        leg = _settled_leg(leg, leg_before, book, due, overwrite_gps=overwrite_gps)
        settled = settled.model_copy(update={"pickup_order": leg})
    if before and not overwrite_gps and _stayed(order, before):
        return settled
    return _located(settled, before, book, due, overwrite_gps=overwrite_gps)


def _settled_leg(
    leg: PickupOrder, before: PickupOrder | None, book: Book, due: Span, *, overwrite_gps: bool
) -> PickupOrder:
    """Return the leg completed from the directory; unlike an order, it may lack client and address."""
    known = book.find(leg.address_id, leg.address)
    address = leg.address or (known.full_address if known else before.address if before else None)
    settled = leg.model_copy(
        update={
            "client": _name("client", leg, before, book),
            "address": address,
            "client_note": _client_note(leg, book),
            "custom_fields": labelled(leg.custom_fields, book),
        }
    )
    if not address or (before and not overwrite_gps and _stayed(leg, before)):
        return settled
    return _located(settled, before, book, due, overwrite_gps=overwrite_gps)


def _name(kind: KindName, order: OrderOrLeg, before: OrderOrLeg | None, book: Book) -> str | None:
    """Return the sent name or the one behind the id; with an unknown id, the name from before."""
    name = book.name(kind, getattr(order, f"{kind}_id"), getattr(order, kind))
    return getattr(before, kind) if before and name is None else name


def _stayed(now: Order | PickupOrder, before: Order | PickupOrder) -> bool:
    """Return whether the address is unchanged; the directory does not move an order that stayed."""
    return all(getattr(now, name) == getattr(before, name) for name in _ADDRESS)


def _client_note(order: Order | PickupOrder, book: Book) -> str | None:
    known = book.entry("client", order.client_id)
    return known.note if isinstance(known, Client) else order.client_note


def _with_goods(order: Order, book: Book, *, overwrite_price: bool) -> Order:
    lines = [_known_goods(line, book, overwrite=overwrite_price) for line in order.goods_list or []]
    return order.model_copy(update={"goods_list": lines}) if lines else order


def _known_goods(line: Goods, book: Book, *, overwrite: bool) -> Goods:
    """Return the line, with members that it lacks taken from the directory."""
    if line.goods_id is None:
        return line
    names = {"id": line.goods_id, "name": line.goods_name, "unit": line.goods_unit}
    mentioned = _NO_GOODS.model_copy(update={**names, "cost": line.cost, "barcode": line.goods_barcode})
    known = book.goods(mentioned, overwrite=overwrite)
    if known is mentioned:
        return line
    return line.model_copy(
        update={
            "goods_name": line.goods_name or known.name,
            "goods_unit": line.goods_unit or known.unit,
            "cost": known.cost if line.cost is None else line.cost,
            "goods_barcode": line.goods_barcode or known.barcode,
        }
    )


def labelled(fields: list[CustomField] | None, book: Book) -> list[CustomField] | None:
    """Return custom fields with their labels and typed values, as far as the fields are defined."""
    if fields is None:
        return None
    known = [(field, book.custom_field(field.id)) for field in fields]
    return [
        field.model_copy(update={"label": its.name, "value": its.typed(field.value)}) if its else field
        for field, its in known
    ]


def _located(order: OrderOrLeg, before: OrderOrLeg | None, book: Book, due: Span, *, overwrite_gps: bool) -> OrderOrLeg:
    mentioned = Address(
        "", order.address_id, order.address or "", order.address_lat, order.address_lon, order.address_zone
    )
    place = book.settle(mentioned, overwrite=overwrite_gps)
    located = {
        "address_lat": place.lat if place.located else order.address_lat,
        "address_lon": place.lon if place.located else order.address_lon,
        "address_zone": order.address_zone or place.zone,
    }
    if before and _place(before) == _place(order):
        return order.model_copy(update=located)
    return order.model_copy(update=located | _usual_slot(order, place, due))


def _place(order: Order | PickupOrder) -> tuple[str | None, str]:
    return order.address_id, folded(order.address or "")


def _usual_slot(order: Order | PickupOrder, place: Address, due: Span) -> dict[str, str | None]:
    """Return the time slot of the address, for an order without one."""
    if order.time_slot_from or order.time_slot_to:
        return {}
    return dict(zip(_SLOT, days.slot((None, None), (place.opens, place.closes), due, _NO_ZONE), strict=True))
