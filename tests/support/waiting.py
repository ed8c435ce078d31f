"""Waiting for something real to happen: on a condition, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T], seconds: float = 20) -> T:
    """What the condition answers once that is true. Fails when the deadline passes first."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.005)  # a poll, not a guess: only the condition ends the wait
