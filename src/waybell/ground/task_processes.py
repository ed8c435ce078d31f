"""Slow tasks run in processes of their own: a few at a time, each ended when it exceeds its time.

A slow task in a thread would hold the interpreter lock for milliseconds at a time, so one caller could slow down all
the others. A process returns its memory when it ends, can be killed when it is late, and takes nothing with it when it
crashes.
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
    """The process crashed or was ended before it answered."""


class TaskProcesses:
    """A runner for the tasks of one module. Run as a program, the module calls `answer`."""

    def __init__(self, module: str, bulkhead: Bulkhead, seconds: float) -> None:
        self._module = module
        self._bulkhead = bulkhead
        self._seconds = seconds

    def run(self, task: Any) -> Any:
        """Return the result of the task.

        Raise `Busy` when too many tasks are under way, and `TookTooLongError` when the process is late or crashes.
        """
        with self._bulkhead.slot():
            try:
                done = subprocess.run(  # noqa: S603 - it runs our own interpreter
                    [sys.executable, "-m", self._module],
                    input=pickle.dumps(task),
                    stdout=subprocess.PIPE,
                    timeout=self._seconds,
                    check=True,
                )
            except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
                raise TookTooLongError from error
        return pickle.loads(done.stdout)  # noqa: S301 - the child process is ours


def answer(act: Callable[[Any], Any]) -> None:
    """Run the task that the parent process sent, and send back its result."""
    with suppress(OSError, AttributeError):
        os.nice(10)  # requests have priority
    task = pickle.load(sys.stdin.buffer)  # noqa: S301 - the parent process is ours
    pickle.dump(act(task), sys.stdout.buffer)
