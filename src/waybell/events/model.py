"""An event: one business fact, and the bytes that tell it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from waybell.ground.clock import utc_text
from waybell.ground.ids import new_id
from waybell.wire import exact_numbers


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one object.

    `subject` names the object (`order:<TrackId>`, `route:<id>`, or a publisher's own text); None stands for a fact
    about nothing that lasts, which is then ordered after nothing. `data` is JSON, members in their final order, null
    members left out. `key` is a publisher's own id for it.
    """

    account_id: str
    type: str
    subject: str | None
    data: Any
    key: str | None = None
    test: bool = False
    exact: bool = False  # the data may hold numbers that floats change
    id: str = field(default_factory=lambda: new_id("evt"))


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the outbox has stored it: with its place among the events of its subject, and its bytes."""

    id: str
    account_id: str
    type: str
    subject: str
    version: int
    created_at: datetime
    body: bytes
    test: bool = False  # a sample: stored like others, seen by nobody but the endpoint that it was made for


def body(event: Event, version: int, created_at: datetime) -> bytes:
    """The bytes that are stored, signed and sent: `{"Metadata": {...}, "Data": {...}}`."""
    metadata = {"Event": event.type, "Date": utc_text(created_at), "Id": event.id, "Version": version}
    write = exact_numbers.write if event.exact else to_json
    return write({"Metadata": metadata, "Data": event.data})
