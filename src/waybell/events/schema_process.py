"""Checking the Data of many events against their Schemas, in a process of its own when that may take long."""

from collections.abc import Mapping, Sequence
from typing import Any

from waybell.events import schemas
from waybell.ground.bulkhead import Bulkhead
from waybell.ground.errors import Invalid
from waybell.ground.task_processes import TaskProcesses, TookTooLongError, answer

_SECONDS = 5  # includes the start of the process
_REFUSAL = "Too many events are being checked against large Schemas at this moment. Nothing was changed; try again."
_processes = TaskProcesses("waybell.events.schema_process", Bulkhead(2, 8, _REFUSAL), _SECONDS)


class LaboriousError(Exception):
    """Checking these events may take long, so it must be done outside of the transaction, see `check_apart`."""

    def __init__(self, events: Mapping[int, tuple[str, Any]]) -> None:
        super().__init__()
        self.events = events


def check(events: Mapping[int, tuple[str, Any]]) -> None:
    """Check events against their Schemas. `events` maps a position to the Schema (as JSON) and the Data.

    Raise `MisfitsError` when Data do not fit, and `LaboriousError` when checking may take long.
    """
    work = 0.0
    for schema, data in events.values():
        work += schemas.work(schema, data)
        if work > schemas.MAX_WORK_AT_ONCE:
            raise LaboriousError(events)
    _refuse(_faults(events))


def check_apart(events: Mapping[int, tuple[str, Any]]) -> None:
    """Check events as `check` does, but in another process, which may take seconds.

    Raise `Invalid` when Data do not fit or the check takes too long, and `Busy` when too many checks are under way.
    """
    try:
        found = _processes.run(events)
    except TookTooLongError:
        raise Invalid(
            "Data: could not be checked against its Schema in time. Send less at once, simplify the Schema, or set "
            "CheckData of the event type to false."
        ) from None
    _refuse(found)


def _faults(events: Mapping[int, tuple[str, Any]]) -> dict[int, list[str]]:
    return {place: found for place, (schema, data) in events.items() if (found := schemas.faults(schema, data))}


def _refuse(faults: Mapping[int, Sequence[str]]) -> None:
    if faults:
        raise MisfitsError(faults)


class MisfitsError(Invalid):
    """Some Data do not fit their Schemas; `faults` holds the messages by the positions of the events."""

    def __init__(self, faults: Mapping[int, Sequence[str]]) -> None:
        super().__init__("\n".join(line for lines in faults.values() for line in lines))
        self.faults = faults


if __name__ == "__main__":
    answer(_faults)
