"""The bodies and queries of the operations on webhooks and events."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import to_json

from waybell.ground.clock import utc_text
from waybell.wire.model import ApiModel, Flag, Request, Text128, Text500, Whole, never, speakable

_FIRST_YEAR, _LAST_YEAR = 2000, 2199


def _plain(value: Any) -> Any:
    return speakable(value) if isinstance(value, str) else value


def _plus_sign(value: Any) -> Any:
    """Return a time of a query with its plus sign, which the query string reads as a blank."""
    return value[:-6] + "+" + value[-5:] if isinstance(value, str) and value[-6:-5] == " " else value


def _utc(value: datetime) -> datetime:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _split(value: Any) -> Any:
    """Return the values of a query parameter: `?Event=A,B` means `?Event=A&Event=B`."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        value = [part for one in value for part in (one.split(",") if isinstance(one, str) else [one])]
        value = [part for part in value if part != ""]
    return value


def _finite(value: Any) -> Any:
    """Raise `ValueError` for a number such as 1e400, which is valid JSON but cannot be passed on."""
    if b"Infinity" in to_json(value) and _holds_infinity(value):
        raise ValueError("holds a number that is too large")
    return value


def _holds_infinity(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_infinity(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds_infinity(one) for one in value)
    return isinstance(value, float) and value in (float("inf"), float("-inf"))


def _small(value: Any) -> Any:
    if len(to_json(value)) > MAX_JSON_BYTES:
        raise ValueError(f"must not be longer than {MAX_JSON_BYTES} bytes")
    return value


MAX_JSON_BYTES = 65_536  # of a schema or a sample

Name = Annotated[str, BeforeValidator(_plain), StringConstraints(min_length=1, max_length=100)]
Line = Annotated[str, BeforeValidator(_plain)]
Instant = Annotated[
    datetime | None, BeforeValidator(lambda v: never(_plus_sign(v))), AfterValidator(lambda v: v and _utc(v))
]
JsonObject = Annotated[dict[str, Any], AfterValidator(_finite)]
SmallJsonObject = Annotated[dict[str, Any] | None, AfterValidator(_finite), AfterValidator(_small)]
Subject = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(lambda value: _plain(value) or None)]
Cursor = Annotated[str | None, Field(max_length=400, description="The Cursor of the last answer; none to begin.")]
Names = Annotated[list[Name], BeforeValidator(_split), Field(max_length=100)]
Scheme = Literal["v1", "v1a"]


class EndpointModel(ApiModel):
    """An endpoint: a URL that gets webhooks, with its settings and its state."""

    id: str
    url: str
    description: str
    event_types: list[str]
    headers: dict[str, None]
    ordered: bool
    concurrency: int
    rate_limit: float | None
    schemes: list[str]
    hex_header: str | None
    state: str
    disabled_reason: str | None
    parked_at: str | None
    parked_reason: str | None
    next_probe_at: str | None
    paused_until: str | None
    waiting: int
    alerts: bool
    created_at: str
    changed_at: str


