"""SQLite as the embedded database, with a write-ahead log: one writer at a time, and readers never wait."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

try:
    import fcntl
except ImportError:  # Windows relies on SQLite's own busy timeout
    fcntl = None  # type: ignore[assignment]


def engine(url: URL, pool_size: int) -> Engine:
    made = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # errors end up in the log, and the parameters may be secrets
        pool_timeout=30,
        connect_args={"timeout": 30, "check_same_thread": False},
    )

    @event.listens_for(made, "connect")
    def _prepare(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the `begin` listener below starts transactions
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -32768")  # KiB
        # SQLite keeps undo data for a statement that may fail half-way; in a file it would be ten times the size of the
        # log.
        connection.execute("PRAGMA temp_store = MEMORY")
        # A checkpoint writes each page once, however often it has changed, so let the log grow to 32 MiB before one.
        connection.execute("PRAGMA wal_autocheckpoint = 8192")  # pages
        connection.execute("PRAGMA journal_size_limit = 67108864")  # bytes
        entry.info["durable"] = True
        if fcntl and url.database:
            entry.info["lock_file"] = Path(f"{url.database}-turn").open("ab")  # noqa: SIM115 - lives as long as the connection

    @event.listens_for(made, "close")
    def _close(_connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        if "lock_file" in entry.info:
            entry.info.pop("lock_file").close()

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        # A read lock cannot be upgraded while another connection writes, so a writer begins as a writer.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("writing") else "BEGIN")

    return made


@contextmanager
def write_lock(connection: Connection, *, durable: bool) -> Iterator[None]:
    """Wait for the write lock, then mark the connection as a writer.

    SQLite itself waits by sleeping, for up to 100 ms at a time, so on a busy database the lock goes to whichever
    process happens to wake at the right moment. A kernel lock on a file beside the database passes to the next waiter
    at once, and is released when its process is killed.
    """
    info: dict[str, Any] = connection.info
    if info["durable"] != durable:
        dbapi: Any = connection.connection.dbapi_connection
        dbapi.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        info["durable"] = durable
    lock_file = info.get("lock_file")
    if lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
    info["writing"] = True
    try:
        yield
    finally:
        if connection.in_transaction():
            connection.rollback()
        info["writing"] = False
        if lock_file:
            fcntl.flock(lock_file, fcntl.LOCK_UN)
