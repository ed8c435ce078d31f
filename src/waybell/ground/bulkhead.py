"""Few do something costly at once, few more wait for it, and all others are told to come again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waybell.ground.errors import Busy


class Bulkhead:
    """Whoever waits holds a thread: so only `waiting` of them may, beside the `at_once` who are at it."""

    def __init__(self, at_once: int, waiting: int, refusal: str) -> None:
        """`refusal` is the sentence for whoever can not even wait."""
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._working = threading.BoundedSemaphore(at_once)
        self._refusal = refusal

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Waits for a turn, which ends with the block. Raises `Busy` when too many wait."""
        if not self._places.acquire(blocking=False):
            raise Busy(self._refusal)
        try:
            with self._working:
                yield
        finally:
            self._places.release()
