"""The rows of messages and attempts as typed values, for other packages."""

from dataclasses import dataclass
from datetime import datetime

from waybell.db.records import Records
from waybell.events.tables import events
from waybell.ground.event_names import EventName
from waybell.webhooks.messages.tables import attempts, messages
from waybell.webhooks.model import AttemptKind, MessageState


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message: one event for one endpoint."""

    id: str
    account_id: str
    endpoint_id: str
    event_id: str
    event_type: EventName
    subject: str
    lane: str | None
    version: int
    state: MessageState
    due_at: datetime | None
    attempt: int
    failures: int
    manual: bool
    created_at: datetime
    finished_at: datetime | None
    error: str | None
    status: int | None


@dataclass(frozen=True, slots=True)
class MessageWithBody(StoredMessage):
    body: bytes | None  # None once the event is pruned


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message that the transaction has locked, with its place in its lane and its state."""

    id: str
    subject: str
    lane: str | None
    version: int
    state: MessageState
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """An attempt with its beginning and its outcome."""

    endpoint_id: str
    message_id: str
    number: int
    kind: AttemptKind
    started_at: datetime
    error: str | None  # None when it succeeded
    status: int | None


@dataclass(frozen=True, slots=True)
class TimedAttempt(AttemptOutcome):
    """An attempt with the durations of its phases in microseconds."""

    dns_us: int
    connect_us: int
    tls_us: int
    wait_us: int
    total_us: int
    detail: str | None


@dataclass(frozen=True, slots=True)
class ListedAttempt(TimedAttempt):
    """An attempt as a list shows it, with the event that it sent."""

    event_type: EventName
    subject: str
    event_id: str


@dataclass(frozen=True, slots=True)
class StoredAttempt(TimedAttempt):
    """An attempt with its request and answer."""

    request_headers: str  # one header a line
    response_headers: bytes | None
    response_body: bytes | None


MESSAGES = Records(StoredMessage, messages)
HELD = Records(HeldMessage, messages)
MESSAGES_WITH_BODY = Records(MessageWithBody, messages, events)
OUTCOMES = Records(AttemptOutcome, attempts)
LISTED_ATTEMPTS = Records(ListedAttempt, attempts, messages)
ATTEMPTS = Records(StoredAttempt, attempts)
