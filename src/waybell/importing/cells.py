"""The cells of a file: what a row is made of, before anybody knows what its columns mean. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from waybell.ground.errors import Invalid


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that shows something which the file does not hold, such as the result of a formula never computed."""

    shown: str
    why: str


Cell = str | float | bool | date | datetime | time | timedelta | Unusable
_EXACT = 1e15  # spreadsheets keep 15 digits
Row = tuple[int, list[Cell]]  # the number of the row as a spreadsheet shows it, and its cells


class BadFileError(Invalid):
    """The file cannot be read; the message names row and column where there is one place to name."""


def column_name(index: int) -> str:
    """Return the name of a column as spreadsheets write it: A, B, ... Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_index(name: str) -> int:
    """Return the index of the column with this name; A is 0."""
    index = 0
    for letter in name:
        index = index * 26 + ord(letter) - 64
    return index - 1


def is_blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()


def not_blank(rows: Iterable[Row]) -> Iterable[Row]:
    """Yield the rows that hold something, without the empty cells at their ends."""
    for number, cells in rows:
        last = len(cells)
        while last and is_blank(cells[last - 1]):
            last -= 1
        if last:
            yield number, cells[:last]


def as_text(cell: Cell) -> str:
    """Return a cell as a person would see it, for previews and for the error file."""
    match cell:
        case str():
            text = cell
        case bool():
            text = "true" if cell else "false"
        case float() | int():
            text = f"{cell:.0f}" if float(cell).is_integer() and abs(cell) < _EXACT else repr(cell)
        case datetime() if cell.time() == time():
            text = cell.date().isoformat()
        case datetime():
            text = cell.isoformat(" ", "seconds")
        case date() | time():
            text = cell.isoformat()
        case Unusable():
            text = cell.shown
        case _:
            text = str(cell)
    return text


def texts(cells: Sequence[Cell]) -> list[str]:
    return [as_text(cell) for cell in cells]
