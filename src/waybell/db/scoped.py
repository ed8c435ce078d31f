"""The scope of a transaction as a condition on rows that keep a document: `ground/scope.py` as SQL."""

from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Text, cast, func, true, type_coerce

from waybell.db.database import Tx


def member(tx: Tx, document: Column[Any], name: str) -> ColumnElement[str]:
    """A text member of the document that the column keeps."""
    text = type_coerce(document, Text)
    if tx.on_postgres:
        found: ColumnElement[str] = cast(text, JSON)[name].as_string()
        return found
    return func.json_extract(text, f"$.{name}", type_=Text)


def length_of(tx: Tx, document: Column[Any], name: str) -> ColumnElement[int]:
    """How many items a list of the document has; 0 or null without it."""
    text = type_coerce(document, Text)
    if tx.on_postgres:
        return func.json_array_length(cast(text, JSON)[name])
    return func.json_array_length(text, f"$.{name}")


def of_shippers(tx: Tx, document: Column[Any]) -> ColumnElement[bool]:
    return member(tx, document, "ShipperId").in_(tx.scope.shippers) if tx.scope.shippers else true()


def of_depots(tx: Tx, document: Column[Any]) -> ColumnElement[bool]:
    return member(tx, document, "DepotId").in_(tx.scope.depots) if tx.scope.depots else true()
