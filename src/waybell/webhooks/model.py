"""The facts of sending: endpoints, claims on messages, and the outcomes of attempts.

Each attempt makes some of these values. They are named tuples, which Python makes faster than frozen dataclasses.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, TypedDict, assert_never

MessageState = Literal["waiting", "sending", "succeeded", "failed", "canceled"]
EndpointState = Literal["enabled", "disabled", "deleted"]
Scheme = Literal["v1", "v1a"]
AttemptKind = Literal["automatic", "manual", "probe", "test"]

Hint = Callable[[Iterable[str]], None]  # tells dispatchers the ids of endpoints that may have something due


class ErrorWord(StrEnum):
    """The reasons why an attempt failed, as rows, the API, pages and logs name them."""

    HTTP_STATUS = "http_status"  # a complete answer, other than 2xx
    TIMEOUT = "timeout"
    DNS = "dns"
    REFUSED = "refused"  # no server listens there, or there is no route to it
    TLS = "tls"
    FORBIDDEN_ADDRESS = "forbidden_address"  # the name resolves to an address that must not be called
    CONNECTION = "connection"  # the connection broke off, or the answer is not HTTP
    INTERNAL = "internal"  # a fault of Waybell


class Narrowed(TypedDict, total=False):
    """The filter of a job: messages of this event type, about one of these subjects, with this last outcome."""

    event_type: str  # the built-in name, which is the one that rows hold
    subjects: list[str]
    outcome: str  # one of attempt_search.OUTCOMES


@dataclass(frozen=True, slots=True)
class Secret:
    scheme: Scheme
    value: str  # whsec_... or whsk_...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as the dispatcher needs it, with its secrets decrypted."""

    id: str
    account_id: str
    url: str
    headers: tuple[tuple[str, str], ...]
    ordered: bool
    concurrency: int
    rate_limit: float | None
    secrets: tuple[Secret, ...]  # newest first; all of them sign
    hex_header: str | None
    state: EndpointState
    revision: int


class Claim(NamedTuple):
    """A claim: this dispatcher alone may send the message now. `message_id` and `attempt` together identify it."""

    message_id: str
    account_id: str
    endpoint_id: str
    event_id: str
    lane: str | None
    attempt: int
    failures: int  # failed attempts of this round so far
    kind: AttemptKind
    # When the message was made, in microseconds; None for a later attempt, or if the message had to wait in its lane.
    unhindered_since: int | None = None


class Verdict(NamedTuple):
    """The next state of a message after an attempt, and what its receiver asked for."""

    state: MessageState
    due_at: datetime | None
    failures: int
    gone: bool = False  # the receiver answered 410, so the endpoint is disabled
    asked_to_wait: timedelta = timedelta()  # by Retry-After: nothing is sent to the endpoint for so long


class Content(NamedTuple):
    """The parts of an event that are sent."""

    body: bytes
    trace: str | None


class Timing(NamedTuple):
    """The duration of each phase of an attempt in microseconds; 0 for a phase that did not happen."""

    dns_us: int = 0
    connect_us: int = 0
    tls_us: int = 0
    wait_us: int = 0  # from the end of the request to the first byte of the answer
    total_us: int = 0


class Cut(NamedTuple):
    """The reason why an answer is incomplete or invalid."""

    error: ErrorWord
    detail: str


class Answered(NamedTuple):
    """An answer of the receiver, with a status at least. `retry.decide` says whether it is a success."""

    status: int
    headers: bytes
    body: bytes  # its first bytes only
    cut: Cut | None = None  # an answer that our own limit ended is not cut


class Unreachable(NamedTuple):
    """The result when no answer came."""

    error: ErrorWord
    detail: str


Outcome = Answered | Unreachable


class Attempt(NamedTuple):
    """A POST and its outcome."""

    started_at: datetime
    request_headers: tuple[str, ...]
    outcome: Outcome
    timing: Timing = Timing()

    @property
    def succeeded(self) -> bool:
        return self.error is None

    @property
    def error(self) -> ErrorWord | None:
        match self.outcome:
            case Unreachable(error=error) | Answered(cut=Cut(error=error)):
                return error
            case Answered(status=status) if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own
                return None
            case Answered():
                return ErrorWord.HTTP_STATUS
        assert_never(self.outcome)

    @property
    def detail(self) -> str | None:
        failed = self.outcome.cut if isinstance(self.outcome, Answered) else self.outcome
        return failed.detail if failed else None

    @property
    def status(self) -> int | None:
        return self.outcome.status if isinstance(self.outcome, Answered) else None


class PastAttempt(NamedTuple):
    """The outcome of an earlier attempt, as its row holds it."""

    message_id: str
    kind: AttemptKind
    error: str | None
    status: int | None


def describe(attempt: Attempt) -> str:
    """Return the outcome in a word or two: `succeeded`, `timeout`, `http_status 503`, or `connection 503` if cut."""
    if attempt.error and attempt.status:
        return f"{attempt.error} {attempt.status}"
    return attempt.error or "succeeded"
