"""An event: one business fact, and the bytes that are sent for it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from waybell.ground.clock import utc_text
from waybell.ground.ids import new_id
from waybell.wire import exact_numbers


@dataclass(frozen=True, slots=True)
class Event:
    """A fact about one object.

    `subject` names the object (`order:<TrackId>`, `route:<id>`, or a publisher's own text); events of one subject are
    sent in order. None stands for a fact without a lasting object, which is ordered after no other event. `data` is
    JSON with its members in final order and without nulls. `key` is the publisher's own id of the event.
    """

    account_id: str
    type: str
    subject: str | None
    data: Any
    key: str | None = None
    test: bool = False
    exact: bool = False  # the data may hold numbers that a float would change
    opt_in: bool = False  # its type is sent only to those who ask for it by name
    id: str = field(default_factory=lambda: new_id("evt"))


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the outbox has stored it, with its version among the events of its subject, and its bytes."""

    id: str
    account_id: str
    type: str
    subject: str
    version: int
    created_at: datetime
    body: bytes
    test: bool = False  # a test event: stored like others, but sent only to the endpoint that it was made for
    opt_in: bool = False


def body(event: Event, version: int, created_at: datetime) -> bytes:
    """Return the bytes that are stored, signed and sent: `{"Metadata": {...}, "Data": {...}}`."""
    metadata = {"Event": event.type, "Date": utc_text(created_at), "Id": event.id, "Version": version}
    write = exact_numbers.write if event.exact else to_json
    return write({"Metadata": metadata, "Data": event.data})
