"""What the page of an import shows of its rows, and the file of the rows that were refused."""

from collections.abc import Iterator
from dataclasses import dataclass

from waybell.db.database import Database, Tx
from waybell.ground import cursors
from waybell.importing import store
from waybell.importing.assembling import FileOrder
from waybell.importing.guarding import csv_lines
from waybell.importing.limits import ROWS_OF_A_PART
from waybell.importing.parts import unpacked
from waybell.importing.records import Change, Import

FILTERS = ("refused", "warned")
MOST_KEPT = 200
_PARTS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Preview:
    orders: list[FileOrder]
    after: str | None  # where the next page begins; None at the end


def page_of(tx: Tx, one: Import, only: str, after: str) -> Preview:
    """Return a page of orders: of all, or of those that were refused or have warnings.

    Raise `Invalid` for a wrong cursor.
    """
    at, begun = 0, 0
    if after:
        at, begun = map(cursors.number, cursors.decode(_name(one, only), after, 2))
    found: list[FileOrder] = []
    while True:
        rows = store.parts_with(tx, one.id, only, at, _PARTS_AT_ONCE if only else 1)
        for number, body in rows:
            for place, order in enumerate(unpacked(body)):
                if (number == at and place < begun) or not _is_wanted(order, only):
                    continue
                if len(found) >= ROWS_OF_A_PART:
                    return Preview(found, cursors.encode(_name(one, only), number, place))
                found.append(order)
            at, begun = number + 1, 0
        if len(rows) < (_PARTS_AT_ONCE if only else 1):
            return Preview(found, None)


def _name(one: Import, only: str) -> str:
    return f"import {one.id} {only}"


def _is_wanted(order: FileOrder, only: str) -> bool:
    return {"refused": order.act == "refuse", "warned": bool(order.problems)}.get(only, True)


def kept(tx: Tx, one: Import) -> list[Change]:
    """Return what an undo could not take back."""
    return store.kept(tx, one.id, MOST_KEPT) if one.kept else []


def error_file(database: Database, one: Import) -> Iterator[str]:
    """Yield a CSV of the refused rows as they were in the file, each with its number and the reason behind it."""
    headers: list[str] = one.look["headers"]
    width = len(headers)
    delimiter = one.look["reading"]["delimiter"] or ","

    def rows() -> Iterator[list[str]]:
        yield [*headers, "Row", "Why"]
        after = 0
        while True:
            with database.reading() as tx:
                parts = store.parts_with(tx, one.id, "refused", after, 1)
            if not parts:
                return
            [(number, body)] = parts
            after = number + 1
            for order in unpacked(body):
                if order.act == "refuse":
                    yield from _refused(order, width)

    return csv_lines(rows(), delimiter)


def _refused(order: FileOrder, width: int) -> Iterator[list[str]]:
    """Yield all rows of a refused order: an order is imported as a whole or not at all."""
    whole = [problem.words for problem in order.problems if problem.level == "error"]
    for row in order.rows:
        own = [problem for problem in order.problems if problem.row == row and problem.level == "error"]
        words = [f"{problem.column}: {problem.text}" if problem.column else problem.text for problem in own] or whole
        cells = order.cells[row][:width]
        yield [*cells, *[""] * (width - len(cells)), str(row), "; ".join(words)]
