"""Orders as rows of a file, in the columns that an import knows: importing the file unchanged changes nothing. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from waybell.importing.fields import CUSTOM, FIELDS
from waybell.orders.model import COLLECTION, Goods, Order, PickupOrder

# Facts for people, which no import takes.
_FACTS = (
    "Status",
    "StatusDate",
    "ETA",
    "UpdatedETA",
    "ArrivedDate",
    "DepartedDate",
    "RejectReason",
    "DriverComment",
    "SignatureName",
    "CODActual",
)
_OF_ROUTE = {
    "Route.Code": "route_number",
    "Route.DriverLogin": "driver_login",
    "Route.DriverName": "driver_name",
    "Route.DriverVehicle": "driver_vehicle",
    "Route.Stop": "seq_number",
}
_COLUMNS = [name for name in FIELDS if name != "TimeSlot"]
_NUMBERS = {name for name in _COLUMNS if FIELDS[name].kind in ("number", "whole")}
_TWO_WAYS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_BY_NAME = {(field.alias or name): name for name, field in Order.model_fields.items()}
_OF_LEG = {(field.alias or name): name for name, field in PickupOrder.model_fields.items()}
_OF_LINE = {(field.alias or name): name for name, field in Goods.model_fields.items()}
Value = str | float | None


def headers(custom: Sequence[str]) -> list[str]:
    """Return the headers; `custom` names the custom fields."""
    return ["TrackId", *(name for name in _COLUMNS if name != "TrackId"), *(CUSTOM + name for name in custom), *_FACTS]


def rows_of(order: Order, custom: Sequence[str]) -> Iterator[list[Value]]:
    """Yield a row for each line of goods of an order, and one for an order without any."""
    values = {name: _value(order, name) for name in _COLUMNS if not FIELDS[name].is_goods}
    own = {one.id: one.value for one in order.custom_fields or []}
    behind = [_plain(own.get(name)) for name in custom] + [_plain(getattr(order, _BY_NAME[name])) for name in _FACTS]
    names = ["TrackId", *(name for name in _COLUMNS if name != "TrackId")]
    lines: list[Goods | None] = [*(order.goods_list or [])]
    for line in lines or [None]:
        of_line = {name: _plain(getattr(line, _OF_LINE[name.partition(".")[2]])) for name in _COLUMNS
                   if FIELDS[name].is_goods} if line else {}  # fmt: skip
        yield [values.get(name, of_line.get(name)) for name in names] + behind


def _value(order: Order, name: str) -> Value:
    if name == "Type":
        return "collection" if order.type == COLLECTION else "delivery"
    if name == "Date":
        return order.date[:10]
    if name in _OF_ROUTE:
        return _plain(getattr(order, _OF_ROUTE[name])) if order.route_id else None
    if name.startswith("PickupOrder."):
        leg = order.pickup_order
        return _plain(getattr(leg, _OF_LEG[name.partition(".")[2]])) if leg else None
    found = _plain(getattr(order, _BY_NAME[name]))
    if name in ("TimeSlotFrom", "TimeSlotTo") and isinstance(found, str) and not order.route_id:
        # On a route a time of day may be of the night behind it, so there the day stays.
        return found[11:16] if found[:10] == order.date[:10] and found.endswith(":00") else found
    return found


def _plain(value: Any) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | float | int | None) else str(value)


def as_text(value: Value) -> str:
    """Return a value as it stands in a CSV; a number is written so that it can be read in one way only."""
    if value is None or isinstance(value, str):
        return value or ""
    text = f"{value:.0f}" if float(value).is_integer() else repr(value)
    return f"{text}0" if _TWO_WAYS.fullmatch(text) else text
