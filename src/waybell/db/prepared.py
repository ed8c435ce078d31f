"""Statements of the hot path: written with SQLAlchemy, compiled once, then run by the driver itself.

What SQLAlchemy does around each execution (parameters, types, result rows) costs more than SQLite needs for the
statement. Here parameters and rows are as the driver has them: an instant is whole microseconds, see `stored`.
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
        """`columns` are those that an insert sets, when not all."""
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def run(self, tx: Tx, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run it once; answers the rows that it returns."""
        text, constants = self._for(tx)
        result = tx.connection.exec_driver_sql(text, {**constants, **parameters})
        return result.fetchall() if result.returns_rows else ()

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
            self._compiled[dialect.name] = _arrays_in_binary(compiled), constants
        return self._compiled[dialect.name]


def _arrays_in_binary(compiled: Any) -> str:
    """The text, in which psycopg is told to send arrays as bytes: as text it quotes them value by value.

    That took a quarter of the dispatcher's time, five times as long for a name and seventy for bytes.
    """
    text = str(compiled)
    for name, bound in compiled.binds.items():
        if isinstance(bound.type, ARRAY):
            text = text.replace(f"%({name})s", f"%({name})b")
    return text


def each_row(columns: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """On PostgreSQL, rows of these columns; each column is a parameter of its name, an array with a value for each."""
    arrays = func.unnest(*[bindparam(name, type_=ARRAY(kind)) for name, kind in columns.items()])
    named = arrays.table_valued(*[column(name, kind) for name, kind in columns.items()], name="each_row")
    return named.render_derived()


def each_text(parameter: str) -> TableValuedAlias:
    """On SQLite, a row with a `value` for each text of a parameter, which is a list in JSON."""
    return func.json_each(bindparam(parameter)).table_valued(column("value", Text), name="each_text")


class Among:
    """A query for the rows whose `key` is one of many texts, written once for both databases."""

    def __init__(self, query: Select[Any], key: ColumnElement[str]) -> None:
        self._of_array = Prepared(query.where(key == any_(bindparam("keys", type_=ARRAY(Text)))))
        self._of_list = Prepared(query.where(key.in_(select(each_text("keys").c.value))))

    def run(self, tx: Tx, keys: Sequence[str], **parameters: Any) -> Sequence[Any]:
        """The rows, in no order; nobody is asked about no keys. `parameters` are those that the query has besides."""
        if not keys:
            return ()
        if tx.on_postgres:
            return self._of_array.run(tx, {**parameters, "keys": list(keys)})
        return self._of_list.run(tx, {**parameters, "keys": json.dumps(keys)})


class Each:
    """A statement that is to be carried out for each of many rows, written once for both databases.

    SQLite gets it row by row, which costs it nothing; PostgreSQL gets all rows at once as arrays, because there each
    statement is a message to the server. So rows must not depend on each other.
    """

    def __init__(self, columns: Mapping[str, TypeEngine[Any]], build: Callable[[Any, bool], ClauseElement]) -> None:
        """`build` makes the statement of an object whose attributes are the row's columns, and of "on PostgreSQL?"."""
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


def insert_each(table: Table, names: Sequence[str], *, or_leave: bool = False) -> Each:
    """Insert rows of these columns; with `or_leave`, those whose key is there already are left as they are."""

    def build(row: Any, on_postgres: bool) -> ClauseElement:  # noqa: FBT001 - as Each calls it
        insert = insert_into(table, on_postgres=on_postgres)
        values = {name: getattr(row, name) for name in names}
        # An insert from a select may fail half-way, as far as SQLite knows: it would keep what it changes till the end.
        statement: Any = (
            insert.from_select(names, select(*values.values()).where(true())) if on_postgres else insert.values(values)
        )
        if or_leave:
            statement = statement.on_conflict_do_nothing()
        return cast("ClauseElement", statement)

    return Each({name: _driver_type(table.c[name].type) for name in names}, build)


def _driver_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The plain type behind one of ours: parameters are as the driver has them."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


@overload
def stored(when: datetime) -> int: ...
@overload
def stored(when: None) -> None: ...
@overload
def stored(when: datetime | None) -> int | None: ...
def stored(when: datetime | None) -> int | None:
    """An instant as the driver has it."""
    return None if when is None else microseconds(when)


def restored(value: int | None) -> datetime | None:
    """An instant as we have it."""
    return None if value is None else instant(value)
