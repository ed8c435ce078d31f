"""Actions on an order together with the route that it is on."""

from collections.abc import Callable, Collection, Sequence

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.events.outbox import record
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, Raced
from waybell.orders import actions as orders
from waybell.orders import outcome
from waybell.orders import store as order_rows
from waybell.orders.event_types import ORDER_STATUS_UPDATED, ORDER_UPDATED
from waybell.orders.model import Order, OrderKey
from waybell.orders.requests import OrderLoad
from waybell.routes import store as routes
from waybell.routes.event_types import ROUTE_UPDATED, route_event
from waybell.routes.model import Route, loading_noted
from waybell.routes.order_changes import OrderChanges


def note_loading(tx: Tx, actor: Actor, key: OrderKey, request: OrderLoad, *, reject: bool = True) -> Order:
    """Record whether the order is in the vehicle. Its route becomes Loaded with the last of its orders.

    With `reject` an order that was not loaded is rejected (see `outcome.loading_noted`). Raise `NotFound` for an
    unknown order, `Invalid` for an unusable request, and `Raced` when the order was put on another route meanwhile.
    """
    before, route = _lock_with_route(tx, actor, key)
    moment, span = Moment(tx.now, actor.account.zone), route.span if route else None
    after = outcome.loading_noted(before, request, moment, span=span, reject=reject)
    noted = route and loading_noted(route, after)
    if noted:
        after = after.model_copy(update={"route_status": noted.status})
    orders.save(
        tx, actor, before, after, ORDER_UPDATED if after.status_id == before.status_id else ORDER_STATUS_UPDATED
    )
    if route and noted and noted.status != route.status:
        routes.save(tx, actor.account.id, noted)
        [route] = routes.get_many(tx, actor.account.id, [route.route_id])
        record(tx, route_event(actor.account.id, ROUTE_UPDATED, route))
    return after


def _lock_with_route(tx: Tx, actor: Actor, key: OrderKey) -> tuple[Order, Route | None]:
    """Lock an order and the order's route, if any, until the commit; the route first.

    Raise `NotFound` for an unknown order, and `Raced` when another transaction moved the order to another route
    meanwhile.
    """
    found = order_rows.find(tx, actor.account.id, key)
    route = routes.lock(tx, actor.account.id, [found.route_id]) if found and found.route_id else []
    locked = order_rows.lock(tx, actor.account.id, [found.track_id]) if found else []
    if not found or not locked:
        raise orders.unknown(key)
    if locked[0].route_id != found.route_id:
        raise Raced(f"{found} was put on another route at the same moment. Try again.")
    return locked[0], route[0] if route else None


def delete(tx: Tx, actor: Actor, key: OrderKey) -> Order:
    """Delete an order for good and leave a tombstone; the order's route, if any, gets an event.

    Raise `NotFound` for an unknown order, `Invalid` for an order with an outcome, and `Raced` when the order was put
    on another route meanwhile.

    Operations: DeleteOrderByNumber, DeleteOrderById.
    """
    order, route = _lock_with_route(tx, actor, key)
    if order.finished:
        raise Invalid(f"{order} is {order.status} already and stays on record.")
    orders.soft_delete(tx, actor, [order])
    if route:
        changes = OrderChanges(tx, actor)
        routes.note_new_sequence(tx, actor.account.id, [route.route_id])
        others = [other.track_id for other in route.orders or [] if other.track_id != order.track_id]
        changes.close_up(order_rows.lock(tx, actor.account.id, others))
        [route] = routes.get_many(tx, actor.account.id, [route.route_id])
        record(tx, route_event(actor.account.id, ROUTE_UPDATED, route))
        changes.record_events()
    return order


def delete_some(tx: Tx, actor: Actor, route_id: str, track_ids: Collection[str]) -> None:
    """Delete orders that are on this route, with one event of the route; the caller has checked that they may be."""
    _leave(tx, actor, route_id, track_ids, lambda _changes, leaving: orders.soft_delete(tx, actor, leaving))


def take_off(tx: Tx, actor: Actor, route_id: str, track_ids: Collection[str]) -> None:
    """Take orders without an outcome off this route, with one event of the route; they are unscheduled then."""
    when = Moment(tx.now, actor.account.zone).local
    _leave(
        tx,
        actor,
        route_id,
        track_ids,
        lambda changes, leaving: changes.save([(order, outcome.placed(order, None, when)) for order in leaving]),
    )


def _leave(
    tx: Tx,
    actor: Actor,
    route_id: str,
    track_ids: Collection[str],
    act: Callable[[OrderChanges, Sequence[Order]], None],
) -> None:
    """Let these orders leave the route by `act`, and close up the orders that stay."""
    for route in routes.lock(tx, actor.account.id, [route_id]):
        locked = order_rows.lock(tx, actor.account.id, [order.track_id for order in route.orders or []])
        changes = OrderChanges(tx, actor)
        act(changes, [order for order in locked if order.track_id in track_ids])
        changes.close_up([order for order in locked if order.track_id not in track_ids])
        [now] = routes.get_many(tx, actor.account.id, [route_id])
        record(tx, route_event(actor.account.id, ROUTE_UPDATED, now))
        changes.record_events()
