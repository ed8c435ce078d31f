"""Statements of the hot path: written with SQLAlchemy, compiled once, then run by the driver itself.

What SQLAlchemy does around each execution (parameters, types, result rows) costs more than SQLite needs for the
statement. Here parameters and rows are as the driver has them: an instant is whole microseconds, see `stored`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, overload

from sqlalchemy import ClauseElement
from sqlalchemy.dialects import sqlite

from waybell.db.database import Tx
from waybell.db.schema import microseconds


class Prepared:
    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        """`columns` are those that an insert sets, when not all."""
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def run(self, tx: Tx, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run it once; answers the rows that it returns."""
        text, constants = self._for(tx)
        return tx.connection.exec_driver_sql(text, {**constants, **parameters}).fetchall()

    def run_many(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of these, in their order."""
        if rows:
            text, constants = self._for(tx)
            tx.connection.exec_driver_sql(text, [{**constants, **row} for row in rows])

    def _for(self, tx: Tx) -> tuple[str, dict[str, Any]]:
        """The text for this database, and the parameters that SQLAlchemy made of values in the statement."""
        dialect = tx.connection.dialect
        if dialect.name not in self._compiled:
            # SQLite's driver takes its parameters by name too, which SQLAlchemy does not use by default.
            named = sqlite.dialect(paramstyle="named") if dialect.name == "sqlite" else dialect
            compiled: Any = self._statement.compile(dialect=named, column_keys=self._columns)
            constants = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
            self._compiled[dialect.name] = str(compiled), constants
        return self._compiled[dialect.name]


@overload
def stored(instant: datetime) -> int: ...
@overload
def stored(instant: None) -> None: ...
@overload
def stored(instant: datetime | None) -> int | None: ...
def stored(instant: datetime | None) -> int | None:
    """An instant as the driver has it."""
    return None if instant is None else microseconds(instant)
