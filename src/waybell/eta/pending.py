"""Showing new estimates in the events that a transaction has recorded but not yet stored."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from waybell.db.database import Tx
from waybell.events.subjects import Subject
from waybell.orders.model import Order

_MEMBERS = [field.alias or name for name, field in Order.model_fields.items()]


def show(tx: Tx, route_id: str, estimates: Mapping[str, Mapping[str, Any]]) -> None:
    """Put the estimates, by the track ids of their orders, into the events of these orders and of the route."""
    if estimates:
        route = str(Subject("route", route_id))
        of_orders = {str(Subject("order", track_id)): row for track_id, row in estimates.items()}
        for at, event in enumerate(tx.pending_events):
            if event.subject in of_orders:
                shown = _with(event.data, of_orders[event.subject])
            elif event.subject == route and event.data.get("Orders"):
                shown = event.data | {
                    "Orders": [_with(one, estimates.get(one["TrackId"])) for one in event.data["Orders"]]
                }
            else:
                continue
            tx.pending_events[at] = replace(event, data=shown)


def _with(order: dict[str, Any], row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the document of an order with its estimate, its members in their order; leave any other document."""
    if row is None or "TrackKey" not in order:
        return order
    shown = order | {"ETA": order.get("ETA") or row["first"], "UpdatedETA": row["updated"]}
    return {name: shown[name] for name in _MEMBERS if shown.get(name) is not None}
