"""What can be done with routes: one function for each thing, each recording the events of what it changed.

Locks are taken in one order: the turn on a route's name, routes by their ids, orders by their track ids.
"""

from collections.abc import Callable, Sequence

from waybell.accounts.model import Actor
from waybell.clock import Moment
from waybell.db.database import Tx
from waybell.db.turns import take_turn
from waybell.directory import actions as directory
from waybell.directory import fleet
from waybell.directory.kinds import KindName
from waybell.directory.model import Vehicle
from waybell.directory.store import open_book, save_book
from waybell.errors import Conflict, Invalid, NotFound
from waybell.events.outbox import record
from waybell.ids import new_uuid
from waybell.orders import actions as orders
from waybell.orders import store as orders_store
from waybell.orders.editing import labelled
from waybell.orders.event_types import ORDER_CREATED, ORDER_STATUS_UPDATED, ORDER_UPDATED, order_event
from waybell.orders.model import Order, OrderKey, stamped
from waybell.orders.outcome import Stop, placed
from waybell.orders.requests import NewCustomField, NewOrder
from waybell.routes import model, store
from waybell.routes.event_types import (
    ROUTE_CLOSED,
    ROUTE_CREATED,
    ROUTE_STARTED,
    ROUTE_UPDATED,
    route_deleted,
    route_event,
)
from waybell.routes.model import FIRST_STATUS, FirstStatus, Route, RouteKey
from waybell.routes.requests import NewRoute


def add(
    tx: Tx,
    actor: Actor,
    request: NewRoute,
    *,
    first_status: FirstStatus = FIRST_STATUS,
    update: bool = False,
    overwrite_gps: bool = False,
    overwrite_price: bool = False,
    merge: bool = True,
) -> tuple[Route, bool]:
    """A new route with its orders, which are new too. Answers the route, and whether it is new.

    With `merge` orders with one address share a stop; the other flags as in `orders.actions.draft`.
    A route with that Code (or, without one, that Id) on that day is brought in line with the request when `update`,
    else it raises `Invalid`, as it does for what is wrong with the request.

    Operation: AddRoute.
    """
    route = model.draft(request, new_uuid(), _moment(tx, actor), first_status)
    key = RouteKey("Code", route.code) if route.code else RouteKey("Id", route.id or "")
    take_turn(tx, "route", actor.account.id, key.value, route.date)
    there = store.find(tx, actor.account.id, key, route.date)
    if there is None:
        made = _create(
            tx, actor, route, request, overwrite_gps=overwrite_gps, overwrite_price=overwrite_price, merge=merge
        )
        return made, True
    if not update:
        raise Invalid(f"There is a route with {key} on {route.date[:10]} already. Send update=true to change it.")
    locked = _lock(tx, actor, there, key)
    changed = _change(
        tx, actor, locked, request, overwrite_gps=overwrite_gps, overwrite_price=overwrite_price, merge=merge
    )
    return changed, False


def _create(
    tx: Tx, actor: Actor, route: Route, request: NewRoute, *, overwrite_gps: bool, overwrite_price: bool, merge: bool
) -> Route:
    route = _equipped(tx, actor, route, request)
    store.insert(tx, actor.account.id, route)
    new = _drafted(tx, actor, request.orders or [], overwrite_gps=overwrite_gps, overwrite_price=overwrite_price)
    new = model.in_sequence(route, new, _moment(tx, actor).local, merge=merge)
    orders_store.insert(tx, actor.account.id, new)
    made = _read(tx, actor, route.route_id)
    record(tx, route_event(actor.account.id, ROUTE_CREATED, made))
    _tell(tx, actor, made.orders or [], ORDER_CREATED)
    return made


def change(
    tx: Tx, actor: Actor, key: RouteKey, request: NewRoute, *, overwrite_gps: bool = False, merge: bool = True
) -> Route:
    """Change what the request says of the route's header; its orders become those of the request when it has any list.

    Orders that are no more in the list are unscheduled, not deleted. Raises `NotFound`, `Invalid`, and
    `NotAllowedNow` when orders should change on a closed route.

    Operations: UpdateRouteByCode, UpdateRouteById.
    """
    found = _find(tx, actor, key)
    if request.code or request.date:
        # The name may change: wait for whoever makes a route of that name, before any row is locked.
        for now in store.get_many(tx, actor.account.id, [found]):
            wanted = model.edited(now, request, _moment(tx, actor))
            take_turn(tx, "route", actor.account.id, wanted.code, wanted.date)
    locked = _lock(tx, actor, found, key)
    return _change(tx, actor, locked, request, overwrite_gps=overwrite_gps, merge=merge)


