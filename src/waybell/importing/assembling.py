"""Making orders of the rows of a file: requests as the API takes them, and what is wrong with each row. Pure.

The orders come in parts of some fifty rows. A part is what one transaction writes and one page of the preview shows; it
holds all rows of its orders, and all orders that its routes get from the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import ValidationError

from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, TooLarge
from waybell.importing import values
from waybell.importing.cells import BadFileError, Cell, Row, column_name, is_blank, not_blank, texts
from waybell.importing.fields import CUSTOM, field_of
from waybell.importing.limits import MAX_PROBLEMS, MAX_ROWS, ROWS_OF_A_PART
from waybell.importing.values import Evidence, How
from waybell.orders import editing
from waybell.orders.model import Order
from waybell.orders.requests import NewOrder
from waybell.routes.requests import NewRoute
from waybell.wire import sizes
from waybell.wire.model import is_time_of_day, member_name
from waybell.wire.validation_words import explain

Level = Literal["error", "warning"]
Key = Literal["Number", "Id", "Number+Date", "TrackId", ""]  # empty: each row is a new order
Repeated = Literal["lines", "orders", "refuse"]  # what rows with one key are
_KEYED_BY: dict[str, tuple[str, ...]] = {
    "Number": ("Number",),
    "Id": ("Id",),
    "Number+Date": ("Number", "Date"),
    "TrackId": ("TrackId",),
    "": (),
}
_FAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Columns:
    """The meaning of the columns: the field of each, and values for fields without a column."""

    fields: Sequence[str]  # by column, the name of a field or empty text
    fixed: Mapping[str, str] = field(default_factory=dict)
    key: Key = "Number"
    repeated: Repeated = "refuse"


@dataclass
class Problem:
    row: int
    column: str  # the name of the column, or empty text
    level: Level
    text: str

    @property
    def words(self) -> str:
        return f"Row {self.row}{f', column {self.column}' if self.column else ''}: {self.text}"


@dataclass
class FileOrder:
    """An order of the file."""

    rows: list[int]
    cells: dict[int, list[str]]  # the cells of each row as they are in the file
    request: dict[str, Any] = field(default_factory=dict)
    track_id: str = ""  # of an export
    stop: int | None = None
    problems: list[Problem] = field(default_factory=list)
    act: str = ""  # create, update, skip, or refuse: what is going to be done, or was done
    about: str = ""  # the TrackId of the order in Waybell
    columns: dict[str, int] = field(default_factory=dict)  # by field, its first column; only while reading
    route: dict[str, Any] = field(default_factory=dict)  # of its route: Code, DriverLogin, ...
    lines: list[int] = field(default_factory=list)  # the row of each line of goods

    @property
    def is_wrong(self) -> bool:
        return any(problem.level == "error" for problem in self.problems)

    def add(self, row: int, column: str, level: Level, text: str) -> None:
        problem = Problem(row, column, level, text)
        if problem not in self.problems and sum(one.row == row for one in self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)


@dataclass
class Assembled:
    headers: list[str]
    orders: list[FileOrder]
    how: How
    evidence: Evidence
    rows: int


class Assembler:
    """The orders of one file, as they grow row by row."""

    def __init__(self, columns: Columns, headers: Sequence[str], how: How, moment: Moment, max_lines: int) -> None:
        self._fields = [field_of(name) for name in columns.fields]
        self._headers = headers
        self._columns = columns
        self._how = how
        self._moment = moment
        self._max_lines = max_lines
        self._fixed = self._read_fixed()
        self._orders: dict[Any, FileOrder] = {}

    def _read_fixed(self) -> dict[str, Any]:
        """Return the fixed values. Raise `Invalid` for an unusable one, with the name of its field."""
        fixed = {}
        for name, typed in self._columns.fixed.items():
            of = field_of(name)
            if of and typed.strip():
                try:
                    # A person types a fixed value here, so a date is in the form of the page.
                    fixed[name] = values.read(typed.strip(), of, replace(self._how, is_text=True))
                except ValueError as error:
                    raise Invalid(f"{of.label}: {error}") from None
        return fixed

    def _place(self, at: int) -> str:
        header = self._headers[at].strip()[:60] if at < len(self._headers) else ""
        return f"{column_name(at)} ({header})" if header else column_name(at)

    def take(self, row: Row) -> None:
        """Add a row."""
        number, cells = row
        order = FileOrder([number], {number: texts(cells)})
        read = self._read_row(order, number, cells)
        identity = self._identity(order, read, number)
        known = self._orders.get(identity)
        if known is None:
            self._orders[identity] = order
            self._fill(order, read)
        else:
            self._join(known, order, read, number)

    def _read_row(self, order: FileOrder, number: int, cells: Sequence[Cell]) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for at, of in enumerate(self._fields):
            if of is None or at >= len(cells) or is_blank(cells[at]):
                continue
            order.columns.setdefault(of.name, at)
            try:
                value = values.read(cells[at], of, self._how)
            except ValueError as error:
                order.add(number, self._place(at), "error", str(error))
                continue
            if of.kind == "window":
                for name, end in zip(("TimeSlotFrom", "TimeSlotTo"), value, strict=True):  # type: ignore[call-overload]
                    read.setdefault(name, end)
                    order.columns.setdefault(name, at)
            elif of.name in read and of.joins:
                if value not in read[of.name].split(of.joins):
                    read[of.name] = f"{read[of.name]}{of.joins}{value}"
            else:
                read[of.name] = value
        if read or order.problems:
            for name, value in self._fixed.items():
                read.setdefault(name, value)
        return read

    def _identity(self, order: FileOrder, read: Mapping[str, Any], number: int) -> Any:
        key = self._columns.key
        names = _KEYED_BY[key] or ("Number",)
        parts = [read.get(name) for name in names]
        # A cell that could not be read was told of already.
        if key in ("Number", "Id", "Number+Date") and None in parts and not order.problems:
            lacking = names[parts.index(None)]
            order.add(number, "", "error", f"{lacking} is empty, and orders are recognised by it")
        if None in parts or self._columns.repeated == "orders":
            return number
        return (*parts, read.get("Type"))

    def _join(self, known: FileOrder, row: FileOrder, read: Mapping[str, Any], number: int) -> None:
        """Add a row to the order that a row before it began."""
        known.rows.append(number)
        known.cells |= row.cells
        known.problems += row.problems
        if self._columns.repeated == "refuse":
            known.add(
                number, "", "error",
                f"is of the same order as row {known.rows[0]}. Map the columns of goods, if these are its lines",
            )  # fmt: skip
            return
        self._fill(known, read, number)

    def _fill(self, order: FileOrder, read: Mapping[str, Any], number: int = 0) -> None:
        """Take over the values of a row; `number` is that of a row behind the first."""
        line: dict[str, Any] = {}
        for name, value in read.items():
            of = field_of(name)
            assert of
            if of.is_goods:
                line[of.member] = value
            elif name.startswith(CUSTOM):
                self._settle(
                    order, order.request.setdefault(CUSTOM, {}), name.removeprefix(CUSTOM), name, value, number
                )
            elif name.startswith("PickupOrder."):
                self._settle(order, order.request.setdefault("PickupOrder", {}), of.member, name, value, number)
            elif name == "Route.Stop":
                order.stop = value if order.stop is None else order.stop
            elif of.is_route:
                self._settle(order, order.route, of.member, name, value, number)
            elif name == "TrackId":
                order.track_id = value
            else:
                self._settle(order, order.request, of.member, name, value, number)
        if any(member for member in line if f"GoodsList.{member}" not in self._fixed):
            order.request.setdefault("GoodsList", []).append(line)
            order.lines.append(number or order.rows[0])

    def _settle(self, order: FileOrder, into: dict[str, Any], member: str, name: str, value: Any, number: int) -> None:
        before = into.setdefault(member, value)
        if number and before != value:
            at = order.columns.get(name)
            column = self._place(at) if at is not None else ""
            text = f"is another value than in row {order.rows[0]}, which is of the same order"
            order.add(number, column, "error", text)

    def finished(self) -> list[FileOrder]:
        """Return all orders, checked as far as they can be without the database."""
        for order in self._orders.values():
            own = order.request.pop(CUSTOM, None)
            if own:
                order.request["CustomFields"] = [{"Id": name, "Value": value} for name, value in own.items()]
            self._check(order)
        return list(self._orders.values())

    def _check(self, order: FileOrder) -> None:
        first = order.rows[0]
        if not order.request and not order.problems:
            order.add(first, "", "error", "holds nothing in the columns that are mapped")
        if not order.is_wrong:
            try:
                with sizes.limiting_lines(self._max_lines):
                    request = NewOrder.model_validate(order.request)
                self._check_slot(order, editing.draft(request, "", self._moment))
                if order.route:
                    NewRoute.model_validate({**order.route, "Date": order.request.get("Date")})
            except ValidationError as error:
                for fault in error.errors(include_url=False, include_input=False):
                    self._note_fault(order, fault["loc"], explain([fault]).partition(": ")[2])
            except (Invalid, TooLarge) as error:
                for line in str(error).splitlines():
                    name, _, text = line.partition(": ")
                    self._note_fault(order, tuple(name.split(".")), text or name)
        if order.route and not order.route.get("Code"):
            order.add(first, "", "warning", "names a driver or a vehicle but no route, so that it stays unassigned")
        self._check_day(order, first)

    def _check_slot(self, order: FileOrder, draft: Order) -> None:
        opens, closes = draft.time_slot_from or "", draft.time_slot_to or ""
        at = order.columns.get("TimeSlotTo")
        if at is not None and opens and opens[:10] < closes[:10] and is_time_of_day(order.request["TimeSlotTo"]):
            order.add(order.rows[0], self._place(at), "warning", f"is before the beginning, so {closes[:10]} is meant")

    def _note_fault(self, order: FileOrder, loc: tuple[int | str, ...], text: str) -> None:
        members = [member_name(part) if part.islower() else part for part in loc if isinstance(part, str)]
        index = next((part for part in loc if isinstance(part, int)), None)
        row = order.rows[0]
        if members[:1] == ["GoodsList"] and index is not None and index < len(order.lines):
            row = order.lines[index]
        names = [".".join(members), members[-1], f"Route.{members[-1]}"] if members else []
        if members[:1] == ["CustomFields"] and index is not None:
            names.insert(0, CUSTOM + str(order.request["CustomFields"][index]["Id"]))
        at = next((order.columns[name] for name in names if name in order.columns), None)
        column = self._place(at) if at is not None else ""
        order.add(row, column, "error", text if column else f"{'.'.join(members)} {text}")

    def _check_day(self, order: FileOrder, row: int) -> None:
        due = order.request.get("Date")
        if due is None or order.is_wrong:
            return
        away = date.fromisoformat(due) - self._moment.today
        at = order.columns.get("Date")
        if at is not None and not timedelta(days=-1) <= away <= _FAR:
            words = "has passed" if away < timedelta() else "is more than a year away"
            order.add(row, self._place(at), "warning", f"{due} {words}")


def assemble(
    rows: Iterator[Row], header_row: int, columns: Columns, how: How, moment: Moment, max_lines: int
) -> Assembled:
    """Return the orders of a file; `header_row` is 0 for a file without one.

    Raise `BadFileError` for too many rows, and `Invalid` for an unusable fixed value.
    """
    headers: list[str] = []
    kept: list[Row] = []
    for number, cells in not_blank(rows):
        if number == header_row:
            headers = texts(cells)
        elif number > header_row:
            kept.append((number, cells))
            if len(kept) > MAX_ROWS:
                raise BadFileError(f"Row {number}: a file may have {MAX_ROWS:,} rows that are not empty. Split it.")
    fields = [(at, of) for at, name in enumerate(columns.fields) if (of := field_of(name))]
    evidence = values.evidence_of(
        (of, cells[at]) for _, cells in kept for at, of in fields if of.kind in _SHOWING and at < len(cells)
    )
    how = replace(how, decimal=how.decimal or evidence.decimal, day_order=how.day_order or evidence.day_order)
    assembler = Assembler(columns, headers, how, moment, max_lines)
    for row in kept:
        assembler.take(row)
    return Assembled(headers, assembler.finished(), how, evidence, len(kept))


_SHOWING = ("number", "date", "time")


def parts(orders: Sequence[FileOrder]) -> Iterator[list[FileOrder]]:
    """Yield the orders in parts. The orders of a route come in one part, by their stops; other parts are even."""
    by_route: dict[tuple[str, str], list[FileOrder]] = {}
    sequence: list[list[FileOrder]] = []
    for order in orders:
        code = order.route.get("Code")
        if not code or order.is_wrong:
            sequence.append([order])
            continue
        place = (str(code), order.request.get("Date", ""))
        if place not in by_route:
            by_route[place] = []
            sequence.append(by_route[place])
        by_route[place].append(order)
    part: list[FileOrder] = []
    rows = 0
    for group in sequence:
        group.sort(key=lambda order: (order.stop is None, order.stop or 0))
        size = sum(len(order.rows) for order in group)
        if part and rows + size > ROWS_OF_A_PART:
            yield part
            part, rows = [], 0
        part += group
        rows += size
    if part:
        yield part
