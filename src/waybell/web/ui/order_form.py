"""The form of an order: its inputs, what they show of an order, and the API's request that they make. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from waybell.directory.entry_kinds import CustomFieldDefinition
from waybell.ground.errors import Invalid
from waybell.orders.model import COLLECTION, Goods, Order
from waybell.orders.requests import NewOrder
from waybell.web.ui.entry_form import Choices, Input, as_text, changed, read, typed
from waybell.web.ui.forms import Fields

OrderKind = Literal["delivery", "collection", "pickup-delivery", "pickup-hub-delivery"]
KINDS: dict[OrderKind, str] = {
    "delivery": "Delivery",
    "collection": "Collection",
    "pickup-delivery": "Pickup & Delivery",
    "pickup-hub-delivery": "Pickup-Hub-Delivery",
}
_WITH_PICKUP: tuple[OrderKind, ...] = ("pickup-delivery", "pickup-hub-delivery")
# What the collection of a Pickup-Hub-Delivery has in common with its delivery.
_OF_BOTH = ("Number", "Date", "Priority", "TeamCode", "DepotId", "ShipperId", "Weight", "Volume", "Pallets")
MOST_LINES = 100  # lines of goods that the form shows; an order with more keeps them as they are
_SLOT = ("TimeSlotFrom", "TimeSlotTo")
_PLACE = ("Address", "AddressId", "AddressLat", "AddressLon")
_NOT_ALIKE = ("Number", "Id", "Barcode", "InvoiceId", "CustomerReferenceId")  # these belong to one order alone
LEG = "PickupOrder."

_TEXT = {"autocomplete": "off", "maxlength": 255}
_SHORT = {"autocomplete": "off", "maxlength": 50}
_ANY_NUMBER = {"step": "any", "inputmode": "decimal"}
_AMOUNT = {"step": "any", "min": "0", "inputmode": "decimal"}

HEAD = (
    Input("Number", "Number", attributes=_SHORT | {"autofocus": True}),
    Input("Date", "Date", "date", required=True),
    Input("Priority", "Priority", "select", choices=(("low", "Low"), ("normal", "Normal"), ("high", "High"))),
)
CLIENT = (
    Input("Client", "Client", required=True, attributes=_TEXT),
    Input("Address", "Address", required=True, attributes=_TEXT),
    Input("ContactName", "Contact", attributes=_TEXT),
    Input("Phone", "Phone", "tel", attributes=_SHORT),
    Input("Email", "E-mail", "email", attributes=_TEXT),
    Input("AddressLat", "Latitude", "number", attributes=_ANY_NUMBER | {"min": "-90", "max": "90"}),
    Input("AddressLon", "Longitude", "number", attributes=_ANY_NUMBER | {"min": "-180", "max": "180"}),
    Input("ClientId", "Client's id", attributes=_SHORT),
    Input("AddressId", "Address's id", attributes=_SHORT),
)
WHEN = (
    Input("TimeSlotFrom", "From", "time"),
    Input("TimeSlotTo", "To", "time", hint="An end before the beginning is on the next day."),
    Input("ServiceTime", "Minutes at the stop", "number", attributes=_AMOUNT),
)
NOTE = Input("Note", "Note for the driver", "textarea", attributes={"maxlength": 500, "rows": 2})
LOAD = (
    Input("Weight", "Weight, kg", "number", attributes=_AMOUNT),
    Input("Volume", "Volume, m³", "number", attributes=_AMOUNT),
    Input("Pallets", "Pallets", "number", attributes=_AMOUNT),
    Input("COD", "Cash on delivery", "number", attributes=_AMOUNT),
)
KEYS = (
    Input("Id", "Id in your own system", attributes=_SHORT),
    Input("Barcode", "Barcode", attributes={"autocomplete": "off", "maxlength": 128}),
    Input("InvoiceId", "Invoice", attributes=_SHORT),
    Input("CustomerReferenceId", "Customer's reference", attributes=_SHORT),
)
BELONGS = (
    Input("DepotId", "Depot", "select"),
    Input("ShipperId", "Shipper", "select"),
    Input("TeamCode", "Team", "select"),
)
MAIN = (*HEAD, *CLIENT, *WHEN, NOTE, *LOAD, *KEYS, *BELONGS)
PICKUP = (*CLIENT, *WHEN, NOTE)
PICKUP_DATE = Input("Date", "Date", "date", hint="Of the collection, where it is another day.")
GOODS = (
    Input("GoodsName", "Goods", attributes=_TEXT),
    Input("Quantity", "Quantity", "number", attributes=_ANY_NUMBER),
    Input("GoodsUnit", "Unit", attributes=_SHORT),
    Input("Cost", "Price", "number", attributes=_ANY_NUMBER),
    Input("GoodsId", "Goods id", attributes=_SHORT),
)
_GOODS_KEPT = ("OrderLineId", "Note", "OrderLineBarcode", "GoodsBarcode")  # carried along, not shown
GOODS_NAMES = (*(one.name for one in GOODS), *_GOODS_KEPT)


def kind_of(order: Order) -> OrderKind:
    if order.pickup_order:
        return "pickup-delivery"
    return "collection" if order.type == COLLECTION else "delivery"


def shown(order: Order, definitions: Sequence[CustomFieldDefinition] = ()) -> Fields:
    """Return the fields of the form that stand for an order."""
    members = order.as_answer()
    pairs: list[tuple[str, str]] = [("Kind", kind_of(order))]
    pairs += _pairs(members, MAIN, order.date)
    if order.pickup_order:
        pairs += _pairs(members["PickupOrder"], PICKUP, order.date, LEG)
    if len(order.goods_list or ()) <= MOST_LINES:
        pairs += [(f"Goods.{name}", as_text(line[name])) for line in members["GoodsList"] or () for name in GOODS_NAMES]
    values = {field.id: as_text(field.value) for field in order.custom_fields or ()}
    return Fields(pairs + [(one.id or "", values.get(one.id, "")) for one in definitions])


def blank(day: date) -> Fields:
    """Return the fields of the form for a new order on this day."""
    return Fields([("Kind", "delivery"), ("Date", day.isoformat())])


def alike(order: Order, day: date, definitions: Sequence[CustomFieldDefinition]) -> Fields:
    """Return the fields of the form for a new order like this one, on its day or, when that is past, on `day`."""
    lines = ("Goods.OrderLineId", "Goods.OrderLineBarcode")
    pairs = [(name, "" if name in (*_NOT_ALIKE, *lines) else value) for name, value in shown(order, definitions).pairs]
    return Fields([(name, max(value, day.isoformat()) if name == "Date" else value) for name, value in pairs])


def _pairs(members: Mapping[str, Any], inputs: Iterable[Input], day: str, prefix: str = "") -> list[tuple[str, str]]:
    values = dict(members)
    if "Date" in values:
        values["Date"] = values["Date"][:10]
    opens, closes = (datetime.fromisoformat(values[name]) if values[name] else None for name in _SLOT)
    values |= dict(zip(_SLOT, _times(opens, closes, date.fromisoformat(day[:10])), strict=True))
    return [(prefix + one.name, as_text(values.get(one.name))) for one in inputs]


def _times(opens: datetime | None, closes: datetime | None, day: date) -> tuple[str, str]:
    """Return a slot as times of day where these mean it, else with its days."""
    due = opens.date() if opens else day
    ends = due + timedelta(days=bool(opens and closes and closes.time() < opens.time()))
    plain = due == day and (closes is None or closes.date() == ends)
    opens_text, closes_text = (
        "" if one is None else f"{one:%H:%M}" if plain else f"{one:%Y-%m-%dT%H:%M}" for one in (opens, closes)
    )
    return opens_text, closes_text


def requests(
    sent: Fields, before: Fields, definitions: Sequence[CustomFieldDefinition], *, new: bool
) -> list[NewOrder]:
    """Return the requests that a form makes: one, or two linked by their Number for Pickup-Hub-Delivery.

    `before` is what the form showed: members that nobody touched are left out. Raise `Invalid` with a line for each
    input at fault.
    """
    kind = _kind(sent)
    inputs = pickup_inputs()
    leg = {name.removeprefix(LEG): value for name, value in changed(sent, before, inputs).items()}
    members: dict[str, Any] = {**changed(sent, before, MAIN), "Type": int(kind == "collection")}
    if new:
        members["Date"] = sent.text("Date")
    members |= _goods(sent, before) | _custom_fields(sent, before, definitions)
    if kind not in _WITH_PICKUP and any(typed(sent, inputs).values()):
        raise Invalid(f"Kind: a {KINDS[kind]} has no pick-up. Choose another type, or empty the fields of the pick-up.")
    if kind != "pickup-hub-delivery":
        return [read(NewOrder, members | ({"PickupOrder": leg} if leg else {}))]
    if not new:
        raise Invalid("Kind: an order that is there stays one order. Add the other as a new order with its Number.")
    if not members.get("Number"):
        raise Invalid("Number: is required, because it links the collection and the delivery")
    if not (leg.get("Client") and leg.get("Address")):
        lacking = [name for name in ("Client", "Address") if not leg.get(name)]
        raise Invalid("\n".join(f"{LEG}{name}: is required for the collection" for name in lacking))
    alike_members = {name: members[name] for name in (*_OF_BOTH, "GoodsList") if members.get(name)}
    day = {"Date": sent.text(f"{LEG}Date")} if sent.text(f"{LEG}Date") else {}
    return [read(NewOrder, members), read(NewOrder, alike_members | leg | day | {"Type": COLLECTION})]


def _kind(sent: Fields) -> OrderKind:
    for kind in KINDS:
        if kind == sent.text("Kind"):
            return kind
    raise Invalid(f"Kind: choose one of {', '.join(KINDS.values())}")


def pickup_inputs() -> list[Input]:
    """Return the inputs of the pick-up leg under their names in the form."""
    return [replace(one, name=LEG + one.name, required=False) for one in PICKUP]


def lines(sent: Fields) -> list[dict[str, str]]:
    """Return the lines of goods in the form that hold something, by the names of the API."""
    columns = [sent.rows(f"Goods.{name}") for name in GOODS_NAMES]
    rows = [dict(zip(GOODS_NAMES, values, strict=True)) for values in zip(*columns, strict=False)]
    return [row for row in rows if any(row[one.name] for one in GOODS)]


def _goods(sent: Fields, before: Fields) -> dict[str, Any]:
    after = lines(sent)
    return {} if after == lines(before) else {"GoodsList": after}


def _custom_fields(sent: Fields, before: Fields, definitions: Sequence[CustomFieldDefinition]) -> dict[str, Any]:
    names = [one.id for one in definitions if one.id]
    if all(sent.text(name) == before.text(name) for name in names):
        return {}
    return {"CustomFields": [{"Id": name, "Value": sent.text(name)} for name in names if sent.text(name)]}


def with_choices(inputs: Iterable[Input], choices: Mapping[str, Choices], now: Fields) -> list[Input]:
    """Return the inputs, with the choices of the directory; a value that the directory lacks stays a choice."""
    known = [replace(one, choices=choices.get(one.name, one.choices)) for one in inputs]
    dated = [
        replace(one, type="datetime-local") if "T" in now.text(one.name) and one.type == "time" else one
        for one in known
    ]
    return [one.with_choice(now.text(one.name)) for one in dated]


def too_many_lines(goods: Sequence[Goods] | None) -> bool:
    return len(goods or ()) > MOST_LINES
