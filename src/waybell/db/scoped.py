"""The scope of a transaction as SQL conditions on rows that hold a document; the rule stands in `ground/scope.py`."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Text, cast, column, func, or_, select, true, type_coerce

from waybell.db.database import Tx


def member(tx: Tx, document: ColumnElement[Any], name: str) -> ColumnElement[str]:
    """Return the expression for a text member of the document in the column, such as `Client` or `Vehicle.Number`."""
    text = type_coerce(document, Text)
    if tx.on_postgres:
        path = tuple(name.split("."))
        found: ColumnElement[str] = cast(text, JSON)[path if len(path) > 1 else name].as_string()
        return found
    return func.json_extract(text, f"$.{name}", type_=Text)


def members(tx: Tx, document: Column[Any], names: Sequence[str]) -> ColumnElement[str]:
    """Return the expression for the text of a JSON list of these members, with null for one that is missing.

    The database parses each document once, however many members are named.
    """
    text = type_coerce(document, Text)
    if tx.on_postgres:
        typed = [column(name, JSON) for name in names]
        record = func.json_to_record(cast(text, JSON)).table_valued(*typed).render_derived("d", with_types=True)
        return cast(select(func.json_build_array(*[record.c[name] for name in names])).scalar_subquery(), Text)
    return func.json_extract(text, *[f"$.{name}" for name in names], type_=Text)


def length_of(tx: Tx, document: Column[Any], name: str) -> ColumnElement[int]:
    """Return the expression for the number of items in a list of the document; 0 or null without the list."""
    text = type_coerce(document, Text)
    if tx.on_postgres:
        return func.json_array_length(cast(text, JSON)[name])
    return func.json_array_length(text, f"$.{name}")


def of_shippers(tx: Tx, document: Column[Any]) -> ColumnElement[bool]:
    return member(tx, document, "ShipperId").in_(tx.scope.shippers) if tx.scope.shippers else true()


def of_depots(tx: Tx, document: Column[Any]) -> ColumnElement[bool]:
    return member(tx, document, "DepotId").in_(tx.scope.depots) if tx.scope.depots else true()


def of_teams(tx: Tx, document: Column[Any]) -> ColumnElement[bool]:
    return member(tx, document, "TeamCode").in_(tx.scope.teams) if tx.scope.teams else true()


def lists_one_of(tx: Tx, document: Column[Any], name: str, values: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a list of texts in the document holds one of these values.

    The list is searched as JSON text, in which each value stands between quotes.
    """
    listed = func.coalesce(member(tx, document, name), "[]")
    place = func.strpos if tx.on_postgres else func.instr
    return or_(*[place(listed, json.dumps(value, ensure_ascii=False)) > 0 for value in values])
