"""Actions on routes. Each records the events of what it changed.

To avoid deadlocks, locks are taken in one order: the advisory lock on a route's name, then routes by id, then orders by
track id.
"""

from collections.abc import Callable, Sequence

from waybell.accounts.model import Actor
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Tx
from waybell.directory.book_store import open_book
from waybell.events.outbox import record
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, NotFound, Raced
from waybell.ground.ids import new_uuid
from waybell.orders import actions as orders
from waybell.orders import store as orders_store
from waybell.orders.editing import labelled
from waybell.orders.model import Order, OrderKey
from waybell.orders.outcome import Stop, placed
from waybell.orders.requests import NewCustomField, NewOrder
from waybell.routes import model, store
from waybell.routes.directory_facts import equipped
from waybell.routes.event_types import (
    ROUTE_CLOSED,
    ROUTE_CREATED,
    ROUTE_STARTED,
    ROUTE_UPDATED,
    route_deleted,
    route_event,
)
from waybell.routes.model import FIRST_STATUS, FirstStatus, Route, RouteKey
from waybell.routes.moments import became_ready, route_ready
from waybell.routes.order_changes import OrderChanges, lock_orders
from waybell.routes.order_list import drafted, synchronise
from waybell.routes.requests import USUALLY, DriversSequence, How, NewRoute


def add(
    tx: Tx,
    actor: Actor,
    request: NewRoute,
    how: How = USUALLY,
    *,
    first_status: FirstStatus = FIRST_STATUS,
    update: bool = False,
) -> tuple[Route, bool]:
    """Add a route with new orders; return the route, and whether it is new.

    When a route with that Code (or, without a Code, that Id) exists on that day, it is changed as requested if `update`
    is set. Raise `Invalid` if it is not set, and for an unusable request.

    Operation: AddRoute.
    """
    route = model.draft(request, new_uuid(), _moment(tx, actor), first_status)
    key = RouteKey("Code", route.code) if route.code else RouteKey("Id", route.id or "")
    take_lock(tx, "route", actor.account.id, key.value, route.date)
    there = store.find(tx, actor.account.id, key, route.date)
    if there is None:
        return _create(tx, actor, route, request, how), True
    if not update:
        raise Invalid(f"There is a route with {key} on {route.date[:10]} already. Send update=true to change it.")
    return _change(tx, actor, _lock(tx, actor, there, key), request, how), False


def _create(tx: Tx, actor: Actor, route: Route, request: NewRoute, how: How) -> Route:
    route = equipped(tx, actor, route, request, how.driver_password)
    store.insert(tx, actor.account.id, route)
    new = drafted(tx, actor, route, list(enumerate(request.orders or [])), how)
    new = model.in_sequence(route, new, _moment(tx, actor).local, merge=how.merge)
    changes = OrderChanges(tx, actor)
    changes.insert(new)
    made = _read(tx, actor, route.route_id)
    record(tx, route_event(actor.account.id, ROUTE_CREATED, made))
    if became_ready(None, made):
        record(tx, route_ready(actor.account.id, made, tx.now))
    changes.record_events(made)
    return made


def change(tx: Tx, actor: Actor, key: RouteKey, request: NewRoute, how: How = USUALLY) -> Route:
    """Change the header of a route; when the request has a list of orders, make it the orders of the route.

    Orders that the list leaves out are unscheduled, not deleted. Raise `NotFound` for an unknown route, `Invalid` for
    an unusable request, and `NotAllowedNow` when orders would change on a closed route.

    Operations: UpdateRouteByCode, UpdateRouteById.
    """
    found = _find(tx, actor, key)
    if request.code or request.date:
        # The name may change, so lock the new name before any row is locked.
        for now in store.get_many(tx, actor.account.id, [found]):
            wanted = model.edited(now, request, _moment(tx, actor))
            take_lock(tx, "route", actor.account.id, wanted.code, wanted.date)
    locked = _lock(tx, actor, found, key)
    return _change(tx, actor, locked, request, how)


def _change(tx: Tx, actor: Actor, before: Route, request: NewRoute, how: How) -> Route:
    after = equipped(tx, actor, model.edited(before, request, _moment(tx, actor)), request, how.driver_password)
    if (after.code, after.date) != (before.code, before.date) and after.code:
        other = store.find(tx, actor.account.id, RouteKey("Code", after.code), after.date)
        if other not in (None, before.route_id):
            raise Invalid(f"Code: there is another route with Code {after.code} on {after.date[:10]}")
    changed = model.header(after) != model.header(before)
    if changed:
        store.save(tx, actor.account.id, after)
    changes = OrderChanges(tx, actor)
    if request.orders is not None:
        changes = synchronise(tx, actor, before, after, request.orders, how)
    elif after.date != before.date:
        now = lock_orders(tx, actor, after)
        changes.save(list(zip(now.orders or [], model.moved_along(before.date, now), strict=True)))
    made = _read(tx, actor, before.route_id)
    if changed or _stops(made) != _stops(before):
        record(tx, route_event(actor.account.id, ROUTE_UPDATED, made))
    changes.record_events(made)
    return made


