"""Laying out long documents, each in a process of its own: see `proof.py`."""

from typing import Any

from waybell.documents.text import REFUSAL
from waybell.ground.bulkhead import Bulkhead
from waybell.ground.errors import Busy
from waybell.ground.task_processes import TaskProcesses, TookTooLongError, answer

_SECONDS = 60
_processes = TaskProcesses("waybell.documents.layout_process", Bulkhead(2, 6, REFUSAL), _SECONDS)


def laid_out(*parts: Any) -> bytes:
    """Return the PDF that `proof.laid_out` makes of these parts.

    Raise `Busy` when too many are under way, or when it takes too long.
    """
    try:
        document: bytes = _processes.run(parts)
    except TookTooLongError:
        raise Busy("Laying out the document took too long: this machine has too much to do. Try again.") from None
    return document


if __name__ == "__main__":
    from waybell.documents import proof

    answer(lambda parts: proof.laid_out(*parts))
