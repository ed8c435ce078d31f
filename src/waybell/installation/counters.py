"""Counters that outlive the processes: every process can read the totals of all.

Each process adds its new counts a few times a minute, so a total never falls when a process restarts.
"""

from collections.abc import Mapping

from sqlalchemy import select

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.installation.tables import counters


def add(tx: Tx, counts: Mapping[str, int]) -> None:
    """Add to the counters of these names, in the order of the names, so that concurrent callers do not deadlock."""
    rows = [{"name": name, "value": count} for name, count in sorted(counts.items()) if count]
    if rows:
        insert = insert_into(counters, on_postgres=tx.on_postgres)
        statement = insert.on_conflict_do_update(
            index_elements=[counters.c.name], set_={"value": counters.c.value + insert.excluded.value}
        )
        tx.execute(statement, rows)


def read(tx: Tx) -> dict[str, int]:
    return {row.name: row.value for row in tx.execute(select(counters))}
