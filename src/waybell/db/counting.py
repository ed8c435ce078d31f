"""Counting no further than anybody wants to know."""

from typing import Any

from sqlalchemy import Select, func, select

from waybell.db.database import Tx


def count_up_to(tx: Tx, query: Select[Any], most: int) -> int:
    """How many rows the query finds, but at most `most`: counting a million takes too long for a page."""
    return int(tx.execute(select(func.count()).select_from(query.limit(most).subquery())).scalar_one())
