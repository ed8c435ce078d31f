"""The facts of sending: endpoints, claimed messages, and what came of an attempt.

Those of which there is one for each attempt are named tuples, which are made faster than frozen dataclasses.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple, assert_never

MessageState = Literal["waiting", "sending", "succeeded", "failed", "canceled"]
EndpointState = Literal["enabled", "disabled", "deleted"]
Scheme = Literal["v1", "v1a"]
AttemptKind = Literal["automatic", "manual", "probe", "test"]


class ErrorWord(StrEnum):
    """Why an attempt did not succeed: the words that rows, API, pages and logs use."""

    HTTP_STATUS = "http_status"  # answered in full, but not 2xx
    TIMEOUT = "timeout"
    DNS = "dns"
    REFUSED = "refused"  # nobody listens there, or no way to it
    TLS = "tls"
    FORBIDDEN_ADDRESS = "forbidden_address"  # resolves to an address that we do not call
    CONNECTION = "connection"  # broke off or spoke no HTTP
    INTERNAL = "internal"  # our own fault


@dataclass(frozen=True, slots=True)
class Secret:
    scheme: Scheme
    value: str  # whsec_... or whsk_...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A subscriber as the dispatcher needs it, secrets in the clear."""

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
    """A message that this dispatcher, and no other, may send now. (`message_id`, `attempt`) names the claim."""

    message_id: str
    account_id: str
    endpoint_id: str
    event_id: str
    lane: str | None
    attempt: int
    failures: int  # failed attempts of this round before this one
    kind: AttemptKind
    # When it was made, in microseconds, if this is its first attempt and none of its subject stood before it.
    unhindered_since: int | None = None


class Content(NamedTuple):
    """What is sent of an event."""

    body: bytes
    trace: str | None


class Timing(NamedTuple):
    """How long the parts of an attempt took, in microseconds; 0 where a part did not happen or was reused."""

    dns_us: int = 0
    connect_us: int = 0
    tls_us: int = 0
    wait_us: int = 0  # from the request sent to the first byte of the answer
    total_us: int = 0


class Cut(NamedTuple):
    """What ended an answer before its end, or makes it one that cannot be."""

    error: ErrorWord
    detail: str


class Answered(NamedTuple):
    """The receiver answered, with a status at least; whether that is a success is for retry.decide to say."""

    status: int
    headers: bytes
    body: bytes  # its first bytes only
    cut: Cut | None = None  # not by our own limit: what is beyond it is not wanted


class Unreachable(NamedTuple):
    """No answer came."""

    error: ErrorWord
    detail: str


Outcome = Answered | Unreachable


class Attempt(NamedTuple):
    """One POST and what came of it."""

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


def describe(attempt: Attempt) -> str:
    """Return the outcome in a word or two: `succeeded`, `timeout`, `http_status 503`, or `connection 503` if cut."""
    if attempt.error and attempt.status:
        return f"{attempt.error} {attempt.status}"
    return attempt.error or "succeeded"
