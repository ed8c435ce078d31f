"""The names by which people know the rows of an account: from typed text to ids, and from ids to names."""

from collections.abc import Collection, Sequence

from sqlalchemy import Column, select

from waybell.db.chunks import chunks
from waybell.db.database import Tx

MOST = 20  # the most rows that one key finds


def ids(tx: Tx, account_id: str, id_column: Column[str], keys: Sequence[Column[str]], typed: str) -> list[str]:
    """Return the ids of the rows in which one of these keys is the typed text, without duplicates.

    Each key is asked for by itself, because each has an index of its own.
    """
    found: dict[str, None] = {}
    for key in keys:
        query = select(id_column).where(id_column.table.c.account_id == account_id, key == typed)
        found |= dict.fromkeys(tx.execute(query.limit(MOST)).scalars())
    return list(found)


def names(
    tx: Tx, account_id: str, id_column: Column[str], name_column: Column[str], of: Collection[str]
) -> dict[str, str]:
    """Return the name of each of these ids, including deleted rows; the id stands for a missing name."""
    found: dict[str, str] = {}
    for some in chunks(sorted(of)):
        query = select(id_column, name_column).where(id_column.table.c.account_id == account_id, id_column.in_(some))
        for row_id, name in tx.execute(query):
            found[row_id] = name or row_id
    return found