def _stops(route: Route) -> list[tuple[str, int | None]]:
    """Return the orders on the route with their stop numbers."""
    return [(order.track_id, order.seq_number) for order in route.orders or []]


def delete(tx: Tx, actor: Actor, key: RouteKey, *, with_orders: bool = True) -> Route:
    """Delete a route; the orders are deleted too, or unscheduled.

    Raise `NotFound` for an unknown route, and `Invalid` when an order of the route has an outcome already.

    Operations: DeleteRouteByCode, DeleteRouteById.
    """
    route = lock_orders(tx, actor, _lock(tx, actor, _find(tx, actor, key), key))
    model.check_deletable(route)
    locked = route.orders or []
    changes = OrderChanges(tx, actor)
    if with_orders:
        orders.soft_delete(tx, actor, locked)
    else:
        when = _moment(tx, actor).local
        changes.save([(order, placed(order, None, when)) for order in locked])
    store.soft_delete(tx, actor.account.id, route.route_id, actor.name)
    record(tx, route_deleted(actor.account.id, route))
    changes.record_events()
    return route


def get(tx: Tx, actor: Actor, key: RouteKey) -> Route:
    """Return the newest route with this key.

    Raise `NotFound` when there is none.

    Operations: GetRouteByCode, GetRouteById.
    """
    return _read(tx, actor, _find(tx, actor, key))


def change_custom_fields(tx: Tx, actor: Actor, key: RouteKey, fields: Sequence[NewCustomField]) -> Route:
    """Set these custom fields, and leave the others as they are.

    Raise `NotFound` for an unknown route, and `Invalid` for an unusable field.

    Operations: UpdateRouteCustomValuesByCode, UpdateRouteCustomValuesById.
    """
    book = open_book(tx, actor.account.id, [], [("custom_field", field.id) for field in fields])

    def rule(route: Route) -> Route:
        after = model.with_custom_fields(route, fields)
        return after.model_copy(update={"custom_fields": labelled(after.custom_fields, book)})

    return _apply(tx, actor, key, rule, ROUTE_UPDATED)


def make_ready(tx: Tx, actor: Actor, key: RouteKey) -> Route:
    """Let the driver see the route.

    Raise `NotFound` for an unknown route, and `Invalid` when it has started.

    Operations: SetRouteReadyByCode, SetRouteReadyById.
    """
    return _apply(tx, actor, key, model.made_ready, ROUTE_UPDATED)


def start(tx: Tx, actor: Actor, key: RouteKey, status_date: str | None = None) -> Route:
    """Start a route, whose orders are then in progress.

    `status_date` is a text that `wire.model.local_time` reads; None stands for now in UTC. Raise `NotFound` for an
    unknown route, and `Invalid` when it has started before.

    Operations: StartRouteByCode, StartRouteById.
    """
    return _apply(tx, actor, key, lambda route: model.started(route, status_date, _moment(tx, actor)), ROUTE_STARTED)


def close(tx: Tx, actor: Actor, key: RouteKey, status_date: str | None = None) -> Route:
    """Close a route; the outcomes of the orders stay.

    `status_date` is that of `start`. Raise `NotFound` for an unknown route, and `Invalid` for a closed route.

    Operations: CloseRouteByCode, CloseRouteById.
    """
    return _apply(tx, actor, key, lambda route: model.closed(route, status_date, _moment(tx, actor)), ROUTE_CLOSED)


def _apply(tx: Tx, actor: Actor, key: RouteKey, rule: Callable[[Route], Route], event_type: str) -> Route:
    before = _lock(tx, actor, _find(tx, actor, key), key)
    after = rule(before)
    if after == before:
        return before
    store.save(tx, actor.account.id, after)
    changes = OrderChanges(tx, actor)
    if event_type == ROUTE_STARTED:
        when = after.start_date or ""
        on_it = lock_orders(tx, actor, before).orders or []
        stops = [(order, Stop(after.route_id, order.seq_number or 0, after.status)) for order in on_it]
        changes.save([(order, placed(order, stop, when)) for order, stop in stops])
    made = _read(tx, actor, before.route_id)
    record(tx, route_event(actor.account.id, event_type, made))
    if became_ready(before, made):
        record(tx, route_ready(actor.account.id, made, tx.now))
    changes.record_events(made)
    return made


def set_drivers_sequence(tx: Tx, actor: Actor, key: RouteKey, request: DriversSequence) -> Route:
    """Note the sequence in which the driver takes the stops that are left; the planned one stays.

    Raise `NotFound` for an unknown route, `NotAllowedNow` for a closed one, and `Invalid` for an order that is not on
    it.
    """
    route = _lock(tx, actor, _find(tx, actor, key), key)
    model.check_open(route)
    route = lock_orders(tx, actor, route)
    changes = OrderChanges(tx, actor)
    changes.save(list(zip(route.orders or [], model.in_drivers_sequence(route, request.orders or []), strict=True)))
    changes.record_events()
    return route


