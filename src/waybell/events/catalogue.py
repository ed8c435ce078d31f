"""The description of an event type: its name, when it happens, the shape of its Data, and an example.

Each package lists its own types (`orders/event_types.py`, `routes/event_types.py`); `app.py` puts all lists together.
This module imports none of them, so that each package may import it.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EventType:
    """An event type. `name` is the value of `Metadata.Event`; `meaning` completes the sentence "Sent when ..."."""

    name: str
    meaning: str
    data_schema: dict[str, Any]  # the JSON Schema of `Data`
    sample: dict[str, Any]  # an example of `Data`, made as a real change makes it
    check_data: bool = True  # whether events whose Data do not fit the schema are refused
