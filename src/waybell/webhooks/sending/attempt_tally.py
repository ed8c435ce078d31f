"""The counters of a dispatcher for monitoring: attempts by outcome, their latency, and their duration.

The dispatcher counts in memory, which takes a microsecond a message, and adds the counts to the counters of the
installation with its heartbeat. When a dispatcher is killed, the counts since its last heartbeat are lost; messages
are not.
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
    """A histogram as a slice of counters: one for each bucket, not cumulative, and the sum in microseconds."""

    def __init__(self, name: str, bounds_ms: tuple[int, ...]) -> None:
        self.bounds = [bound * 1000 for bound in bounds_ms]
        self.names = [*[f"{name} up to {bound} ms" for bound in bounds_ms], f"{name} longer", f"{name} microseconds"]

    def read(self, counters: Mapping[str, int]) -> "Histogram":
        *counts, total = [counters.get(name, 0) for name in self.names]
        bounds = [str(bound / _SECOND) for bound in self.bounds]
        return Histogram(list(zip([*bounds, "+Inf"], accumulate(counts), strict=True)), total / _SECOND)


class Histogram(NamedTuple):
    buckets: list[tuple[str, float]]  # the upper bound in seconds, and the number of values up to it
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
        # Only the thread of this dispatcher writes the list. Another may copy it at any moment, which is one step.
        self._counts = [0] * len(_NAMES)
        self._kept = [0] * len(_NAMES)

    def count(self, attempt: Attempt, since: int | None) -> None:
        """Count an attempt.

        `since` is when the message was stored, in microseconds, or None when it waited for another reason than this
        dispatcher, so that its latency does not count.
        """
        self._counts[_PLACE[attempt.error or "succeeded"]] += 1
        self._measure(_DURATION_AT, _DURATION, attempt.timing.total_us)
        if since is not None:
            self._measure(_LATENCY_AT, _LATENCY, max(0, microseconds(attempt.started_at) - since))

    def _measure(self, at: int, measure: _Measure, value: int) -> None:
        self._counts[at + bisect_left(measure.bounds, value)] += 1
        self._counts[at + len(measure.bounds) + 1] += value

    def news(self) -> tuple[dict[str, int], list[int]]:
        """Return the counts since the last `kept`, by name, and a state for `kept` once they are stored."""
        now = list(self._counts)
        changed = zip(_NAMES, now, self._kept, strict=True)
        return {name: count - before for name, count, before in changed if count != before}, now

    def kept(self, mark: list[int]) -> None:
        self._kept = mark


def attempts(counters: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield each outcome with its number of attempts, also outcomes that never occurred."""
    return zip(OUTCOMES, [counters.get(name, 0) for name in _ATTEMPTS], strict=True)


def latency(counters: Mapping[str, int]) -> Histogram:
    """Return the histogram of the time from the storing of a message to the start of its first attempt."""
    return _LATENCY.read(counters)


def duration(counters: Mapping[str, int]) -> Histogram:
    """Return the histogram of the durations of attempts."""
    return _DURATION.read(counters)
