"""Showing new estimates in the events that a transaction has recorded but not yet stored."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from waybell.db.database import Tx
from waybell.events.subjects import Subject
from waybell.orders.model import Order
from waybell.orders.moments import ORDER_OUT_FOR_DELIVERY, OrderOutForDelivery

# The members of what shows an order's ETA: the document of an order, and one opt-in event.
_OF_ORDER = [field.alias or name for name, field in Order.model_fields.items()]
_OUT = [field.alias or name for name, field in OrderOutForDelivery.model_fields.items()]


def show(tx: Tx, route_id: str, estimates: Mapping[str, Mapping[str, Any]]) -> None:
    """Put the estimates, by the track ids of their orders, into the events of these orders and of the route."""
    if estimates:
        route = str(Subject("route", route_id))
        of_orders = {str(Subject("order", track_id)): row for track_id, row in estimates.items()}
        for at, event in enumerate(tx.pending_events):
            if event.subject in of_orders:
                row = of_orders[event.subject]
                shown = _with(event.data, row, _OUT if event.type == ORDER_OUT_FOR_DELIVERY else _OF_ORDER)
            elif event.subject == route and event.data.get("Orders"):
                shown = event.data | {
                    "Orders": [_with(one, estimates.get(one["TrackId"])) for one in event.data["Orders"]]
                }
            else:
                continue
            tx.pending_events[at] = replace(event, data=shown)


def _with(data: dict[str, Any], row: Mapping[str, Any] | None, members: Sequence[str] = _OF_ORDER) -> dict[str, Any]:
    """Return the Data with the estimate of their order, in the order of their members; leave any other Data."""
    if row is None or ("TrackKey" in data) != (members is _OF_ORDER):
        return data
    shown = data | {"ETA": data.get("ETA") or row["first"], "UpdatedETA": row["updated"]}
    return {name: shown[name] for name in members if shown.get(name) is not None}