def _change(
    tx: Tx,
    actor: Actor,
    before: Route,
    request: NewRoute,
    *,
    overwrite_gps: bool,
    merge: bool,
    overwrite_price: bool = False,
) -> Route:
    after = _equipped(tx, actor, model.edited(before, request, _moment(tx, actor)), request)
    if (after.code, after.date) != (before.code, before.date) and after.code:
        other = store.find(tx, actor.account.id, RouteKey("Code", after.code), after.date)
        if other not in (None, before.route_id):
            raise Invalid(f"Code: there is another route with Code {after.code} on {after.date[:10]}")
    changed = model.header(after) != model.header(before)
    if changed:
        store.save(tx, actor.account.id, after)
    told = _OrderChanges()
    if request.orders is not None:
        told = _synchronise(
            tx,
            actor,
            after,
            request.orders,
            overwrite_gps=overwrite_gps,
            overwrite_price=overwrite_price,
            merge=merge,
        )
    made = _read(tx, actor, before.route_id)
    if changed or _stops(made) != _stops(before):
        record(tx, route_event(actor.account.id, ROUTE_UPDATED, made))
    told.tell(tx, actor)
    return made


def _stops(route: Route) -> list[tuple[str, int | None]]:
    """Which orders are on the route, in which sequence."""
    return [(order.track_id, order.seq_number) for order in route.orders or []]


class _OrderChanges:
    """Which orders were made and changed, to be told once their route is as it will be."""

    def __init__(self) -> None:
        self.created: list[str] = []
        self.updated: list[str] = []
        self.status: list[str] = []

    def note(self, before: Order, after: Order) -> None:
        """A change of the status is told by itself; a change of anything else as an update."""
        if before.status_id != after.status_id:
            self.status.append(after.track_id)
        if after.model_copy(update={n: getattr(before, n) for n in ("status_id", "status", "status_date")}) != before:
            self.updated.append(after.track_id)

    def tell(self, tx: Tx, actor: Actor) -> None:
        ids = {*self.created, *self.updated, *self.status}
        now = {order.track_id: order for order in orders_store.get_many(tx, actor.account.id, sorted(ids))}
        for event_type, track_ids in (
            (ORDER_CREATED, self.created),
            (ORDER_UPDATED, self.updated),
            (ORDER_STATUS_UPDATED, self.status),
        ):
            _tell(tx, actor, [now[track_id] for track_id in track_ids], event_type)


def _synchronise(
    tx: Tx,
    actor: Actor,
    route: Route,
    requests: Sequence[NewOrder],
    *,
    overwrite_gps: bool,
    overwrite_price: bool,
    merge: bool,
) -> _OrderChanges:
    """The route's orders become those requested: matched ones are changed, new ones made, others unscheduled."""
    when = _moment(tx, actor).local
    now = _lock_orders(tx, actor, route)
    by_id = {order.track_id: order for order in now.orders or []}
    plan = model.synchronised(now, requests)
    if any(match is None for match, _ in plan.sequence) or plan.leaving:
        model.check_open(route)
    new = _drafted(
        tx,
        actor,
        [request for match, request in plan.sequence if match is None],
        overwrite_gps=overwrite_gps,
        overwrite_price=overwrite_price,
    )
    open_pairs = [(match, request) for match, request in plan.sequence if match and not match.finished]
    edited = orders.edit(tx, actor, open_pairs, overwrite_gps=overwrite_gps, overwrite_price=overwrite_price)
    after = {order.track_id: order for order in edited}
    making = iter(new)
    wanted = [next(making) if match is None else after.get(match.track_id, match) for match, _ in plan.sequence]
    staying = [order for order in now.orders or [] if order.finished and order not in wanted]
    sequence = model.in_sequence(route, [*staying, *wanted], when, merge=merge)
    leaving = [placed(order, None, when) for order in plan.leaving]

    told = _OrderChanges()
    orders_store.insert(tx, actor.account.id, [order for order in sequence if order.track_id not in by_id])
    told.created = [order.track_id for order in sequence if order.track_id not in by_id]
    pairs = [(by_id[order.track_id], order) for order in [*sequence, *leaving] if order.track_id in by_id]
    _save(tx, actor, pairs, told)
    return told


def _save(tx: Tx, actor: Actor, pairs: Sequence[tuple[Order, Order]], told: _OrderChanges) -> None:
    """Write those pairs of before and after that differ, and note what is to be told of them."""
    changed = [(before, stamped(after, _moment(tx, actor))) for before, after in pairs if before != after]
    orders_store.save(tx, actor.account.id, changed)
    for before, after in changed:
        told.note(stamped(before, _moment(tx, actor)), after)


