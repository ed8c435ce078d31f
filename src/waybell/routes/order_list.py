"""The orders that are sent with a route: drafting new ones, and matching those of a route with a request."""

from collections.abc import Sequence

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, within
from waybell.orders import actions as orders
from waybell.orders.model import Order
from waybell.orders.outcome import placed
from waybell.orders.requests import NewOrder
from waybell.routes import model
from waybell.routes.model import Route
from waybell.routes.order_changes import OrderChanges, lock_orders
from waybell.routes.requests import How


def synchronise(
    tx: Tx, actor: Actor, before: Route, route: Route, requests: Sequence[NewOrder], how: How
) -> OrderChanges:
    """Make the requested orders the route's orders: change matching ones, add new ones, unschedule the others.

    Orders that stay move along with the route. Return the changes, whose events are still to be recorded. Raise
    `Invalid` for an unusable order, and `NotAllowedNow` when orders would join or leave a closed route.
    """
    when = Moment(tx.now, actor.account.zone).local
    now = lock_orders(tx, actor, route)
    by_id = {order.track_id: order for order in now.orders or []}
    moved = {order.track_id: order for order in model.moved_along(before.date, now)}
    plan = model.synchronised(now, requests)
    if any(match is None for match, _ in plan.sequence) or plan.leaving:
        model.check_open(route)
    listed = list(enumerate(plan.sequence))
    new = drafted(tx, actor, route, [(at, sent) for at, (match, sent) in listed if match is None], how)
    changing = [(at, match, sent) for at, (match, sent) in listed if match and not match.finished]
    edited = orders.edit(
        tx,
        actor,
        [(moved[match.track_id], sent) for _, match, sent in changing],
        overwrite_gps=how.overwrite_gps,
        overwrite_price=how.overwrite_price,
        places=[_place(at) for at, _, _ in changing],
    )
    after = moved | {order.track_id: order for order in edited}
    making = iter(new)
    wanted = [next(making) if match is None else after[match.track_id] for match, _ in plan.sequence]
    named = {order.track_id for order in wanted}
    staying = [moved[order.track_id] for order in now.orders or [] if order.finished and order.track_id not in named]
    sequence = model.in_sequence(route, [*staying, *wanted], when, merge=how.merge)
    leaving = [placed(order, None, when) for order in plan.leaving]

    changes = OrderChanges(tx, actor)
    changes.insert([order for order in sequence if order.track_id not in by_id])
    changes.save([(by_id[order.track_id], order) for order in [*sequence, *leaving] if order.track_id in by_id])
    return changes


def drafted(tx: Tx, actor: Actor, route: Route, sent: Sequence[tuple[int, NewOrder]], how: How) -> list[Order]:
    """Return new orders for a route.

    `sent` has each request with its position in the list. Raise `Invalid` that names the first unusable order.
    """
    judged = orders.draft(
        tx,
        actor,
        [request for _, request in sent],
        overwrite_gps=how.overwrite_gps,
        overwrite_price=how.overwrite_price,
        route=route.span,
    )
    new: list[Order] = []
    for (at, _), order in zip(sent, judged, strict=True):
        with within(_place(at)):
            if isinstance(order, Invalid):
                raise order
        new.append(order)
    return new


def _place(at: int) -> str:
    return f"Orders[{at}]"
