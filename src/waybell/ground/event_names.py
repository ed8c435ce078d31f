"""The two names of an event type: its own one, and the one that the operator may have chosen for the outside.

Rows, subscriptions and rules hold the own name. So a renamed type stays one type: an endpoint that asked for it still
gets it, and its events before and after the renaming are found together. The other name stands in webhooks, and in all
texts that callers and people read and write.

Each transaction carries the names (`tx.names`). Three places translate: the outbox, where the bytes are made; the
records that leave a store (`db/records.py`), which hold an `EventName`; and the doors, which ask `typed` for what a
caller wrote. An `EventName` is no text, so a place that forgets to choose between the two names does not type-check.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EventName:
    own: str
    called: str  # outside

    def __str__(self) -> str:
        """Return what people read: pages print the name as it is called."""
        return self.called


@dataclass(frozen=True)
class EventNames:
    others: Mapping[str, str] = field(default_factory=dict)  # the outside names of renamed types, by own name

    def of(self, own: str) -> EventName:
        """Return both names of the type that a row names."""
        return EventName(own, self.others.get(own, own))

    def typed(self, text: str) -> EventName:
        """Return both names of the type with this name; an unknown name stands for itself."""
        own = next((own for own, other in self.others.items() if other == text), text)
        return self.of(own)
