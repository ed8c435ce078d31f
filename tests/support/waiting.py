"""Waiting for something real to happen: on a condition, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T], seconds: float = 60) -> T:
    """Return what the condition answers once that is true. Fail at the deadline, which a busy machine keeps too."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.005)  # a poll, not a guess: only the condition ends the wait
