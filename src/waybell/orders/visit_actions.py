"""Actions that report the visit of a driver at a stop. Each records the events of all orders that it changed."""

from collections.abc import Callable, Sequence

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.clock import Moment
from waybell.ground.errors import Raced
from waybell.orders import actions, route_days, store, visits
from waybell.orders.days import Span
from waybell.orders.event_types import ORDER_UPDATED
from waybell.orders.model import Order, OrderKey
from waybell.orders.requests import OrderVisit

_Rule = Callable[[Order, Sequence[Order], Moment, Span | None], list[Order]]


def arrive(tx: Tx, actor: Actor, key: OrderKey, request: OrderVisit) -> Order:
    """Record that the driver has come to an order, and to the open orders at the same stop.

    Raise `NotFound` for an unknown order, `Invalid` as `visits.arrived` does, and `Raced` when the order was put
    elsewhere meanwhile.
    """
    return _report(
        tx, actor, key, lambda order, beside, now, span: visits.arrived(order, beside, request, now, span=span)
    )


def depart(tx: Tx, actor: Actor, key: OrderKey, request: OrderVisit) -> Order:
    """Record that the driver has left an order, and the orders to which the driver came together with it.

    Raise `NotFound` for an unknown order, `Invalid` as `visits.departed` does, and `Raced` when the order was put
    elsewhere meanwhile.
    """
    return _report(
        tx, actor, key, lambda order, beside, now, span: visits.departed(order, beside, request, now, span=span)
    )


def _report(tx: Tx, actor: Actor, key: OrderKey, rule: _Rule) -> Order:
    """Change the order and those at its stop by the rule, and return the order.

    The route is not locked: its orders are, and an order that came to the stop after the look at it is just not part of
    the visit.
    """
    order, beside = lock_stop(tx, actor, key)
    span = route_days.spans(tx, actor.account.id, [order.route_id])[order.route_id] if order.route_id else None
    before = [order, *beside]
    after = rule(order, beside, Moment(tx.now, actor.account.zone), span)
    for was, now in zip(before, after, strict=True):
        actions.save(tx, actor, was, now, ORDER_UPDATED)
    return after[0]


def lock_stop(tx: Tx, actor: Actor, key: OrderKey) -> tuple[Order, list[Order]]:
    """Lock an order and the orders at its stop until the commit, and return the order and those beside it.

    Raise `NotFound` for an unknown order, and `Raced` when another transaction moved the order meanwhile.
    """
    found = store.find(tx, actor.account.id, key)
    if found is None:
        raise actions.unknown(key)
    together = store.at_stop(tx, actor.account.id, found) if found.route_id else []
    locked = store.lock(tx, actor.account.id, sorted({found.track_id, *together}))
    order = next((one for one in locked if one.track_id == found.track_id), None)
    if order is None:
        raise actions.unknown(key)
    if _stop(order) != _stop(found):
        raise Raced(f"{found} was moved at the same moment. Try again.")
    return order, [one for one in locked if one is not order and _stop(one) == _stop(order)]


def _stop(order: Order) -> tuple[str | None, int | None]:
    return order.route_id, order.seq_number
