"""Runs what takes long beside the server: a process for each task, few at a time, ended when it takes too long.

In a thread it would keep Python to itself for milliseconds at a time, and a caller who asks for it often would stop all
others. A process that is done gives back all its memory, one that takes too long is ended, and one that falls over
takes nobody with it.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from waybell.ground.bulkhead import Bulkhead


class TookTooLongError(Exception):
    """The process was ended, or fell over: it gave no answer."""


class TaskProcesses:
    """Runs the tasks of one module, which calls `answer` when it is run."""

    def __init__(self, module: str, bulkhead: Bulkhead, seconds: float) -> None:
        self._module = module
        self._bulkhead = bulkhead
        self._seconds = seconds

    def run(self, task: Any) -> Any:
        """What the module makes of the task. Raises `Busy` when too many are under way, and `TookTooLongError`."""
        with self._bulkhead.slot():
            try:
                done = subprocess.run(  # noqa: S603 - ourselves
                    [sys.executable, "-m", self._module],
                    input=pickle.dumps(task),
                    stdout=subprocess.PIPE,
                    timeout=self._seconds,
                    check=True,
                )
            except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
                raise TookTooLongError from error
        return pickle.loads(done.stdout)  # noqa: S301 - from the process that we started


def answer(act: Callable[[Any], Any]) -> None:
    """Do the task that the process was started for."""
    with suppress(OSError, AttributeError):
        os.nice(10)  # requests go first
    task = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    pickle.dump(act(task), sys.stdout.buffer)
