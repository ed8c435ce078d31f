"""The facts of sending: endpoints, claimed messages, and what came of an attempt.

Those of which there is one for each attempt are named tuples, which are made faster than frozen dataclasses.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple

MessageState = Literal["waiting", "sending", "succeeded", "failed", "canceled"]
EndpointState = Literal["enabled", "disabled", "deleted"]
Scheme = Literal["v1", "v1a"]
AttemptKind = Literal["automatic", "manual", "probe", "test"]


class ErrorWord(StrEnum):
    """Why an attempt did not succeed: the words that rows, API, pages and logs use."""

    HTTP_STATUS = "http_status"  # answered, but not 2xx
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


class Answered(NamedTuple):
    """The receiver answered; whether that is a success is for retry.decide to say."""

    status: int
    headers: bytes
    body: bytes  # its first bytes only


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
        return isinstance(self.outcome, Answered) and 200 <= self.outcome.status < 300  # noqa: PLR2004 - HTTP's own

    @property
    def error(self) -> ErrorWord | None:
        if isinstance(self.outcome, Unreachable):
            return self.outcome.error
        return None if self.succeeded else ErrorWord.HTTP_STATUS

    @property
    def status(self) -> int | None:
        return self.outcome.status if isinstance(self.outcome, Answered) else None


def describe(attempt: Attempt) -> str:
    """What came of it in a word or two: `http_status 503`, `timeout`, or `succeeded`."""
    if attempt.error is ErrorWord.HTTP_STATUS:
        return f"{attempt.error} {attempt.status}"
    return attempt.error or "succeeded"
