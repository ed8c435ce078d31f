"""A bulkhead: a few callers do costly work at once, a few more wait, and the rest are told to come again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waybell.ground.errors import Busy


class Bulkhead:
    """A limit of `at_once` callers at work and `waiting` callers in the queue.

    Waiting blocks a thread, so the queue is limited too.
    """

    def __init__(self, at_once: int, waiting: int, refusal: str) -> None:
        """Set the limits; `refusal` is the error message for a caller that finds the queue full."""
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._working = threading.BoundedSemaphore(at_once)
        self._refusal = refusal

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for a free place and hold it until the block ends.

        Raise `Busy` when the queue is full.
        """
        if not self._places.acquire(blocking=False):
            raise Busy(self._refusal)
        try:
            with self._working:
                yield
        finally:
            self._places.release()
