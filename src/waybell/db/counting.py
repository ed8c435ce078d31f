"""Counting rows up to a limit."""

from typing import Any

from sqlalchemy import Select, func, select

from waybell.db.database import Tx


def count_up_to(tx: Tx, query: Select[Any], most: int) -> int:
    """Return how many rows the query finds, or `most` if there are more: counting a million is too slow for a page."""
    return int(tx.execute(select(func.count()).select_from(query.limit(most).subquery())).scalar_one())
