"""The subject of an event: a text that names an object, such as `order:<TrackId>`. Only this module makes and reads it.

Rows, filters and publishers hold the text. The events of one subject are numbered and delivered in order. A publisher
may use any other text as a subject.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["order", "route", "endpoint", "test"]  # `test`: the test events sent to one endpoint
KINDS: tuple[Kind, ...] = get_args(Kind)

# A publisher's subject must not begin so. An event without a lasting object has its own id as its subject.
RESERVED = (*[f"{kind}:" for kind in KINDS], "evt_")


@dataclass(frozen=True, slots=True)
class Subject:
    """An object of Waybell that events are about; `str()` returns the text of the subject."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def parsed(text: str) -> Subject | None:
    """Return the object of Waybell that a subject names, or None for the subject of a publisher."""
    name, colon, key = text.partition(":")
    kind = next((one for one in KINDS if colon and one == name), None)
    return Subject(kind, key) if kind else None


def is_a(kind: Kind, text: str) -> bool:
    """Return whether a subject names an object of this kind."""
    found = parsed(text)
    return found is not None and found.kind == kind


def is_reserved(text: str) -> bool:
    """Return whether the subject is reserved for Waybell itself; letter case does not matter."""
    return text.lower().startswith(RESERVED)


def pattern(kind: Kind) -> str:
    """Return the `LIKE` pattern for the subjects of this kind."""
    return f"{kind}:%"
