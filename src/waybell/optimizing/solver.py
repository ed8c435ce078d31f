"""Runs the search beside the server: a process for each problem, so that none of them holds up a request.

In a thread, the search would keep Python to itself for milliseconds at a time. A process that is done gives back all
its memory, and one that hangs is ended.
"""

import pickle
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib.util import find_spec

from waybell.errors import Busy, NotInstalled
from waybell.optimizing.model import Problem
from waybell.turns import Turns

AT_ONCE = 2
WAITING = 8
_GRACE_SECONDS = 20  # the start of the process, and the first steps of the search, which take as long as they take


class Solver:
    def __init__(self, limit: timedelta) -> None:
        """`limit` is how long one search may take."""
        self._limit = limit.total_seconds()
        refusal = "Too many routes are being optimised at this moment. Nothing was changed; try again."
        self._turns = Turns(AT_ONCE, WAITING, refusal)

    def check(self) -> None:
        """Raises `NotInstalled` without PyVRP."""
        if find_spec("pyvrp") is None:
            raise NotInstalled("Optimising needs PyVRP. On the server, run: pip install 'waybell[optimize]'")

    def solve(self, problem: Problem) -> Sequence[int]:
        """A good sequence of the problem's stops. Raises `NotInstalled`, and `Busy` when too much is under way."""
        self.check()
        with self._turns.one():
            return self._run(problem)

    def _run(self, problem: Problem) -> Sequence[int]:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "waybell.optimizing.search"],
                input=pickle.dumps((problem, self._limit)),
                stdout=subprocess.PIPE,
                timeout=self._limit + _GRACE_SECONDS,
                check=True,
            )
        except subprocess.TimeoutExpired:
            raise Busy("The search took too long: this machine has too much to do. Nothing was changed.") from None
        found: list[int] = pickle.loads(done.stdout)  # noqa: S301 - from the process that we started
        return found
