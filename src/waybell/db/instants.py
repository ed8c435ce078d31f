"""Instants in statements."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, bindparam, case

from waybell.db.schema import Instant


def moved_back(column: Column[Any], back: timedelta, now: datetime) -> dict[str, Any]:
    """Return the values of an update that moves an instant back by so much, but not before now."""
    earlier = column - bindparam("back", back // timedelta(microseconds=1))
    bound = bindparam("now", now, Instant)
    return {column.name: case((earlier > bound, earlier), else_=bound)}
