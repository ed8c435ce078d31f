"""Statements of the hot path: written with SQLAlchemy, compiled once, then run by the driver directly.

The work that SQLAlchemy does around each execution (parameters, types, result rows) takes longer than SQLite needs for
the statement. Here parameters and rows have the driver's types; for example an instant is an integer of microseconds,
see `stored`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast, overload

from sqlalchemy import (
    ARRAY,
    ClauseElement,
    ColumnElement,
    Select,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    column,
    func,
    select,
    true,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.schema import instant, microseconds


class Prepared:
    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        """Prepare a statement; `columns` names the columns that an insert sets, if it does not set all."""
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def run(self, tx: Tx, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run the statement once and return its rows."""
        text, constants = self._for(tx)
        result = tx.connection.exec_driver_sql(text, {**constants, **parameters})
        return result.fetchall() if result.returns_rows else ()

    def run_many(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run the statement once for each of the rows, in order."""
        if rows:
            text, constants = self._for(tx)
            tx.connection.exec_driver_sql(text, [{**constants, **row} for row in rows])

    def _for(self, tx: Tx) -> tuple[str, dict[str, Any]]:
        """Return the text for this database, and the parameters that SQLAlchemy made of constants in the statement."""
        dialect = tx.connection.dialect
        if dialect.name not in self._compiled:
            # SQLite's driver also takes named parameters, which SQLAlchemy does not use by default.
            named = sqlite.dialect(paramstyle="named") if dialect.name == "sqlite" else dialect
            compiled: Any = self._statement.compile(dialect=named, column_keys=self._columns)
            constants = {name: bound.value for name, bound in compiled.binds.items() if not bound.required}
            self._compiled[dialect.name] = _arrays_in_binary(compiled), constants
        return self._compiled[dialect.name]


def _arrays_in_binary(compiled: Any) -> str:
    """Return the text with arrays marked to be sent as bytes; as text, psycopg quotes them value by value.

    Quoting took a quarter of the dispatcher's time; bytes are five times as fast for names and seventy times for binary
    values.
    """
    text = str(compiled)
    for name, bound in compiled.binds.items():
        if isinstance(bound.type, ARRAY):
            text = text.replace(f"%({name})s", f"%({name})b")
    return text


def each_row(columns: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """Return a table of these columns on PostgreSQL, where each column is an array parameter of the same name."""
    arrays = func.unnest(*[bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items()])
    named = arrays.table_valued(*[column(name, kind) for name, kind in columns.items()], name="each_row")
    return named.render_derived()


def each_text(parameter: str) -> TableValuedAlias:
    """Return a table on SQLite with a `value` for each text in a parameter that holds a JSON list."""
    return func.json_each(bindparam(parameter)).table_valued(column("value", Text), name="each_text")


class Among:
    """A query for the rows whose `key` is one of many texts, written once for both databases."""

    def __init__(self, query: Select[Any], key: ColumnElement[str]) -> None:
        self._of_array = Prepared(query.where(key == any_(bindparam("keys", type_=ARRAY(Text)))))
        self._of_list = Prepared(query.where(key.in_(select(each_text("keys").c.value))))

    def run(self, tx: Tx, keys: Sequence[str], **parameters: Any) -> Sequence[Any]:
        """Return the rows in no particular order; without keys, return none and do not ask the database.

        `parameters` are the other parameters of the query.
        """
        if not keys:
            return ()
        if tx.on_postgres:
            return self._of_array.run(tx, {**parameters, "keys": list(keys)})
        return self._of_list.run(tx, {**parameters, "keys": json.dumps(keys)})


class Each:
    """A statement to run for each of many rows, written once for both databases.

    SQLite runs it row by row, which costs nothing extra. PostgreSQL gets all rows at once as arrays, because each
    statement there is a round trip to the server. So the rows must not depend on each other.
    """

    def __init__(self, columns: Mapping[str, TypeEngine[Any]], build: Callable[[Any, bool], ClauseElement]) -> None:
        """Build the statement for both databases.

        `build` returns the statement, given an object whose attributes are the columns of the row, and whether the
        database is PostgreSQL.
        """
        self._columns = list(columns)
        one = {name: bindparam(name, type_=kind) for name, kind in columns.items()}
        self._one = Prepared(build(SimpleNamespace(**one), False))
        self._all = Prepared(build(each_row(columns).c, True))

    def run(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        if tx.on_postgres:
            self._all.run(tx, {name: [row[name] for row in rows] for name in self._columns})
        else:
            self._one.run_many(tx, rows)


def each(columns: Mapping[str, TypeEngine[Any]]) -> Callable[[Callable[[Any], ClauseElement]], Each]:
    """Turn a function that makes a statement of a row's columns into that statement, to be carried out for each row."""

    def made(build: Callable[[Any], ClauseElement]) -> Each:
        return Each(columns, lambda row, _on_postgres: build(row))

    return made


def insert_each(table: Table, names: Sequence[str], *, or_leave: bool = False) -> Each:
    """Return an insert of rows with these columns; with `or_leave`, existing rows are left unchanged."""

    def build(row: Any, on_postgres: bool) -> ClauseElement:  # noqa: FBT001 - Each passes it by position
        insert = insert_into(table, on_postgres=on_postgres)
        values = {name: getattr(row, name) for name in names}
        # SQLite would treat an insert from a select as a statement that may fail half-way, and keep undo data.
        statement: Any = (
            insert.from_select(names, select(*values.values()).where(true())) if on_postgres else insert.values(values)
        )
        if or_leave:
            statement = statement.on_conflict_do_nothing()
        return cast("ClauseElement", statement)

    return Each({name: _driver_type(table.c[name].type) for name in names}, build)


def _driver_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type that the driver takes, behind one of our own types."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


@overload
def stored(when: datetime) -> int: ...
@overload
def stored(when: None) -> None: ...
@overload
def stored(when: datetime | None) -> int | None: ...
def stored(when: datetime | None) -> int | None:
    """Turn an instant into the integer that the driver takes."""
    return None if when is None else microseconds(when)


def restored(value: int | None) -> datetime | None:
    """Turn the driver's integer into an instant."""
    return None if value is None else instant(value)
