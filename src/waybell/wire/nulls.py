"""Removing null members from answers, as webhooks and XML do.

Clients generated from the Track-POD API's document fail on a null that the document does not allow, so the operations
of that API omit nulls. Waybell's own operations send nulls, as their document says. Only members that a document
declares are omitted; the keys of a map and free-form data belong to the account and stay as they are.
"""

from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from waybell.wire.xml import bare


def without_nulls(value: Any, shape: Any) -> Any:
    """Return a JSON value of type `shape` without its null members."""
    inner = _inner(shape)
    if isinstance(inner, dict):
        if not isinstance(value, dict):
            return value
        return {
            name: without_nulls(part, inner[name]) if inner.get(name) else part
            for name, part in value.items()
            if part is not None or name not in inner
        }
    if inner is not None and isinstance(value, list):
        return [without_nulls(part, inner) for part in value]
    return value


@cache
def _inner(shape: Any) -> Any:
    """Return the types to search for nulls in a value of type `shape`.

    For a model this is a map from each member to the type of the member if that holds members, else to None. For a list
    it is the type of the items, and for other types it is None.
    """
    shape = bare(shape)
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        members = {field.alias or name: field.annotation for name, field in shape.model_fields.items()}
        return {name: part if _is_deep(part) else None for name, part in members.items()}
    if get_origin(shape) is list and _is_deep(get_args(shape)[0]):
        return get_args(shape)[0]
    return None


def _is_deep(shape: Any) -> bool:
    shape = bare(shape)
    if get_origin(shape) is list:
        return _is_deep(get_args(shape)[0])
    return isinstance(shape, type) and issubclass(shape, BaseModel)
