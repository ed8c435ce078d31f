"""The search for the cheapest sequence, with PyVRP. It runs as a process of its own, see `solver.py`.

A time window that cannot be kept must not make the search fail. So an order with a window becomes several clients: one
within the window, one some minutes late, and so on up to any time. Exactly one of them is visited, and the earlier ones
bring a prize.
"""

import warnings
from typing import Any

import numpy as np
from pyvrp import Client, ClientGroup, Depot, Location, ProblemData, VehicleType, solve
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria

from waybell.ground.task_processes import answer
from waybell.optimizing.model import LATE_STEPS, STEP_COST, Load, Problem, Stop, distance, duration

_SEED = 1
_NEVER = int(np.iinfo(np.int64).max)
_THOUSANDTHS = 1000  # loads are whole numbers here


def find_sequence(problem: Problem, seconds: float) -> list[int]:
    """Return the stops in a good sequence, found in about `seconds` at most.

    The same problem gives the same sequence, unless the time ended before the search did.
    """
    data, stops = _data(problem)
    warnings.filterwarnings("ignore", category=PenaltyBoundWarning)  # the warning only says that windows are tight
    stop = MultipleCriteria([MaxIterations(_iterations(len(problem.stops))), MaxRuntime(seconds)])
    found = solve(data, stop, seed=_SEED, collect_stats=False).best
    sequence = [stops[part.idx] for route in found.routes() for part in route.schedule() if part.is_client()]
    # each stop once, even if the search has left some out
    return list(dict.fromkeys([*sequence, *range(len(problem.stops))]))


def _iterations(stops: int) -> int:
    """Return the number of iterations that take about a second on one processor, and much less with few stops."""
    return min(40 * stops, 1000, 50_000 // stops)


def _data(problem: Problem) -> tuple[ProblemData, list[int]]:
    """Return the problem as PyVRP takes it, and the stop of each of its clients."""
    clients: list[Client] = []
    groups: list[ClientGroup] = []
    stops: list[int] = []
    for number, stop in enumerate(problem.stops):
        ways = _ways(stop)
        if len(ways) > 1:
            groups.append(ClientGroup(list(range(len(clients), len(clients) + len(ways)))))
        for closes, prize in ways:
            clients.append(_client(number, stop, closes, prize, len(groups) - 1 if len(ways) > 1 else None))
            stops.append(number)
    vehicle = VehicleType(
        1, _limits(problem), initial_load=_amounts(problem.carried), start_late=0, unit_duration_cost=1
    )
    seconds = _seconds(problem)
    places = [Location(0, 0)] * len(seconds)
    return ProblemData(places, clients, [Depot(0)], [vehicle], [seconds], [seconds], groups), stops


def _ways(stop: Stop) -> list[tuple[int, int]]:
    """Return the latest times at which service at a stop may begin, each with its prize; the last allows any time."""
    if stop.closes is None:
        return [(_NEVER, 0)]
    ways = [(stop.closes + late, STEP_COST * (len(LATE_STEPS) - at)) for at, late in enumerate(LATE_STEPS)]
    return [*((closes, prize) for closes, prize in ways if closes >= stop.opens), (_NEVER, 0)]


def _client(number: int, stop: Stop, closes: int, prize: int, group: int | None) -> Client:
    return Client(
        number + 1,
        _amounts(stop.delivers),
        _amounts(stop.collects),
        stop.service,
        stop.opens,
        closes,
        prize=prize,
        required=group is None,
        group=group,
    )


def _limits(problem: Problem) -> list[int]:
    """Return the vehicle's capacity, or the needs of the stops if larger, because all stops are visited anyway."""
    limits = []
    for at, (room, carried) in enumerate(zip(problem.capacity, _amounts(problem.carried), strict=True)):
        out = sum(_whole(stop.delivers[at]) for stop in problem.stops)
        back = sum(_whole(stop.collects[at]) for stop in problem.stops)
        everything, least = carried + out + back, carried + max(out, back)
        limits.append(everything if room is None else max(_whole(room), least))
    return limits


def _amounts(load: Load) -> list[int]:
    return [_whole(part) for part in load]


def _whole(amount: float) -> int:
    return round(amount * _THOUSANDTHS)


def _seconds(problem: Problem) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the driving times from each place to each; the first place is the start and end of the tour."""
    places = [stop.place for stop in problem.stops]
    rows = [[0, *(duration(problem, distance(problem, problem.start, to)) for to in places)]]
    for place in places:
        home = duration(problem, distance(problem, place, problem.end))
        rows.append([home, *(duration(problem, distance(problem, place, to)) for to in places)])
    return np.array(rows, dtype=np.int64)


def main() -> None:
    answer(lambda task: find_sequence(*task))


if __name__ == "__main__":
    main()