def add_order(
    tx: Tx, actor: Actor, key: RouteKey, request: NewOrder, *, overwrite_gps: bool = False, merge: bool = True
) -> Order:
    """Add a new order at the end of a route.

    Raise `NotFound` for an unknown route, `NotAllowedNow` for a closed one, and `Invalid` for an unusable order.

    Operations: AddOrderToRouteByCode, AddOrderToRouteById.
    """
    [made] = add_orders(tx, actor, key, [request], overwrite_gps=overwrite_gps, merge=merge)
    if isinstance(made, Invalid):
        raise made
    return made


def add_orders(
    tx: Tx,
    actor: Actor,
    key: RouteKey,
    requests: Sequence[NewOrder],
    *,
    overwrite_gps: bool = False,
    merge: bool = True,
) -> list[Order | Invalid]:
    """Add new orders at the end of a route, with one event of the route; return each order, or the refusal.

    Raise `NotFound` for an unknown route, `NotAllowedNow` for a closed one, and `Invalid` when it would have too many
    orders.
    """
    route = _lock(tx, actor, _find(tx, actor, key), key)
    model.check_open(route)
    drafted = orders.draft(tx, actor, requests, overwrite_gps=overwrite_gps, route=route.span)
    new = [order for order in drafted if isinstance(order, Order)]
    if not new:
        return drafted
    changes = OrderChanges(tx, actor)
    changes.insert(model.appended(route, new, _moment(tx, actor).local, merge=merge))
    made = _read(tx, actor, route.route_id)
    record(tx, route_event(actor.account.id, ROUTE_UPDATED, made))
    changes.record_events(made)
    by_id = {order.track_id: order for order in made.orders or []}
    return [by_id[order.track_id] if isinstance(order, Order) else order for order in drafted]


def put_order(
    tx: Tx, actor: Actor, key: RouteKey, order_key: OrderKey, *, transfer: bool = False, reschedule: bool = False
) -> Route:
    """Put an existing order at the end of a route, from another route only if `transfer` is set.

    When a delivery and a collection have this key, the one that is on no route yet is meant. `reschedule` allows
    another attempt at a failed order. Raise `NotFound` for an unknown order or route, `NotAllowedNow` as `model.moved`
    does, and `Raced` when another transaction changed the order or the route meanwhile.

    Operations: MoveOrderToRouteByCodeByNumber, MoveOrderToRouteByCodeById, MoveOrderToRouteByIdByNumber,
    MoveOrderToRouteByIdById.
    """
    route_id = _find(tx, actor, key)
    found = orders_store.find(tx, actor.account.id, order_key)
    if found is None:
        raise NotFound(f"There is no order with {order_key}.")
    if found.route_id or found.finished:
        found = orders_store.find_waiting(tx, actor.account.id, order_key, beside=found.type) or found
    both = [route_id] if found.route_id in (None, route_id) else [route_id, found.route_id or ""]
    held = {one.route_id: one for one in store.lock(tx, actor.account.id, both)}
    route, source = held.get(route_id), held.get(found.route_id or "")
    beside = [order.track_id for order in source.orders or []] if source else []
    locked = orders_store.lock(tx, actor.account.id, list({found.track_id, *beside}))
    before = next((order for order in locked if order.track_id == found.track_id), None)
    if route is None or before is None or before.route_id != found.route_id:
        raise Raced(f"{found} or {key} was changed at the same moment. Try again.")
    when = _moment(tx, actor).local
    after = model.moved(before, route, when, source=source, transfer=transfer, reschedule=reschedule)
    if after == before:
        return route
    changes = OrderChanges(tx, actor)
    changes.save([(before, after)])
    changes.close_up([order for order in locked if order is not before])
    for one in store.get_many(tx, actor.account.id, both):
        record(tx, route_event(actor.account.id, ROUTE_UPDATED, one))
    changes.record_events()
    return route


def _find(tx: Tx, actor: Actor, key: RouteKey) -> str:
    found = store.find(tx, actor.account.id, key)
    if found is None:
        raise NotFound(f"There is no route with {key}.")
    return found


def _lock(tx: Tx, actor: Actor, route_id: str, key: RouteKey) -> Route:
    locked = store.lock(tx, actor.account.id, [route_id])
    if not locked:
        raise NotFound(f"There is no route with {key}.")
    return locked[0]


def _read(tx: Tx, actor: Actor, route_id: str) -> Route:
    [route] = store.get_many(tx, actor.account.id, [route_id])
    return route


def _moment(tx: Tx, actor: Actor) -> Moment:
    return Moment(tx.now, actor.account.zone)
