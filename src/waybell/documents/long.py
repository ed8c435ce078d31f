"""Lays out long documents, each in a process of its own: see `proof.py`."""

from typing import Any

from waybell.apart import Apart, TookTooLongError, answer
from waybell.documents.text import REFUSAL
from waybell.errors import Busy
from waybell.turns import Turns

_SECONDS = 60
_apart = Apart("waybell.documents.long", Turns(2, 6, REFUSAL), _SECONDS)


def laid_out(*parts: Any) -> bytes:
    """The document of these parts, as `proof.laid_out` makes it. Raises `Busy` when too many are under way."""
    try:
        document: bytes = _apart.run(parts)
    except TookTooLongError:
        raise Busy("Laying out the document took too long: this machine has too much to do. Try again.") from None
    return document


if __name__ == "__main__":
    from waybell.documents import proof

    answer(lambda parts: proof.laid_out(*parts))
