"""What events are about: the text that names an object, such as `order:<TrackId>`, is made, read and asked here alone.

Rows, filters and publishers hold the text. Events are numbered and delivered in order for each of them. A publisher
names its own objects by any other text.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["order", "route", "endpoint", "test"]  # `test`: the samples that were sent to one endpoint
KINDS: tuple[Kind, ...] = get_args(Kind)

# What the text of a publisher must not begin with: an event about nothing that lasts has its own id for a subject.
RESERVED = (*[f"{kind}:" for kind in KINDS], "evt_")


@dataclass(frozen=True, slots=True)
class Subject:
    """An object of Waybell that events are about; `str()` gives its text."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def parsed(text: str) -> Subject | None:
    """Return the object of ours that a text names, or None for the text of a publisher."""
    name, colon, key = text.partition(":")
    kind = next((one for one in KINDS if colon and one == name), None)
    return Subject(kind, key) if kind else None


def is_a(kind: Kind, text: str) -> bool:
    """Return whether a text names an object of this kind."""
    found = parsed(text)
    return found is not None and found.kind == kind


def is_reserved(text: str) -> bool:
    """Return whether only Waybell itself publishes about this; letter case does not count."""
    return text.lower().startswith(RESERVED)


def pattern(kind: Kind) -> str:
    """Return what `LIKE` finds the texts of this kind by."""
    return f"{kind}:%"
