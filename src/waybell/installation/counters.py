"""Counts that outlive the processes that made them: whoever reads them anywhere sees those of all.

Processes add what is new, a few times a minute. So a count never falls, whoever restarts.
"""

from collections.abc import Mapping

from sqlalchemy import select

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.installation.tables import counters


def add(tx: Tx, counts: Mapping[str, int]) -> None:
    """Add these to the counters of their names. In the order of the names, so that two who add do not deadlock."""
    rows = [{"name": name, "value": count} for name, count in sorted(counts.items()) if count]
    if rows:
        insert = insert_into(counters, on_postgres=tx.on_postgres)
        statement = insert.on_conflict_do_update(
            index_elements=[counters.c.name], set_={"value": counters.c.value + insert.excluded.value}
        )
        tx.execute(statement, rows)


def read(tx: Tx) -> dict[str, int]:
    return {row.name: row.value for row in tx.execute(select(counters))}
