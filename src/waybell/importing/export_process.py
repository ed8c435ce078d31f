"""Writing a workbook in a process of its own: it takes seconds, in which a thread would stop all others."""

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

from waybell.ground.bulkhead import Bulkhead
from waybell.ground.errors import Busy
from waybell.ground.task_processes import TaskProcesses, TookTooLongError, answer
from waybell.importing.exporting import Value

_BUSY = "Too many files are being written at this moment. Try again."
_processes = TaskProcesses("waybell.importing.export_process", Bulkhead(2, 6, _BUSY), 120.0)
_MAX_ROWS = 1_048_576  # of a sheet


def workbook(rows: Iterable[Sequence[Value]], folder: Path) -> Path:
    """Write the rows into a workbook in this folder, and return its path.

    Raise `Busy` when too many files are being written, or when it takes too long.
    """
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".jsonl", delete=False, encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row) + "\n")
    try:
        _processes.run(lines.name)
    except TookTooLongError:
        raise Busy("Writing the file took too long. Choose fewer orders, or CSV.") from None
    return Path(f"{lines.name}.xlsx")


def write(path: str) -> None:
    """Make a workbook of the rows in this file, with a bounded part of it in memory; texts are never formulas."""
    with xlsxwriter.Workbook(f"{path}.xlsx", {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Orders")
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number == _MAX_ROWS:
                    break
                for column, cell in enumerate(json.loads(line)):
                    if isinstance(cell, str):
                        sheet.write_string(number, column, cell, bold if number == 0 else None)
                    elif cell is not None:
                        sheet.write_number(number, column, cell)


if __name__ == "__main__":
    answer(write)