def delete(tx: Tx, actor: Actor, key: RouteKey, *, with_orders: bool = True) -> Route:
    """Delete a route, and its orders with it or else unscheduled.

    Raises `NotFound`, and `Invalid` when one of its orders was carried out or rejected already.

    Operations: DeleteRouteByCode, DeleteRouteById.
    """
    route = _lock_orders(tx, actor, _lock(tx, actor, _find(tx, actor, key), key))
    model.check_deletable(route)
    locked = route.orders or []
    told = _OrderChanges()
    if with_orders:
        orders.bury(tx, actor, locked)
    else:
        when = _moment(tx, actor).local
        _save(tx, actor, [(order, placed(order, None, when)) for order in locked], told)
    store.bury(tx, actor.account.id, route.route_id, actor.name)
    record(tx, route_deleted(actor.account.id, route))
    told.tell(tx, actor)
    return route


def get(tx: Tx, actor: Actor, key: RouteKey) -> Route:
    """The newest route with this key. Raises `NotFound`.

    Operations: GetRouteByCode, GetRouteById.
    """
    return _read(tx, actor, _find(tx, actor, key))


def change_custom_fields(tx: Tx, actor: Actor, key: RouteKey, fields: Sequence[NewCustomField]) -> Route:
    """Set these custom fields, and leave the others as they are. Raises `NotFound` and `Invalid`.

    Operations: UpdateRouteCustomValuesByCode, UpdateRouteCustomValuesById.
    """
    book = open_book(tx, actor.account.id, [], [("custom_field", field.id) for field in fields])

    def rule(route: Route) -> Route:
        after = model.with_custom_fields(route, fields)
        return after.model_copy(update={"custom_fields": labelled(after.custom_fields, book)})

    return _apply(tx, actor, key, rule, ROUTE_UPDATED)


def make_ready(tx: Tx, actor: Actor, key: RouteKey) -> Route:
    """Let the driver see the route. Raises `NotFound`, and `Invalid` once it has started.

    Operations: SetRouteReadyByCode, SetRouteReadyById.
    """
    return _apply(tx, actor, key, model.made_ready, ROUTE_UPDATED)


def start(tx: Tx, actor: Actor, key: RouteKey, status_date: str | None = None) -> Route:
    """Send the route off: its orders are in progress. Raises `NotFound`, and `Invalid` when it has started before.

    `status_date` is a local time as `wire.local_time` reads it; None stands for now in UTC.

    Operations: StartRouteByCode, StartRouteById.
    """
    return _apply(tx, actor, key, lambda route: model.started(route, status_date, _moment(tx, actor)), ROUTE_STARTED)


def close(tx: Tx, actor: Actor, key: RouteKey, status_date: str | None = None) -> Route:
    """End the route; what came of its orders stays. Raises `NotFound`, and `Invalid` when it is closed already.

    `status_date` as for `start`.

    Operations: CloseRouteByCode, CloseRouteById.
    """
    return _apply(tx, actor, key, lambda route: model.closed(route, status_date, _moment(tx, actor)), ROUTE_CLOSED)


def _apply(tx: Tx, actor: Actor, key: RouteKey, rule: Callable[[Route], Route], event_type: str) -> Route:
    before = _lock(tx, actor, _find(tx, actor, key), key)
    after = rule(before)
    if after == before:
        return before
    store.save(tx, actor.account.id, after)
    told = _OrderChanges()
    if event_type == ROUTE_STARTED:
        when = after.start_date or ""
        on_it = _lock_orders(tx, actor, before).orders or []
        stops = [(order, Stop(after.route_id, order.seq_number or 0, after.status)) for order in on_it]
        _save(tx, actor, [(order, placed(order, stop, when)) for order, stop in stops], told)
    made = _read(tx, actor, before.route_id)
    record(tx, route_event(actor.account.id, event_type, made))
    told.tell(tx, actor)
    return made


def add_order(
    tx: Tx, actor: Actor, key: RouteKey, request: NewOrder, *, overwrite_gps: bool = False, merge: bool = True
) -> Order:
    """A new order at the end of a route. Raises `NotFound`, `NotAllowedNow` for a closed route, and `Invalid`.

    Operations: AddOrderToRouteByCode, AddOrderToRouteById.
    """
    route = _lock(tx, actor, _find(tx, actor, key), key)
    model.check_open(route)
    [drafted] = orders.draft(tx, actor, [request], overwrite_gps=overwrite_gps)
    if isinstance(drafted, Invalid):
        raise drafted
    new = model.appended(route, [drafted], _moment(tx, actor).local, merge=merge)
    orders_store.insert(tx, actor.account.id, new)
    record(tx, route_event(actor.account.id, ROUTE_UPDATED, _read(tx, actor, route.route_id)))
    [order] = orders_store.get_many(tx, actor.account.id, [drafted.track_id])
    _tell(tx, actor, [order], ORDER_CREATED)
    return order


