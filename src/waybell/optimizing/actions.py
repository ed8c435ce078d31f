"""Optimise a route: read it, search for a better sequence without any lock, then change it.

Locks are taken in the order of `routes/actions.py`: the route, then its orders.
"""

from dataclasses import dataclass
from datetime import datetime

from waybell.accounts.model import Actor
from waybell.db.database import Change, Tx
from waybell.events.outbox import record
from waybell.ground.clock import Moment
from waybell.ground.errors import NotAllowedNow, NotFound, Raced
from waybell.optimizing import places, planning
from waybell.optimizing.model import better
from waybell.optimizing.planning import Plan, Road, Task
from waybell.optimizing.solver import Solver
from waybell.orders import store as orders_store
from waybell.routes import store
from waybell.routes.event_types import ROUTE_OPTIMIZED, route_event
from waybell.routes.model import RouteKey, header, steady
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
    account_id = actor.account.id
    vehicle = places.vehicle_of(tx, account_id, route.driver_vehicle)
    return planning.task(route, vehicle, places.depot_of(tx, account_id, route.depot_id, route.depot), road, now)


def _carry_out(tx: Tx, actor: Actor, plan: Plan) -> None:
    """Store the plan and record the events of the route and of each changed order, if the plan changes anything."""
    account_id, planned_from = actor.account.id, plan.task.route
    store.lock(tx, account_id, [planned_from.route_id])
    orders_store.lock(tx, account_id, [order.track_id for order in planned_from.orders or []])
    if [steady(route) for route in store.get_many(tx, account_id, [planned_from.route_id])] != [steady(planned_from)]:
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
