"""The orders that an action on a route adds and changes: stored at once, with their events at the end of the action."""

from collections.abc import Sequence

from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.events.outbox import record
from waybell.ground.clock import Moment
from waybell.orders import store
from waybell.orders.event_types import ORDER_CREATED, ORDER_STATUS_UPDATED, ORDER_UPDATED, order_event
from waybell.orders.model import Order, stamped
from waybell.orders.moments import moment_event, moments
from waybell.routes import store as route_rows
from waybell.routes.model import Route, closed_up


class OrderChanges:
    """The changed orders of one action in one transaction."""

    def __init__(self, tx: Tx, actor: Actor) -> None:
        self._tx, self._actor = tx, actor
        self._created: list[str] = []
        self._updated: list[str] = []
        self._status: list[str] = []
        self._moments: list[tuple[str, str]] = []  # the opt-in event types, each with the order

    def insert(self, new: Sequence[Order]) -> None:
        store.insert(self._tx, self._actor.account.id, new)
        self._created += [order.track_id for order in new]
        self._check_room([(None, order) for order in new])
        self._note_routes([(None, order) for order in new])

    def save(self, pairs: Sequence[tuple[Order, Order]]) -> None:
        """Write the orders that differ from before."""
        moment = Moment(self._tx.now, self._actor.account.zone)
        changed = [(before, stamped(after, moment)) for before, after in pairs if before != after]
        store.save(self._tx, self._actor.account.id, changed)
        for before, after in changed:
            self._note(stamped(before, moment), after)
        self._check_room(changed)
        self._note_routes(changed)

    def _note_routes(self, changed: Sequence[tuple[Order | None, Order]]) -> None:
        """Give a new version to the routes whose set or sequence of orders changes."""
        pairs = [(_place(before), _place(after)) for before, after in changed]
        routes = {route_id for pair in pairs if pair[0] != pair[1] for route_id, _ in pair if route_id}
        route_rows.note_new_sequence(self._tx, self._actor.account.id, routes)

    def _check_room(self, changed: Sequence[tuple[Order | None, Order]]) -> None:
        """Raise `Invalid` when a route has grown beyond its limits; a route beyond them may still shrink."""
        grown = {after.route_id for before, after in changed if after.route_id and not _stayed(before, after)}
        store.check_room(self._tx, self._actor.account.id, grown)

    def close_up(self, locked: Sequence[Order]) -> None:
        """Renumber the stops of the orders that are left on a route, without gaps."""
        self.save(list(zip(locked, closed_up(locked), strict=True)))

    def _note(self, before: Order, after: Order) -> None:
        """Note the events of a change: one for the status, another for anything else."""
        if before.status_id != after.status_id:
            self._status.append(after.track_id)
        if after.model_copy(update={n: getattr(before, n) for n in ("status_id", "status", "status_date")}) != before:
            self._updated.append(after.track_id)
        self._moments += [(name, after.track_id) for name in moments(before, after)]

    def record_events(self, *routes: Route) -> None:
        """Record the events, each with the present state of its order.

        Orders are taken from `routes`, which were read after the change; the others are read here. Reading a route
        takes a while, because it may have hundreds of orders with thousands of lines.
        """
        now = {order.track_id: order for route in routes for order in route.orders or []}
        ids = {*self._created, *self._updated, *self._status} - now.keys()
        now |= {order.track_id: order for order in store.get_many(self._tx, self._actor.account.id, sorted(ids))}
        for event_type, track_ids in (
            (ORDER_CREATED, self._created),
            (ORDER_UPDATED, self._updated),
            (ORDER_STATUS_UPDATED, self._status),
        ):
            for track_id in dict.fromkeys(track_ids):
                record(self._tx, order_event(self._actor.account.id, event_type, now[track_id]))
        for name, track_id in dict.fromkeys(self._moments):
            record(self._tx, moment_event(self._actor.account.id, name, now[track_id], self._tx.now))


def _place(order: Order | None) -> tuple[str | None, int | None]:
    return (order.route_id, order.seq_number) if order else (None, None)


def _stayed(before: Order | None, after: Order) -> bool:
    """Return whether an order stayed on its route without gaining lines."""
    same_route = before is not None and before.route_id == after.route_id
    return same_route and len(after.goods_list or ()) <= len((before and before.goods_list) or ())


def lock_orders(tx: Tx, actor: Actor, route: Route) -> Route:
    """Lock the orders of a locked route, and return the route with their present state, in its sequence."""
    track_ids = [order.track_id for order in route.orders or []]
    locked = {order.track_id: order for order in store.lock(tx, actor.account.id, track_ids)}
    return route.model_copy(update={"orders": [locked[track_id] for track_id in track_ids]})
