"""Optimise a route: read it, search for a better sequence without any lock, then change it.

Locks are taken in the order of `routes/actions.py`: the route, then its orders.
"""

from dataclasses import dataclass
from datetime import datetime

from waybell.accounts.model import Actor
from waybell.db.database import Change, Tx
from waybell.directory import entry_store, fleet_store
from waybell.directory.address_book import Address
from waybell.directory.book_store import open_book
from waybell.directory.entry_kinds import DEPOT, Depot
from waybell.directory.model import VehicleExtended
from waybell.events.outbox import record
from waybell.ground.clock import Moment
from waybell.ground.errors import NotAllowedNow, NotFound, Raced
from waybell.optimizing import planning
from waybell.optimizing.model import Place, better
from waybell.optimizing.planning import Plan, Road, Task
from waybell.optimizing.solver import Solver
from waybell.orders import store as orders_store
from waybell.routes import store
from waybell.routes.event_types import ROUTE_OPTIMIZED, route_event
from waybell.routes.model import Route, RouteKey, header
from waybell.routes.order_changes import OrderChanges


@dataclass(frozen=True)
class OptimizingTools:
    """The parts that optimising needs besides a database."""

    solver: Solver
    road: Road


def optimise(read: Change, change: Change, actor: Actor, key: RouteKey | str, tools: OptimizingTools) -> Plan:
    """Put the open stops of a route in the best sequence found; `key` is a caller's key or our own id.

    `read` and `change` open a transaction each. Raise `NotFound` for an unknown route, `NotAllowedNow` and `Invalid` as
    `planning.task` does, `NotInstalled` and `Busy` as `Solver` does, and `Raced` when the route was changed meanwhile.
    """
    plan = propose(read, actor, key, tools)
    with change() as tx:
        _carry_out(tx, actor, plan)
    return plan


def propose(read: Change, actor: Actor, key: RouteKey | str, tools: OptimizingTools) -> Plan:
    """Return the best sequence found for the open stops of a route, and change nothing; it raises like `optimise`.

    Pinned stops keep their places. A locked route is not optimised.
    """
    tools.solver.check()
    with read() as tx:
        task = _task(tx, actor, key, tools.road)
    proposed = planning.with_pins(task, tools.solver.solve(task.problem))
    return planning.planned(task, better(task.problem, proposed))


def _task(tx: Tx, actor: Actor, key: RouteKey | str, road: Road) -> Task:
    route_id = key if isinstance(key, str) else store.find(tx, actor.account.id, key)
    found = store.get_many(tx, actor.account.id, [route_id]) if route_id else []
    if not found:
        raise NotFound(f"There is no route with {key}.")
    route = found[0]
    if route.locked:
        raise NotAllowedNow(f"{route} is locked. Unlock it on the board first.")
    now = datetime.fromisoformat(Moment(tx.now, actor.account.zone).local)
    return planning.task(route, vehicle_of(tx, actor, route), depot_of(tx, actor, route), road, now)


def vehicle_of(tx: Tx, actor: Actor, route: Route) -> VehicleExtended | None:
    """Return the route's vehicle as the directory knows it, or None."""
    number = route.driver_vehicle
    found = fleet_store.list_vehicles(tx, actor.account.id, number) if number else []
    return found[0] if found else None


def depot_of(tx: Tx, actor: Actor, route: Route) -> Place | None:
    """Return the coordinates of the depot: from the directory by id, else by name, else from the address book."""
    book = open_book(tx, actor.account.id, [(None, route.depot)], [("depot", route.depot_id)])
    named = entry_store.named(tx, actor.account.id, DEPOT, route.depot) if route.depot else []
    for known in (book.entry("depot", route.depot_id), *named, book.find(None, route.depot)):
        if isinstance(known, Depot | Address) and known.lat is not None and known.lon is not None:
            return known.lat, known.lon
    return None


def _carry_out(tx: Tx, actor: Actor, plan: Plan) -> None:
    """Store the plan and record the events of the route and of each changed order, if the plan changes anything."""
    account_id, planned_from = actor.account.id, plan.task.route
    store.lock(tx, account_id, [planned_from.route_id])
    orders_store.lock(tx, account_id, [order.track_id for order in planned_from.orders or []])
    if store.get_many(tx, account_id, [planned_from.route_id]) != [planned_from]:
        raise Raced(f"{planned_from} was changed while it was being optimised. Try again.")
    before = {order.track_id: order for order in planned_from.orders or []}
    pairs = [(before[after.track_id], after) for after in plan.orders]
    if all(now == then for then, now in pairs) and header(plan.route) == header(planned_from):
        return
    store.save(tx, account_id, plan.route)
    changes = OrderChanges(tx, actor)
    changes.save(pairs)
    [made] = store.get_many(tx, account_id, [planned_from.route_id])
    record(tx, route_event(account_id, ROUTE_OPTIMIZED, made))
    changes.record_events(made)
