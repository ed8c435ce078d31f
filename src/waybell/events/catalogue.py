"""The description of an event type: its name, when it happens, the shape of its Data, and an example.

Each room lists its own types (`orders/event_types.py`, `routes/event_types.py`); `app.py` puts all lists together.
This module imports none of them, so that each room may import it.
"""

from dataclasses import dataclass
from typing import Any

from waybell.events.subjects import Kind


@dataclass(frozen=True)
class EventType:
    """An event type. `called` is the value of `Metadata.Event`; `meaning` completes the sentence "Sent when ..."."""

    name: str  # our own, which rows hold
    meaning: str
    data_schema: dict[str, Any]  # the JSON Schema of `Data`
    sample: dict[str, Any]  # an example of `Data`, made as a real change makes it
    check_data: bool = True  # whether events whose Data do not fit the schema are refused
    about: Kind | None = None  # the kind of object that these events are about; None for a type of an account
    is_deletion: bool = False  # whether the object is gone, so that `Data` holds little else
    opt_in: bool = False  # whether only those get it who ask for it by name: see `events/feed.py` and the fan-out
    other_name: str | None = None  # the name of the type outside, when that is not `name`

    @property
    def called(self) -> str:
        """Return the name of the type outside: in what is sent, and in what callers and people read and write."""
        return self.other_name or self.name
