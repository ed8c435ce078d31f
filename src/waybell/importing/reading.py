"""Reading a file: a first look at it, and the orders that its rows become. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid
from waybell.importing import delimited
from waybell.importing.assembling import Columns, assemble, parts
from waybell.importing.cells import BadFileError, Row, not_blank, texts
from waybell.importing.delimited import Shape
from waybell.importing.fields import guessed
from waybell.importing.parts import packed
from waybell.importing.values import How
from waybell.importing.workbook import Workbook, kind_of

FIND = -1  # the header row is to be found
_SAMPLE_ROWS = 8
_HEADER_AMONG = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """The way in which the bytes of a file are read; what is empty is found."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = FIND  # 0 for a file without one


@dataclass(frozen=True, slots=True)
class Look:
    """The first look at a file."""

    kind: str  # text, xlsx, xls or ods
    reading: Reading  # as found
    sheets: list[str]
    headers: list[str]
    sample: list[list[str]]
    guesses: list[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """A file whose rows have become orders."""

    how: How
    number_two_ways: str  # a value that only a person can tell, or empty text
    date_two_ways: str
    rows: int
    orders: int
    parts: list[bytes]


@dataclass(frozen=True, slots=True)
class Task:
    data: bytes
    reading: Reading
    columns: Columns | None = None
    how: How = field(default_factory=How)
    now: datetime | None = None
    zone: str = "UTC"
    max_lines: int = 0


def act(task: Task) -> Look | Checked | Exception:
    """Carry out a task; return an error of the caller instead of raising it, because the process only answers."""
    try:
        return looked(task) if task.columns is None else checked(task, task.columns)
    except Invalid as error:
        return error
    except MemoryError:
        return BadFileError("The file takes more memory than a file may. Split it, or save it as CSV.")


def looked(task: Task) -> Look:
    """Return the first look at a file."""
    kind, reading, sheets, rows = _opened(task)
    first = list(islice(not_blank(rows), _HEADER_AMONG + _SAMPLE_ROWS))
    if not first:
        raise BadFileError("The file is empty: there is no row with anything in it.")
    header_row = reading.header_row if reading.header_row >= 0 else _header_row(first)
    headers = next((texts(cells) for number, cells in first if number == header_row), [])
    sample = [texts(cells) for number, cells in first if number > header_row][:_SAMPLE_ROWS]
    width = max(map(len, [headers, *sample]))
    headers += [""] * (width - len(headers))
    return Look(kind, replace(reading, header_row=header_row), sheets, headers, sample, guessed(headers))


def _header_row(first: list[Row]) -> int:
    """Return the number of the row in which most headers are known, else of the first row with two texts."""
    among = first[:_HEADER_AMONG]
    known = {number: sum(map(bool, guessed(texts(cells)))) for number, cells in among}
    best = max(known, key=lambda number: (known[number], -number))
    if known[best] > 1:
        return best
    several = (number for number, cells in among if sum(isinstance(cell, str) and bool(cell) for cell in cells) > 1)
    return next(several, best)


def checked(task: Task, columns: Columns) -> Checked:
    """Return the orders that the rows of a file become."""
    kind, reading, _, rows = _opened(task)
    assert task.now
    moment = Moment(task.now, ZoneInfo(task.zone))
    how = task.how
    if kind != "text":
        book = Workbook(task.data, kind)
        how = replace(how, from_1904=book.counts_from_1904, is_text=False)
    made = assemble(rows, max(reading.header_row, 0), columns, how, moment, task.max_lines)
    seen = made.evidence
    return Checked(
        made.how,
        "" if made.how.decimal else seen.number_two_ways,
        "" if made.how.day_order else seen.date_two_ways,
        made.rows,
        len(made.orders),
        [packed(part) for part in parts(made.orders)],
    )


def _opened(task: Task) -> tuple[str, Reading, list[str], Iterator[Row]]:
    kind = kind_of(task.data)
    if kind is None:
        shape = delimited.found_shape(task.data, task.reading.encoding, task.reading.delimiter)
        reading = replace(task.reading, encoding=shape.encoding, delimiter=shape.delimiter, sheet="")
        return "text", reading, [], delimited.rows_of(task.data, Shape(shape.encoding, shape.delimiter))
    book = Workbook(task.data, kind)
    sheet = book.chosen(task.reading.sheet)
    reading = replace(task.reading, encoding="", delimiter="", sheet=sheet)
    return kind, reading, [one.name for one in book.sheets], book.rows_of(sheet)
