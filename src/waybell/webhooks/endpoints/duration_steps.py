"""Durations of attempts, rounded to steps, so that only a count for each step has to be kept.

Steps are as close to each other, in proportion, at 2 ms as at 20 s, and are round numbers. Rounding changes a
duration by at most 7 %, and a timeout of 15 s is counted as 15 s.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise

_OF_TEN = (10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 25, 28, 30, 32, 35, 40, 45, 50, 55, 60, 65, 70, 80, 90)
_POWERS = (10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
STEPS = tuple(step * power for power in _POWERS for step in _OF_TEN)  # in microseconds, from 0.1 ms to 9,000 s
_BETWEEN = tuple((low + high) / 2 for low, high in pairwise(STEPS))


def rounded(microseconds: int) -> int:
    """Return the step nearest to this duration; a duration below the first step counts as the first."""
    return STEPS[bisect_right(_BETWEEN, microseconds)]


def percentile(counted: Mapping[int, int], hundredths: int) -> int | None:
    """Return the step within which `hundredths` percent of the attempts ended, or None when there was none.

    `counted` maps each step to its number of attempts.
    """
    total, seen = sum(counted.values()), 0
    for step in sorted(counted):
        seen += counted[step]
        if seen * 100 >= total * hundredths and seen:
            return step
    return None
