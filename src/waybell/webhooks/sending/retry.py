"""The schedule of retries with jitter: when a message is tried next, and when it is given up."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import assert_never

from waybell.webhooks.model import Answered, Attempt, Unreachable

_GONE = 410
_MAY_WAIT = (429, 503)  # the statuses whose Retry-After counts


@dataclass(frozen=True, slots=True)
class Schedule:
    pauses: tuple[timedelta, ...]  # the pause before each automatic retry
    jitter: float  # the share by which a pause is lengthened or shortened at most
    retry_after_max: timedelta


@dataclass(frozen=True, slots=True)
class Succeeded:
    pass


# The wait that a receiver asks for concerns its endpoint, so it is left out when two decisions are compared.
_ASKED = field(default=timedelta(), compare=False)


@dataclass(frozen=True, slots=True)
class RetryAt:
    at: datetime
    asked_to_wait: timedelta = _ASKED


@dataclass(frozen=True, slots=True)
class Failed:
    """The decision to give up; a person may retry the message."""

    asked_to_wait: timedelta = _ASKED


@dataclass(frozen=True, slots=True)
class Gone:
    """The decision after a 410: the receiver wants no more messages, so the endpoint is disabled."""


Decision = Succeeded | RetryAt | Failed | Gone


def decide(attempt: Attempt, failures: int, schedule: Schedule, now: datetime, chance: float) -> Decision:
    """Return the decision about a message after this attempt.

    `failures` counts the failed attempts of the round before this one. `chance`, from -1 to 1, places the pause
    within its range of jitter.
    """
    outcome = attempt.outcome
    match outcome:
        case _ if attempt.succeeded:
            return Succeeded()
        case Answered(status=status) if status == _GONE:  # the head says it: a cut body does not matter
            return Gone()
        case Answered() | Unreachable():
            asked = _asked_to_wait(attempt, schedule.retry_after_max, now)
            if failures >= len(schedule.pauses):
                return Failed(asked)
            pause = schedule.pauses[failures] * (1 + schedule.jitter * chance)
            return RetryAt(now + max(pause, asked), asked)
    assert_never(outcome)


def _asked_to_wait(attempt: Attempt, longest: timedelta, now: datetime) -> timedelta:
    """Return how long the receiver asked to wait, by Retry-After on a 429 or 503, which holds seconds or a date."""
    if not isinstance(attempt.outcome, Answered) or attempt.outcome.status not in _MAY_WAIT:
        return timedelta()
    value = _header(attempt.outcome.headers, b"retry-after")
    try:
        asked = _seconds(value) if value.isdigit() else _until(value, now)
    except (ValueError, OverflowError):
        return timedelta()
    return min(max(asked, timedelta()), longest)


def _seconds(digits: str) -> timedelta:
    """Return this many seconds, or the longest duration if there are more: the receiver then means forever."""
    try:
        return timedelta(seconds=int(digits))
    except OverflowError:
        return timedelta.max


def _until(date: str, now: datetime) -> timedelta:
    at = parsedate_to_datetime(date)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now


def _header(headers: bytes, name: bytes) -> str:
    """Return the value of the last header of that name in a raw header block, or an empty text."""
    found = b""
    for line in headers.split(b"\n"):  # some servers end lines without a carriage return
        before, colon, after = line.partition(b":")
        if colon and before.strip().lower() == name:
            found = after.strip()
    return found.decode("latin-1")
