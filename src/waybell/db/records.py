"""Records: a row leaves a store as a frozen dataclass with a field for each selected column.

The name of an event type leaves as the name used outside, so that no other code has to translate stored names.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from sqlalchemy import ColumnElement, Executable, Row, Table

from waybell.db.database import Tx
from waybell.ground.event_names import EventName

R = TypeVar("R")
_Reader = Callable[[Tx, Any], Any]


class Records(Generic[R]):
    """A reader of records of one kind. A query must select `columns` in this order, before any others."""

    def __init__(self, record: type[R], *tables: Table) -> None:
        """Take each field of the record from the first of the tables with a column of this name."""
        hints = get_type_hints(record)
        names = [field.name for field in fields(record)]  # type: ignore[arg-type]  # a dataclass, as `R` cannot say
        self._record = record
        self._readers = [_reader(hints[name]) for name in names]
        self.columns: list[ColumnElement[Any]] = [
            next(table.c[name] for table in tables if name in table.c) for name in names
        ]

    def of(self, tx: Tx, row: Row[Any]) -> R:
        return self._record(*[read(tx, value) for read, value in zip(self._readers, row, strict=False)])

    def all(self, tx: Tx, query: Executable) -> list[R]:
        return [self.of(tx, row) for row in tx.execute(query)]

    def first(self, tx: Tx, query: Executable) -> R | None:
        row = tx.execute(query).first()
        return self.of(tx, row) if row else None


def _reader(hint: Any) -> _Reader:
    """Return the function from the value of the column to the value of the field."""
    if hint is EventName:
        return lambda tx, value: tx.names.of(value)
    if get_origin(hint) is Sequence:
        inner = _reader(get_args(hint)[0])
        return lambda tx, values: [inner(tx, value) for value in values or ()]
    return lambda _tx, value: value