class EndpointRequest(Request):
    """The settings of an endpoint. A change leaves omitted members as they are."""

    answered_as = EndpointModel

    url: Annotated[Line, Field(max_length=2000)] = ""
    description: Text500 = None
    event_types: Annotated[list[Name] | None, Field(max_length=1000)] = None
    headers: dict[str, str | None] | None = None
    ordered: Flag = None
    concurrency: Whole = None
    rate_limit: float | None = None
    schemes: Annotated[list[Scheme] | None, Field(max_length=10)] = None
    hex_header: Annotated[Line | None, Field(max_length=100)] = None

    def wanted(self) -> dict[str, Any]:
        """Return the sent members by their names in `EndpointSettings`. Null restores the default."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        for name, empty in (("description", ""), ("event_types", ()), ("headers", {}), ("hex_header", None)):
            if name in sent and not sent[name]:
                sent[name] = empty
        for name in ("url", "ordered", "concurrency", "schemes"):
            if name in sent and sent[name] is None:
                del sent[name]
        for name in ("event_types", "schemes"):
            if name in sent:
                sent[name] = tuple(sent[name])
        return sent


class AlertUrlRequest(Request):
    """The alert URL of the account."""

    answered_as = EndpointModel

    url: Annotated[Line, Field(max_length=2000)]


class SecretModel(ApiModel):
    """A secret that signs messages."""

    scheme: str
    secret: str
    public_key: str | None
    created_at: str
    expires_at: str | None


class SecretsModel(ApiModel):
    """The secrets of an endpoint and the values of its headers."""

    items: list[SecretModel]
    headers: dict[str, str]


class RotateRequest(Request):
    """The secret to replace, and for how long the old one also signs."""

    overlap_hours: Annotated[float | None, Field(ge=0, le=168)] = None
    scheme: Scheme | None = None


class TestRequest(Request):
    """The event type of a test send."""

    __test__ = False  # pytest would collect the class by its name

    event_type: Name


class CancelRequest(Request):
    """A selection of waiting messages: one of `MessageIds` and `WaitingSince`; other members narrow the latter."""

    message_ids: Annotated[list[Name] | None, Field(max_length=10_000)] = None
    waiting_since: Instant = None
    until: Instant = None
    # An empty value is refused: a caller that forgot a value does not mean all messages.
    event: Name | None = None
    subject: Annotated[Line, StringConstraints(min_length=1, max_length=200)] | None = None
    outcome: Name | None = None


class RetryRequest(CancelRequest):
    """A selection of messages: one of `MessageIds` and the three times; other members narrow the times."""

    failed_since: Instant = None
    missed_since: Instant = None


class MessageModel(ApiModel):
    """A message: one event for one endpoint."""

    id: str
    endpoint_id: str
    event_id: str
    event: str
    subject: str
    version: int
    state: str
    due_at: str | None
    attempts: int
    failures: int
    manual: bool
    error: str | None
    status: int | None
    created_at: str
    finished_at: str | None


class MessageWithBody(MessageModel):
    """A message with its body, and its place in its lane."""

    waits_for: str | None
    behind: int
    body: dict[str, Any] | None


class AttemptSummary(ApiModel):
    """An attempt: one POST of a message and its result."""

    message_id: str
    endpoint_id: str
    number: int
    kind: str
    succeeded: bool
    status: int | None
    error: str | None
    detail: str | None
    started_at: str
    dns_ms: float
    connect_ms: float
    tls_ms: float
    wait_ms: float
    total_ms: float


class ListedAttempt(AttemptSummary):
    """An attempt with its event. The message shows its request and its answer."""

    event_id: str
    event: str
    subject: str


class AttemptModel(AttemptSummary):
    """An attempt with its request and its answer."""

    request_headers: list[str]
    response_headers: list[str]
    response_body: str | None


class JobModel(ApiModel):
    """A job that sends or cancels many messages in the background, with its progress."""

    id: str
    endpoint_id: str
    act: str
    what: str
    since: str | None
    until: str | None
    state: str
    total: int
    done: int
    retried: int
    canceled: int
    created_at: str
    finished_at: str | None


class EventMetadata(ApiModel):
    """The members that identify an event."""

    event: str
    date: str
    id: str
    version: int


class EventModel(ApiModel):
    """An event: the document that webhooks carry."""

    metadata: EventMetadata
    data: dict[str, Any]


T = TypeVar("T")


class PageOf(ApiModel, Generic[T]):
    model_config = ConfigDict(json_schema_extra={"description": "One page of a list, and where the next begins."})

    items: list[T]
    cursor: str | None


class FeedPage(ApiModel):
    """A page of events in their order, with the cursor of the next page."""

    items: list[EventModel]
    cursor: str


_LIMIT = "How many at once, at most."
_STATE = "Only those in this state."
_EVENT = "Only those of these event types; several are parted by commas, or given one by one."
_EVENT_OF_FEED = f"{_EVENT} Without any: all but the opt-in types."


class PageQuery(ApiModel):
    after: Cursor = None
    limit: Annotated[int, Field(ge=1, le=500, description=_LIMIT)] = 50


class MessageQuery(PageQuery):
    state: Annotated[
        Literal["waiting", "sending", "succeeded", "failed", "canceled"] | None, Field(description=_STATE)
    ] = None
    event: Annotated[Names, Field(description=_EVENT)] = Field(default_factory=list)
    subject: Annotated[Line | None, Field(max_length=300, description="Only what is about this subject.")] = None
    since: Annotated[Instant, Field(description="From this moment on; UTC when it names no zone.")] = None
    until: Annotated[Instant, Field(description="Up to this moment; UTC when it names no zone.")] = None


class AttemptQuery(MessageQuery):
    state: Annotated[Literal["succeeded", "failed"] | None, Field(description=_STATE)] = None


class FeedQuery(ApiModel):
    after: Cursor = None
    limit: Annotated[int, Field(ge=1, le=1000, description=_LIMIT)] = 100
    event: Annotated[Names, Field(description=_EVENT_OF_FEED)] = Field(default_factory=list)


class PublishRequest(Request):
    """An event of a type of your own."""

    event: Name
    subject: Subject = None
    data: JsonObject
    key: Text128 = None


class PublishedModel(ApiModel):
    """The result of publishing an event."""

    id: str
    event: str
    subject: str
    date: str
    key: str | None
    status: int


class EventTypeModel(ApiModel):
    """An event type: its meaning, and the schema of its Data."""

    name: str
    meaning: str
    schema_: Annotated[dict[str, Any] | None, Field(alias="Schema")]
    sample: dict[str, Any] | None
    check_data: bool
    custom: bool
    opt_in: bool


class EventTypeRequest(Request):
    """An event type of your own."""

    answered_as = EventTypeModel

    name: Name
    meaning: Annotated[Line, StringConstraints(min_length=1, max_length=500)]
    schema_: Annotated[SmallJsonObject, Field(alias="Schema")] = None
    sample: SmallJsonObject = None
    check_data: Flag = None


def text_or_none(instant: datetime | None) -> str | None:
    return None if instant is None else utc_text(instant)
