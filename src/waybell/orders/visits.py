"""The visit of a driver at a stop: when the driver came, and when the driver left. Pure.

Phones report late, twice and in any order, so a time that is known stays, and a report that adds nothing changes
nothing. What is wrong can be corrected on purpose.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid
from waybell.orders import days
from waybell.orders.days import Span
from waybell.orders.model import FAILED, Order
from waybell.orders.outcome import days_of, position
from waybell.orders.requests import OrderVisit

# How far a phone's clock and zone may be off. A time beyond that would mislead whatever calculates with it.
_OFF = timedelta(days=1)


def arrived(
    order: Order, beside: Sequence[Order], request: OrderVisit, moment: Moment, *, span: Span | None = None
) -> list[Order]:
    """Return the order with the driver's arrival, and then the orders beside it, at the same stop.

    The driver comes to the open orders of a stop together. A known arrival stays, unless the driver left an open order
    and comes again later. Raise `Invalid` when the route of the order has not started, for a time that cannot be, and
    for an order with an outcome when no time was sent, since the driver came before that.
    """
    _check_under_way(order)
    at, where = _time(order, request, moment, span), position(request)
    if not _is_news(order, at):
        return [order, *beside]
    if order.finished and request.date is None:
        raise Invalid(f"Date: is required, because {order} is {order.status} already and the driver came before that")
    if order.finished and order.departed_date and at > order.departed_date:
        raise Invalid(f"Date: {at} lies after the DepartedDate, {order.departed_date}")
    return [
        _come(order, at, where),
        *(other if other.finished or not _is_news(other, at) else _come(other, at, where) for other in beside),
    ]


def departed(
    order: Order, beside: Sequence[Order], request: OrderVisit, moment: Moment, *, span: Span | None = None
) -> list[Order]:
    """Return the order with the driver's departure, and then the orders beside it, at the same stop.

    The driver leaves the orders to which the driver came together, with or without an outcome. A known departure stays.
    Raise `Invalid` when the route of the order has not started, and for a time that cannot be.
    """
    _check_under_way(order)
    at, where = _time(order, request, moment, span), position(request)
    if order.departed_date:
        return [order, *beside]
    if request.date is None and order.arrived_date:
        at = max(at, order.arrived_date)  # the phone that reported the arrival may be ahead of our clock
    if order.arrived_date and at < order.arrived_date:
        raise Invalid(f"Date: {at} lies before the ArrivedDate, {order.arrived_date}")
    return [
        _go(order, at, where),
        *(_go(other, at, where) if _is_left_too(other, order) else other for other in beside),
    ]


def _check_under_way(order: Order) -> None:
    if order.route_id is None:
        raise Invalid(f"{order} is on no route. Put it on a route first.")
    if order.route_status not in ("InProgress", "Closed"):
        raise Invalid(f"{order} is on a route that has not started. Start route {order.route_number} first.")


def _time(order: Order, request: OrderVisit, moment: Moment, span: Span | None) -> str:
    """Return the local time of the report: as sent, put on the days of the route, or now.

    Raise `Invalid` for a time that lies far ahead of now, or long before the route began.
    """
    if request.date is None:
        return moment.local
    known = span or days_of(order)
    at = days.fact_time(request.date, known, moment)
    read = datetime.fromisoformat(at)
    if read > datetime.fromisoformat(moment.local) + _OFF:
        raise Invalid(f"Date: {at} lies more than a day ahead. It is {moment.local} here.")
    if known.began and read < known.began - _OFF:
        raise Invalid(f"Date: {at} lies more than a day before the start of route {order.route_number}")
    return at


def _is_news(order: Order, at: str) -> bool:
    """Return whether an arrival at this time begins a visit: the first, or another one at an order that is open."""
    again = bool(order.departed_date and at > order.departed_date and not order.finished)
    return order.arrived_date is None or again


def _come(order: Order, at: str, where: dict[str, float]) -> Order:
    gone = order.departed_date if order.departed_date and order.departed_date >= at else None
    return order.model_copy(
        update={"arrived_date": at, "departed_date": gone, **({} if _has_position(order) else where)}
    )


def _go(order: Order, at: str, where: dict[str, float]) -> Order:
    known = order.status_lat is not None
    return order.model_copy(update={"departed_date": at, **({} if known else where)})


def _has_position(order: Order) -> bool:
    """Return whether the position of the outcome is known, which a report about the visit must not replace."""
    return order.finished and order.status_lat is not None


def _is_left_too(other: Order, order: Order) -> bool:
    """Return whether the driver leaves an order of the same stop too: the driver came to both together.

    Where no arrival was reported, an order that failed was left behind or canceled, and the driver never came to it.
    """
    came = other.arrived_date is not None or other.status_id not in FAILED
    return other.departed_date is None and other.arrived_date == order.arrived_date and came
