"""When an endpoint as a whole is down, and when it is asked again.

Failures in a row over several messages mean that not the message is at fault but the endpoint: it is *parked*. Its
messages wait and lose no retries (those that the outage has cost them are given back), one probe at a time goes out
with growing pauses, and the first success opens the queue again, slowly first.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    failures: int  # in a row, without a success between them
    messages: int  # that these are spread over
    probe_pauses: tuple[timedelta, ...]  # the last one repeats


@dataclass(slots=True)
class Streak:
    """The failures of one endpoint since its last success, by message."""

    failures: Counter[str] = field(default_factory=Counter)

    def failed(self, message_id: str) -> None:
        self.failures[message_id] += 1

    def succeeded(self) -> None:
        if self.failures:
            self.failures = Counter()


def is_outage(streak: Streak, limits: Limits) -> bool:
    return streak.failures.total() >= limits.failures and len(streak.failures) >= limits.messages


def next_probe(probes: int, limits: Limits, now: datetime, asked_to_wait: timedelta = timedelta()) -> datetime:
    """When to probe after `probes` probes that failed; later when the receiver asked for it."""
    pause = limits.probe_pauses[min(probes, len(limits.probe_pauses) - 1)]
    return now + max(pause, asked_to_wait)


def widened(window: int, limit: int) -> int:
    """How many attempts at once an endpoint gets after a success: one more, up to its limit.

    So each round of successes doubles what is under way, as TCP begins: a receiver that is back is not run over.
    """
    return min(limit, window + 1)


def narrowed(window: int) -> int:
    """... and after a failure: half as many, so that an endpoint that hangs holds few slots."""
    return max(1, window // 2)
