"""Answers without their null members, as webhooks and XML have them.

Clients that are made from the Track-POD API's document take a null for a fault where it does not say that there may be
one. So the operations of that API leave nulls out. Our own operations send them, as their document says: what reads
those knows no other. Left out are members that a document declares. The keys of a map are the account's own, and so is
what is free in form: both stay as they are.
"""

from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from waybell.wire.xml import bare


def without_nulls(value: Any, shape: Any) -> Any:
    """Return a value as JSON has it, of this annotation, without the members that are null."""
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
    """Return what members of this annotation may be left out in.

    Of a model that is its members, each with its annotation if there are further ones in it, of a list the annotation
    of its items, and None of all else.
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
