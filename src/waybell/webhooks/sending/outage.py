"""The circuit breaker: when an endpoint as a whole counts as down, and when it is probed.

Failures in a row over several messages mean that the endpoint is at fault, not a message: the endpoint is *parked*. Its
messages wait and lose no retries; retries that the outage has cost them are given back. One probe at a time goes out,
with growing pauses. The first success resumes the endpoint, with a window of one attempt that successes widen.

An endpoint with few messages may recover before it is parked, while some of its messages wait minutes or hours for
their retry. The first success shows that the receiver is back, so these messages are released at once.
"""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from waybell.webhooks.model import ErrorWord, PastAttempt


@dataclass(frozen=True, slots=True)
class Limits:
    failures: int  # in a row, without a success between them
    messages: int  # the number of messages that these failures concern
    probe_pauses: tuple[timedelta, ...]  # the last pause repeats


@dataclass(slots=True)
class Streak:
    """The failures of one endpoint since its last success, by message."""

    failures: Counter[str] = field(default_factory=Counter)
    against_endpoint: Counter[str] = field(default_factory=Counter)  # of these failures: see `speaks_against_endpoint`

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
    """Return whether a failure says more about the receiver than about the message.

    A 422 or a 404 may concern one order, even when its body was cut. A 5xx, or the lack of an answer, hardly does.
    """
    if status is not None and status >= _NO_SUCCESS:
        return status >= _SERVER_ERRORS or status in _MAY_BE_TOO_BUSY
    return error != ErrorWord.INTERNAL


def was_outage(streak: Streak, known: Container[str]) -> bool:
    """Return whether a success after these failures ends an outage that was too short to park the endpoint.

    One message must have failed twice in a row, seconds apart, with no success of another message between; and its
    failures must speak against the endpoint, or a second message must have failed in the same way. Messages that
    failed in an earlier outage (`known`) prove nothing: a bad order that fails again and again would begin outage
    after outage.
    """
    twice = [message_id for message_id, count in streak.failures.items() if count > 1 and message_id not in known]
    return len(twice) > 1 or any(streak.against_endpoint[message_id] > 1 for message_id in twice)


def streak_of(attempts: Iterable[PastAttempt]) -> Streak:
    """Return the streak in which these attempts, newest first, have left an endpoint."""
    streak = Streak()
    for attempt in attempts:
        if attempt.error is None:
            break
        if attempt.kind != "probe":  # a probe that fails costs its message nothing
            against = speaks_against_endpoint(attempt.error, attempt.status)
            streak.failed(attempt.message_id, against_endpoint=against)
    return streak


def is_outage(streak: Streak, limits: Limits) -> bool:
    return streak.failures.total() >= limits.failures and len(streak.failures) >= limits.messages


def next_probe(probes: int, limits: Limits, now: datetime, asked_to_wait: timedelta = timedelta()) -> datetime:
    """Return when to probe after `probes` failed probes; later when the receiver asked to wait longer."""
    pause = limits.probe_pauses[min(probes, len(limits.probe_pauses) - 1)]
    return now + max(pause, asked_to_wait)


def widened(window: int, limit: int) -> int:
    """Return how many attempts may run at once after a success: one more, up to the limit of the endpoint.

    So each round of successes doubles the window (TCP's slow start), which spares a receiver that is just back.
    """
    return min(limit, window + 1)


def narrowed(window: int) -> int:
    """Return how many attempts may run at once after a failure: half, so that a hanging endpoint holds few slots."""
    return max(1, window // 2)
