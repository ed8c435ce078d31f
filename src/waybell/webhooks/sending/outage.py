"""When an endpoint as a whole is down, and when it is asked again.

Failures in a row over several messages mean that not the message is at fault but the endpoint: it is *parked*. Its
messages wait and lose no retries (those that the outage has cost them are given back), one probe at a time goes out
with growing pauses, and the first success opens the queue again, slowly first.

Where few messages go, an outage may end before that and leave some that wait for minutes or hours. They need not: the
first success shows that the receiver is back, and lets them go.
"""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from waybell.webhooks.model import ErrorWord


@dataclass(frozen=True, slots=True)
class Limits:
    failures: int  # in a row, without a success between them
    messages: int  # that these are spread over
    probe_pauses: tuple[timedelta, ...]  # the last one repeats


@dataclass(slots=True)
class Streak:
    """The failures of one endpoint since its last success, by message."""

    failures: Counter[str] = field(default_factory=Counter)
    against_endpoint: Counter[str] = field(default_factory=Counter)  # of these: see `speaks_against_endpoint`

    def failed(self, message_id: str, *, against_endpoint: bool = True) -> None:
        self.failures[message_id] += 1
        self.against_endpoint[message_id] += against_endpoint

    def succeeded(self) -> None:
        if self.failures:
            self.failures, self.against_endpoint = Counter(), Counter()


_MAY_BE_TOO_BUSY = (408, 429)
_SERVER_ERRORS = 500
_NO_SUCCESS = 300


def speaks_against_endpoint(error: str, status: int | None) -> bool:
    """Return whether a failure says more about the receiver than about what was sent.

    A 422 or a 404 may well be for one order, also when its body was cut; no answer, a 503 and any other error of the
    server hardly are.
    """
    if status is not None and status >= _NO_SUCCESS:
        return status >= _SERVER_ERRORS or status in _MAY_BE_TOO_BUSY
    return error != ErrorWord.INTERNAL


def was_outage(streak: Streak, known: Container[str]) -> bool:
    """Return whether a success that comes after these failures ends an outage, short of one that parks the endpoint.

    Some message must have failed twice in a row with no success of another between, for seconds at the least; and its
    failures must speak against the endpoint, or another message must have fared alike. What failed in an outage before
    (`known`) proves none, or a bad order that fails again and again would begin one outage after another.
    """
    twice = [message_id for message_id, count in streak.failures.items() if count > 1 and message_id not in known]
    return len(twice) > 1 or any(streak.against_endpoint[message_id] > 1 for message_id in twice)


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
