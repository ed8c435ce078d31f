"""Proposing a better sequence of a route: what it would bring, before anybody decides. Nothing is stored."""

from typing import Any

from waybell.accounts.model import Actor
from waybell.board import finding
from waybell.board.lean import shown_version
from waybell.db.database import Change
from waybell.ground.errors import NotFound
from waybell.optimizing.actions import OptimizingTools
from waybell.optimizing.actions import propose as propose_plan
from waybell.optimizing.planning import Plan, planned
from waybell.optimizing.wording import in_words


def propose(read: Change, actor: Actor, short_id: str, tools: OptimizingTools) -> dict[str, Any]:
    """Return the proposal for a route, with the versions on which it stands.

    Raise `NotFound` for an unknown route, and the errors of `optimizing.actions.propose`.
    """
    account_id = actor.account.id
    with read() as tx:
        route_id = finding.route_ids(tx, account_id, [short_id]).get(short_id)
        expected = finding.marks_of_routes(tx, account_id, [short_id])
    if route_id is None:
        raise NotFound(f"There is no route {short_id} here. It may have been deleted.")
    plan = propose_plan(read, actor, route_id, tools)
    sequence = [order.track_id for order in plan.orders]
    with read() as tx:
        ids = finding.short_ids(tx, account_id, sequence, [])
    before = planned(plan.task, plan.before)
    return {
        "Proposal": {
            "Before": _figures(before),
            "After": _figures(plan),
            "Sequence": [ids[one] for one in sequence if one in ids],
            "Differs": plan.before != plan.after,
        },
        "Expected": {one: shown_version(marks.version) for one, marks in expected.items()},
        "Text": in_words(plan, tools.road),
    }


def _figures(plan: Plan) -> dict[str, Any]:
    late = plan.late
    return {
        "Km": round((plan.task.driven + plan.after.metres) / 1000, 1),
        "Minutes": round(plan.after.seconds / 60),
        "Late": len(late),
        "LateMinutes": round(sum(seconds for _, seconds in late) / 60),
        "Cost": plan.route.cost_plan,
    }
