"""Taking back what an import has changed, a few changes at a time, the newest first.

What somebody has changed since stays as it is, and so do orders on routes that have started; each is told with the
reason.
"""

from collections.abc import Sequence

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound
from waybell.importing import store
from waybell.importing.records import Change
from waybell.importing.traces import digest_of, restored
from waybell.orders import actions as orders
from waybell.orders import store as order_rows
from waybell.orders.event_types import ORDER_UPDATED
from waybell.orders.model import Order, OrderKey
from waybell.routes import actions as routes
from waybell.routes import order_actions
from waybell.routes import store as route_rows
from waybell.routes.model import STARTED, RouteKey

_REFUSALS = (Conflict, Forbidden, Invalid, NotAllowedNow, NotFound)


def take_back(tx: Tx, actor: Actor, changes: Sequence[Change]) -> int:
    """Take back these changes; return how many had to stay, each of which gets the reason."""
    account_id = actor.account.id
    of_orders = [change for change in changes if change.kind != "route"]
    named = order_rows.named(tx, account_id, "TrackId", [change.about for change in of_orders])
    # Routes are locked before orders.
    meant = {one.route_id for found in named.values() for one in found} | {
        (change.before or {}).get("route_id") for change in of_orders
    }
    route_rows.lock(tx, account_id, sorted(one for one in meant if one))
    now = {one.track_id: one for one in order_rows.lock(tx, account_id, [change.about for change in of_orders])}
    why: dict[int, str] = {}
    deleting: list[Order] = []
    for change in of_orders:
        order = now.get(change.about)
        if order is None:
            if change.kind == "updated":
                why[change.number] = "The order was deleted since."
        elif reason := _reason_to_stay(order, change):
            why[change.number] = reason
        elif change.kind == "created":
            deleting.append(order)
        else:
            try:
                with tx.savepoint():
                    _restore(tx, actor, order, change)
            except _REFUSALS as error:
                why[change.number] = str(error)
    _delete(tx, actor, deleting)
    for change in changes:
        if change.kind == "route" and (reason := _remove_route(tx, actor, change.about)):
            why[change.number] = reason
    for number, reason in why.items():
        store.note_kept(tx, changes[0].import_id, number, reason)
    return len(why)


def _reason_to_stay(order: Order, change: Change) -> str:
    if order.route_status in STARTED:
        return f"{order} is on route {order.route_number}, which has started."
    if digest_of(order) != change.digest:
        return f"{order} was changed since."
    return ""


def _delete(tx: Tx, actor: Actor, deleting: Sequence[Order]) -> None:
    by_route: dict[str, list[str]] = {}
    for order in deleting:
        if order.route_id:
            by_route.setdefault(order.route_id, []).append(order.track_id)
    for route_id, track_ids in sorted(by_route.items()):
        order_actions.delete_some(tx, actor, route_id, track_ids)
    orders.soft_delete(tx, actor, [order for order in deleting if not order.route_id])


def _restore(tx: Tx, actor: Actor, order: Order, change: Change) -> None:
    earlier = change.before or {}
    if order.route_id != earlier.get("route_id"):
        if earlier.get("route_id"):
            key = RouteKey("RouteId", earlier["route_id"])
            routes.put_order(tx, actor, key, OrderKey("TrackId", order.track_id), transfer=True)
        elif order.route_id:
            order_actions.take_off(tx, actor, order.route_id, [order.track_id])
        [order] = order_rows.lock(tx, actor.account.id, [order.track_id])
    orders.save(tx, actor, order, restored(order, earlier), ORDER_UPDATED)


def _remove_route(tx: Tx, actor: Actor, route_id: str) -> str:
    """Delete a route that the import added, if nothing is on it; return why it stays, or empty text."""
    locked = route_rows.lock(tx, actor.account.id, [route_id])
    if not locked:
        return ""
    if locked[0].orders or locked[0].started:
        return f"{locked[0]} has started." if locked[0].started else f"{locked[0]} has orders."
    routes.delete(tx, actor, RouteKey("RouteId", route_id))
    return ""
