"""What an event type promises to the outside: its name, when it happens, the shape of its Data, an example.

Each room lists its own types (`orders/event_types.py`, `routes/event_types.py`); the list of all is put together where
it is shown. This file imports none of them, so that every room may import it.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class EventType:
    """`name` is what `Metadata.Event` says; `meaning` completes "Sent when ..."."""

    name: str
    meaning: str
    data_schema: dict[str, Any]  # JSON Schema of `Data`
    sample: dict[str, Any]  # a `Data` that fits it, as a real change would send it
    check_data: bool = True  # whether events are refused whose Data do not fit the schema
