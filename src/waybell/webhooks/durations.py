"""How long attempts take, in steps: what is counted is each duration rounded to the nearest step, and no more.

The steps stand as close at 2 ms as at 20 s, and are numbers that people would round to: none is more than 7 % away from
what it stands for, and a timeout of 15 s is counted as 15 s.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise

_OF_TEN = (10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 25, 28, 30, 32, 35, 40, 45, 50, 55, 60, 65, 70, 80, 90)
_POWERS = (10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
STEPS = tuple(step * power for power in _POWERS for step in _OF_TEN)  # in microseconds, from 0.1 ms to 9,000 s
_BETWEEN = tuple((low + high) / 2 for low, high in pairwise(STEPS))


def rounded(microseconds: int) -> int:
    """Return the step that is nearest to this duration; less than the first counts as the first."""
    return STEPS[bisect_right(_BETWEEN, microseconds)]


def percentile(counted: Mapping[int, int], hundredths: int) -> int | None:
    """Return the step within which so many of 100 attempts ended. `counted` says how many took each step.

    Return None when there was no attempt.
    """
    total, seen = sum(counted.values()), 0
    for step in sorted(counted):
        seen += counted[step]
        if seen * 100 >= total * hundredths and seen:
            return step
    return None