def put_order(
    tx: Tx, actor: Actor, key: RouteKey, order_key: OrderKey, *, transfer: bool = False, reschedule: bool = False
) -> Route:
    """Put an order that exists at the end of a route, from another route only when `transfer`.

    `reschedule` lets a failed order be tried again. Raises `NotFound` and `NotAllowedNow` (see `model.moved`).

    Operations: MoveOrderToRouteByCodeByNumber, MoveOrderToRouteByCodeById, MoveOrderToRouteByIdByNumber,
    MoveOrderToRouteByIdById.
    """
    route_id = _find(tx, actor, key)
    found = orders_store.find(tx, actor.account.id, order_key)
    if found is None:
        raise NotFound(f"There is no order with {order_key}.")
    both = [route_id] if found.route_id in (None, route_id) else [route_id, found.route_id or ""]
    route = next((one for one in store.lock(tx, actor.account.id, both) if one.route_id == route_id), None)
    locked = orders_store.lock(tx, actor.account.id, [found.track_id])
    if route is None or not locked or locked[0].route_id != found.route_id:
        raise Conflict(f"{found} or {key} was changed at the same moment. Try again.")
    when = _moment(tx, actor).local
    after = model.moved(locked[0], route, when, transfer=transfer, reschedule=reschedule)
    told = _OrderChanges()
    _save(tx, actor, [(locked[0], after)], told)
    changed = store.get_many(tx, actor.account.id, both) if after != locked[0] else []
    for one in changed:
        record(tx, route_event(actor.account.id, ROUTE_UPDATED, one))
    told.tell(tx, actor)
    return route


def _equipped(tx: Tx, actor: Actor, route: Route, request: NewRoute) -> Route:
    """The route with its driver, vehicle and depot as the directory knows them; an unknown driver is made."""
    named: list[tuple[KindName, str | None]] = [("depot", request.depot_id)]
    named += [("custom_field", field.id) for field in request.custom_fields or []]
    book = open_book(tx, actor.account.id, [], named)
    found: dict[str, object] = {}
    if request.custom_fields is not None:
        found["custom_fields"] = labelled(route.custom_fields, book)
    if request.depot_id:
        found["depot"] = book.name("depot", request.depot_id, request.depot) or route.depot
        save_book(tx, actor.account.id, book)
    if request.driver_login:
        driver = directory.driver_for_route(
            tx, actor, request.driver_login, request.driver_name, request.driver_password
        )
        found |= {
            "driver_id": driver.id,
            "driver_login": driver.username,
            "driver_name": driver.name,
            "driver_number": driver.number,
            "driver_vehicle": route.driver_vehicle or driver.vehicle,
        }
    if request.driver_vehicle and request.vehicle is None:
        known = fleet.list_vehicles(tx, actor.account.id, request.driver_vehicle)
        found["vehicle"] = (
            Vehicle(**{name: getattr(known[0], name) for name in Vehicle.model_fields}) if known else None
        )
    return route.model_copy(update=found)


def _drafted(
    tx: Tx, actor: Actor, requests: Sequence[NewOrder], *, overwrite_gps: bool, overwrite_price: bool
) -> list[Order]:
    """New orders for a route, all of them or `Invalid` naming the first that cannot be."""
    drafted = orders.draft(tx, actor, requests, overwrite_gps=overwrite_gps, overwrite_price=overwrite_price)
    for at, order in enumerate(drafted):
        if isinstance(order, Invalid):
            raise Invalid("\n".join(f"Orders[{at}].{line}" for line in str(order).splitlines()))
    return [order for order in drafted if isinstance(order, Order)]


def _tell(tx: Tx, actor: Actor, about: Sequence[Order], event_type: str) -> None:
    for order in about:
        record(tx, order_event(actor.account.id, event_type, order))


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


def _lock_orders(tx: Tx, actor: Actor, route: Route) -> Route:
    """The locked route with its orders locked too, as they are then, in its sequence."""
    track_ids = [order.track_id for order in route.orders or []]
    locked = {order.track_id: order for order in orders_store.lock(tx, actor.account.id, track_ids)}
    return route.model_copy(update={"orders": [locked[track_id] for track_id in track_ids]})


def _read(tx: Tx, actor: Actor, route_id: str) -> Route:
    [route] = store.get_many(tx, actor.account.id, [route_id])
    return route


def _moment(tx: Tx, actor: Actor) -> Moment:
    return Moment(tx.now, actor.account.zone)
