"""Reading a file in a process of its own, with limits of memory and time: a file can be anything."""

from contextlib import suppress
from typing import Any

from waybell.ground.bulkhead import Bulkhead
from waybell.ground.clock import Moment
from waybell.ground.task_processes import TaskProcesses, TookTooLongError, answer
from waybell.importing import reading
from waybell.importing.assembling import Columns
from waybell.importing.cells import BadFileError
from waybell.importing.limits import MAX_MEMORY, MAX_SECONDS
from waybell.importing.reading import Checked, Look, Reading, Task
from waybell.importing.values import How

_processes = TaskProcesses(
    "waybell.importing.reading_process",
    Bulkhead(2, 6, "Too many files are being read at this moment. Try again."),
    MAX_SECONDS,
)


def look(data: bytes, how: Reading) -> Look:
    """Return what the file looks like.

    Raise `BadFileError` for a file that cannot be read, and `Busy` when too many are being read.
    """
    found: Look = _run(Task(data, how))
    return found


def check(data: bytes, reading: Reading, columns: Columns, how: How, moment: Moment, max_lines: int) -> Checked:
    """Return the orders of the file; errors as of `look`, and `Invalid` for an unusable fixed value."""
    found: Checked = _run(Task(data, reading, columns, how, moment.now, moment.zone.key, max_lines))
    return found


def _run(task: Task) -> Any:
    try:
        found = _processes.run(task)
    except TookTooLongError:
        raise BadFileError(
            "The file takes more memory or time than a file may. Save the sheet with the orders alone, or as CSV."
        ) from None
    if isinstance(found, Exception):
        raise found
    return found


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


if __name__ == "__main__":
    _limit_memory()
    answer(reading.act)
