"""Pages of a list: the rows of a page, and the cursor with which the next page begins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select

from waybell.db.database import Tx
from waybell.db.records import Records
from waybell.ground import cursors

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    rows: list[R]
    cursor: str | None  # continue after the last of these; None when there are no more


def page(tx: Tx, records: Records[R], query: Select[Any], limit: int, cursor: Callable[[Any], str]) -> Page[R]:
    """Return the first records of the query; `cursor` makes the cursor that continues behind a record."""
    found = records.all(tx, query.limit(limit + 1))
    return Page(found[:limit], cursor(found[limit - 1]) if len(found) > limit else None)


def page_by_id(
    tx: Tx, records: Records[R], query: Select[Any], column: Any, after: str | None, limit: int, of: str
) -> Page[R]:
    """Return a page of the records of the query, newest first. Ids sort by age, so the cursor is an id."""
    if after:
        query = query.where(column < cursors.decode(of, after, 1)[0])
    return page(tx, records, query.order_by(column.desc()), limit, lambda one: cursors.encode(of, one.id))
