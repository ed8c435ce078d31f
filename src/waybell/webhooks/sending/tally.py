"""What a dispatcher counts for those who watch it: attempts by what came of them, how soon, and how long they took.

It is counted in memory, a microsecond a message, and added to the counters of the installation with the heartbeat. What
was counted since the last one is lost when a dispatcher is killed; the messages are not.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from waybell.db.schema import microseconds
from waybell.webhooks.model import Attempt, ErrorWord

OUTCOMES = ("succeeded", *ErrorWord)
_SECOND = 1_000_000  # microseconds
_LATENCY_BOUNDS_MS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000)
_DURATION_BOUNDS_MS = (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000)


class _Measure:
    """A histogram as a stretch of counters: one for each bucket, not cumulated, and the sum in microseconds."""

    def __init__(self, name: str, bounds_ms: tuple[int, ...]) -> None:
        self.bounds = [bound * 1000 for bound in bounds_ms]
        self.names = [*[f"{name} up to {bound} ms" for bound in bounds_ms], f"{name} longer", f"{name} microseconds"]

    def read(self, counters: Mapping[str, int]) -> "Histogram":
        *counts, total = [counters.get(name, 0) for name in self.names]
        bounds = [str(bound / _SECOND) for bound in self.bounds]
        return Histogram(list(zip([*bounds, "+Inf"], accumulate(counts), strict=True)), total / _SECOND)


class Histogram(NamedTuple):
    buckets: list[tuple[str, float]]  # upper bound in seconds, and how many up to it
    total_seconds: float


_LATENCY = _Measure("latency", _LATENCY_BOUNDS_MS)
_DURATION = _Measure("duration", _DURATION_BOUNDS_MS)
_ATTEMPTS = [f"attempts {outcome}" for outcome in OUTCOMES]
_NAMES = (*_ATTEMPTS, *_LATENCY.names, *_DURATION.names)
_LATENCY_AT = len(_ATTEMPTS)
_DURATION_AT = _LATENCY_AT + len(_LATENCY.names)
_PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES)}


class Tally:
    def __init__(self) -> None:
        # One list that only this dispatcher's thread writes; another may copy it at any moment, which is one step.
        self._counts = [0] * len(_NAMES)
        self._kept = [0] * len(_NAMES)

    def count(self, attempt: Attempt, since: int | None) -> None:
        """`since` is when the message was made, in microseconds, if nobody but us has kept it waiting."""
        self._counts[_PLACE[attempt.error or "succeeded"]] += 1
        self._measure(_DURATION_AT, _DURATION, attempt.timing.total_us)
        if since is not None:
            self._measure(_LATENCY_AT, _LATENCY, max(0, microseconds(attempt.started_at) - since))

    def _measure(self, at: int, measure: _Measure, value: int) -> None:
        self._counts[at + bisect_left(measure.bounds, value)] += 1
        self._counts[at + len(measure.bounds) + 1] += value

    def news(self) -> tuple[dict[str, int], list[int]]:
        """What was counted since what was last `kept`, by name; hand the second to `kept` once it is stored."""
        now = list(self._counts)
        changed = zip(_NAMES, now, self._kept, strict=True)
        return {name: count - before for name, count, before in changed if count != before}, now

    def kept(self, mark: list[int]) -> None:
        self._kept = mark


def attempts(counters: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """How many attempts had which outcome; all outcomes, also those that never came."""
    return zip(OUTCOMES, [counters.get(name, 0) for name in _ATTEMPTS], strict=True)


def latency(counters: Mapping[str, int]) -> Histogram:
    """From the commit of an event to the start of its first attempt."""
    return _LATENCY.read(counters)


def duration(counters: Mapping[str, int]) -> Histogram:
    """Of attempts."""
    return _DURATION.read(counters)
