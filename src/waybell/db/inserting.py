"""SQLAlchemy has a separate class for each database for an insert with a rule for existing keys; this chooses one."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(table: Table, *, on_postgres: bool) -> Any:
    """Return an insert with `on_conflict_do_nothing` and `on_conflict_do_update`, the same for both databases."""
    return (postgresql if on_postgres else sqlite).insert(table)
