"""What an import leaves behind for its undo: a digest of each order, and the members that were changed. Pure."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from waybell.orders.goods_lines import Lines
from waybell.orders.model import Goods, Order
from waybell.orders.order_links import LINKED
from waybell.orders.requests import NewOrderGoods

# These change without anybody changing the order: estimates, the route's own members, the place in its sequence.
_BY_THEMSELVES = {
    "eta",
    "updated_eta",
    "change_date",
    "seq_number",
    "seq_number_driver",
    "distance_from_depot_plan",
    "route_number",
    "route_priority",
    "route_status",
    "route_date",
    "driver_login",
    "driver_name",
    "driver_number",
    "driver_vehicle",
    "track_link",
    "report_url",
    *LINKED,
}
_LEG_BY_ITSELF = {
    "eta",
    "updated_eta",
    "change_date",
    "plan_time",
    "plan_time_dep",
    "plan_service_time",
    "route_date",
    "track_link",
    "report_url",
    "photos",
    "signature_photos",
    "load_signature_photos",
}
_LINE_BY_ITSELF = {"photos", "has_photo"}
_LEFT_OUT: Any = {
    **dict.fromkeys(_BY_THEMSELVES, True),
    "pickup_order": _LEG_BY_ITSELF,
    "goods_list": {"__all__": _LINE_BY_ITSELF},
}
_AMOUNTS = ("weight", "volume", "pallets", "cod")
_OWN = ("route_id", "photo_ids", "signature_ids", "load_signature_ids")


def digest_of(order: Order) -> str:
    """Return a text that differs when somebody has changed the order; an estimate is no change."""
    members = order.model_dump(exclude=_LEFT_OUT, exclude_none=True)
    # A default is the integer 0 until it was stored and read as a float.
    members |= {name: float(members[name]) for name in _AMOUNTS}
    if leg := members.get("pickup_order"):
        leg["cod"] = float(leg["cod"])
    members |= {name: getattr(order, name) or None for name in _OWN}
    members["line_photos"] = [line.photo_ids or None for line in order.goods_list or ()]
    return hashlib.sha256(to_json(members)).hexdigest()


def earlier_members(before: Order, after: Order) -> dict[str, Any]:
    """Return the members of `before` that differ from those of `after`, by field, as JSON can hold them."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    earlier = {name: value for name, value in old.items() if value != new[name] and name not in _BY_THEMSELVES}
    return earlier | {"route_id": before.route_id}


def restored(now: Order, earlier: Mapping[str, Any]) -> Order:
    """Return the order with its earlier members; the route is not touched."""
    read = Order.model_validate({**now.model_dump(), **earlier})
    values = {name: getattr(read, name) for name in earlier if name != "route_id"}
    if values.get("goods_list"):
        values["goods_list"] = _with_photos(values["goods_list"], now.goods_list or [])
    return now.model_copy(update=values)


def _with_photos(lines: list[Goods], now: list[Goods]) -> list[Goods]:
    """Return the earlier lines with the photos that the same lines have now."""
    places = Lines(now).share_out([NewOrderGoods.model_validate(line.model_dump(by_alias=True)) for line in lines])
    return [
        line if place is None else line.model_copy(update={"photo_ids": now[place].photo_ids})
        for place, line in zip(places, lines, strict=True)
    ]
