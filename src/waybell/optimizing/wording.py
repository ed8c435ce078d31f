"""The result of optimising a route in words, for the answer of the API and the notice on the page."""

from collections.abc import Sequence

from waybell.optimizing.model import Tour
from waybell.optimizing.planning import Plan, Road

_NAMED = 10  # orders of each kind


def in_words(plan: Plan, road: Road) -> str:
    before, after = plan.before, plan.after
    count = len(plan.task.stops)
    text = (
        f"{plan.route} was optimised: "
        if before != after
        else f"{plan.route} keeps its sequence, none better was found: "
    )
    text += f"{count} stop{'s' if count > 1 else ''}, {_length(after)}"
    text += f" instead of {_length(before)}" if before != after else ""
    text += f" (straight lines x {road.factor:g}, {plan.task.problem.metres_per_second * 3.6:.0f} km/h)."
    late = [f"{order} by {_time(seconds)}" for order, seconds in plan.late]
    unlocated = [str(order) for stop in plan.task.unlocated for order in stop]
    overfull = [f"{name} {peak:g} of {room:g}" for name, peak, room in plan.overfull]
    for what, named in (
        ("Later than its time slot", late),
        ("At the end, for want of coordinates", unlocated),
        ("More than the vehicle holds", overfull),
    ):
        if named:
            text += f" {what}: {_some(named)}."
    return text


def _length(tour: Tour) -> str:
    return f"{tour.metres / 1000:.1f} km and {_time(tour.seconds)}"


def _time(seconds: int) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"


def _some(named: Sequence[str]) -> str:
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {more} more" if more > 0 else "")
