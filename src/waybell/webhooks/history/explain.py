"""Explain in words whether an endpoint got an event, and if not, why: decided from facts alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from waybell.webhooks.model import EndpointState, MessageState

Word = Literal["succeeded", "sending", "waiting", "parked", "paused", "disabled", "failed", "canceled", "none"]


@dataclass(frozen=True, slots=True)
class MessageFacts:
    state: MessageState
    due_at: datetime | None
    finished_at: datetime | None
    attempts: int
    failures: int
    outcome: str  # why its last attempt failed, such as `it answers 503`; empty when it did not
    before: int = 0  # how many messages about the same object go before it, counted up to a bound
    behind: int = 0  # how many messages wait for it


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    state: EndpointState
    created_at: datetime
    asks: bool  # whether it listens to events of this type now
    parked_at: datetime | None
    parked_reason: str
    probe_at: datetime | None
    paused_until: datetime | None  # in the future, or None
    rate_limit: float | None
    was_disabled: bool  # whether it was disabled when the event happened, see the function `was_disabled`
    deleted_at: datetime | None = None
    is_tested: bool = False  # the event is a sample that was made for this very endpoint


@dataclass(frozen=True, slots=True)
class Circumstances:
    now: datetime
    event_at: datetime
    is_sample: bool  # a test of one endpoint
    retries: int  # how many automatic retries a message gets
    dispatcher_runs: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is a sentence without its full stop; `at` is the moment that it ends with, if it has one."""

    word: Word
    text: str
    at: datetime | None = None
    down_since: datetime | None = None
    see_first: bool = False  # whether it waits for an earlier message about the same object
    also: str = ""  # a further sentence without its full stop: how many messages wait for this one


def explain(message: MessageFacts | None, endpoint: EndpointFacts, around: Circumstances) -> Answer:
    """Return the answer for one event at one endpoint; `message` is None when the event has no message there."""
    if message is None:
        return _no_message(endpoint, around)
    match message.state:
        case "succeeded":
            tried = "at the first attempt" if message.attempts == 1 else f"at attempt {message.attempts}"
            return Answer("succeeded", f"Yes, {tried}:", message.finished_at)
        case "failed":
            last = "its only attempt" if message.attempts == 1 else f"the last of {message.attempts} attempts"
            why = f" ({message.outcome})" if message.outcome else ""
            return Answer("failed", f"No: {last} failed{why}, and it was given up", message.finished_at)
        case "canceled":
            return Answer("canceled", _why_canceled(message, endpoint), message.finished_at)
        case "sending":
            return Answer("sending", "On its way: the receiver has not answered yet", also=_behind(message))
        case "waiting":
            return replace(_waiting(message, endpoint, around), also=_behind(message))
    assert_never(message.state)


def _why_canceled(message: MessageFacts, endpoint: EndpointFacts) -> str:
    deleted_at, finished_at = endpoint.deleted_at, message.finished_at
    if deleted_at is not None and finished_at is not None and finished_at >= deleted_at:
        return "No: the endpoint was deleted before it was sent"
    return "No: somebody canceled it before it was sent. It can be sent all the same"


def _behind(message: MessageFacts) -> str:
    if not message.behind:
        return ""
    if message.behind == 1:
        return "1 message about the same object waits behind it; if you skip this one, it goes on"
    return f"{message.behind:,} messages about the same object wait behind it; if you skip this one, they go on"


def _held(endpoint: EndpointFacts) -> Answer | None:
    """Return why no message at all is sent to the endpoint now, or None when messages go out."""
    if endpoint.state == "deleted":
        return Answer("canceled", "No: the endpoint was deleted, and what waited for it is being canceled")
    if endpoint.state == "disabled":
        return Answer("disabled", "Not yet: the endpoint is disabled. Enable it, and it is sent")
    if endpoint.parked_at is not None:
        reason = f"the receiver is down ({endpoint.parked_reason}), so its messages wait and lose no retries"
        return Answer("parked", f"Not yet: {reason}. The next probe goes out", endpoint.probe_at, endpoint.parked_at)
    if endpoint.paused_until is not None:
        return Answer("paused", "Not yet: the receiver asked for a pause (Retry-After), until", endpoint.paused_until)
    return None


def _waiting(message: MessageFacts, endpoint: EndpointFacts, around: Circumstances) -> Answer:
    held = _held(endpoint)
    if held is not None:
        return held
    if message.due_at is None:
        come = "an earlier message" if message.before <= 1 else f"{message.before:,} earlier messages"
        first = f"{come} about the same object {'comes' if message.before <= 1 else 'come'} first"
        return Answer("waiting", f"Not yet: {first}", see_first=True)
    if message.due_at > around.now:
        retry = f"retry {message.failures} of {around.retries}" if message.failures else "it"
        so_far = f" the last attempt failed ({message.outcome})," if message.outcome else ""
        return Answer("waiting", f"Not yet:{so_far} {retry} is sent", message.due_at)
    return Answer("waiting", f"Not yet: {_why_not_now(endpoint, around)}. It has been due", message.due_at)


def _why_not_now(endpoint: EndpointFacts, around: Circumstances) -> str:
    if not around.dispatcher_runs:
        return "no dispatcher is running. Start one with: waybell serve"
    if endpoint.rate_limit is not None:
        return f"the rate limit lets {endpoint.rate_limit:g} messages a second go there"
    return "its turn comes as soon as the endpoint has a slot free"


def _no_message(endpoint: EndpointFacts, around: Circumstances) -> Answer:
    if endpoint.is_tested:
        return Answer("none", "No: it was a test of this endpoint, and what came of it is not recorded (yet)")
    if around.is_sample:
        return Answer("none", "No: it was a test, made for another endpoint")
    if endpoint.created_at > around.event_at:
        return Answer("none", "No: the endpoint was added later,", endpoint.created_at)
    if endpoint.was_disabled:
        return Answer("none", "No: the endpoint was disabled when it happened")
    if not endpoint.asks:
        return Answer("none", "No: the endpoint does not ask for this event type")
    return Answer("none", "No: it did not ask for this type when it happened, or the message is not kept any more")


@dataclass(frozen=True, slots=True)
class Switch:
    """A moment at which an endpoint was enabled or disabled."""

    at: datetime
    enabled: bool


def was_disabled(switches: Sequence[Switch], at: datetime, *, is_disabled: bool) -> bool:
    """Return whether an endpoint was disabled at that moment, by its recorded switches and its present state."""
    later = min((one for one in switches if one.at > at), key=lambda one: one.at, default=None)
    if later is None:
        return is_disabled
    if not later.enabled:
        return False  # it was disabled later, so it was enabled until then
    earlier = max((one for one in switches if one.at <= at), key=lambda one: one.at, default=None)
    # Enabling is on record even when the endpoint was enabled already. Without an earlier switch it was probably not.
    return earlier is None or not earlier.enabled
