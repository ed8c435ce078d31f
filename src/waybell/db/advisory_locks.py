"""Taking turns on a name, where there is no row yet that could be locked."""

from sqlalchemy import func, select

from waybell.db.database import Tx


def take_lock(tx: Tx, *name: str | None) -> None:
    """Wait until no other transaction has its turn on this name; ours lasts until the commit.

    SQLite's writers take turns anyway. Two names may share a turn, which costs a wait and nothing else.
    """
    if tx.on_postgres:
        text = "\n".join(part or "" for part in name)
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(text, 0))))
