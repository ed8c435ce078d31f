"""Advisory locks: locks on a name, for cases where no row exists yet to be locked."""

from sqlalchemy import func, select

from waybell.db.database import Tx


def take_lock(tx: Tx, *name: str | None) -> None:
    """Take the advisory lock on this name, and hold it until the transaction ends.

    SQLite has a single writer and needs no lock. Two names may share a lock by chance, at the cost of a wait.
    """
    if tx.on_postgres:
        text = "\n".join(part or "" for part in name)
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(text, 0))))
