"""Run the search beside the server, in one process for each problem, so that it does not slow down requests."""

from collections.abc import Sequence
from datetime import timedelta
from importlib.util import find_spec

from waybell.ground.bulkhead import Bulkhead
from waybell.ground.errors import Busy, NotInstalled
from waybell.ground.task_processes import TaskProcesses, TookTooLongError
from waybell.optimizing.model import Problem

AT_ONCE = 2
WAITING = 8
_GRACE_SECONDS = 20  # for the start of the process and the first steps of the search, whose time is not limited


class Solver:
    def __init__(self, limit: timedelta) -> None:
        """Make a solver; `limit` is the time that one search may take."""
        self._limit = limit.total_seconds()
        refusal = "Too many routes are being optimised at this moment. Nothing was changed; try again."
        bulkhead = Bulkhead(AT_ONCE, WAITING, refusal)
        self._processes = TaskProcesses("waybell.optimizing.search", bulkhead, self._limit + _GRACE_SECONDS)

    def check(self) -> None:
        """Raise `NotInstalled` when PyVRP is missing."""
        if find_spec("pyvrp") is None:
            raise NotInstalled("Optimising needs PyVRP. On the server, run: pip install 'waybell[optimize]'")

    def solve(self, problem: Problem) -> Sequence[int]:
        """Return a good sequence of the problem's stops.

        Raise `NotInstalled` when PyVRP is missing, and `Busy` when too many searches are under way, or this one takes
        too long.
        """
        self.check()
        try:
            found: list[int] = self._processes.run((problem, self._limit))
        except TookTooLongError:
            raise Busy("The search took too long: this machine has too much to do. Nothing was changed.") from None
        return found
