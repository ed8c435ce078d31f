"""An insert that may say what happens when its key is there already; SQLAlchemy has one for each database."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(table: Table, *, on_postgres: bool) -> Any:
    """An insert with `on_conflict_do_nothing` and `on_conflict_do_update`, which both databases write alike."""
    return (postgresql if on_postgres else sqlite).insert(table)
