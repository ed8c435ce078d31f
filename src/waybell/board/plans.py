"""Digests of plans: is an order or a route planned as it was at another moment, whatever happened between? Pure."""

import hashlib
from collections.abc import Iterable

from waybell.orders.model import Order
from waybell.orders.store import plan_of
from waybell.routes.model import Route

_LETTERS = 16  # of a digest: it travels in each undo


def of_orders(orders: Iterable[Order]) -> dict[str, str]:
    return {order.track_id: _digest(plan_of(order)) for order in orders}


def of_routes(routes: Iterable[Route]) -> dict[str, str]:
    """Return the digests of routes with their orders: who drives them, how they stand, and the sequence."""
    return {
        route.route_id: _digest(
            (
                *(route.status, route.date, route.driver_login, route.driver_vehicle, route.locked),
                sorted((order.seq_number or 0, order.track_id) for order in route.orders or []),
            )
        )
        for route in routes
    }


def _digest(facts: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:_LETTERS]
