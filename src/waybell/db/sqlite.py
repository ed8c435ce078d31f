"""SQLite as the embedded database: write-ahead log, one writer at a time, readers never wait."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

try:
    import fcntl
except ImportError:  # Windows: SQLite's own busy timeout has to do
    fcntl = None  # type: ignore[assignment]


def engine(url: URL, pool_size: int) -> Engine:
    made = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # errors end in the log, and what was to be written may be a secret
        pool_timeout=30,
        connect_args={"timeout": 30, "check_same_thread": False},
    )

    @event.listens_for(made, "connect")
    def _prepare(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -32768")  # KiB
        # A statement that may fail half-way keeps what it changes: in a file, that is ten times what the log gets.
        connection.execute("PRAGMA temp_store = MEMORY")
        # Checkpoints write each page once, however often it has changed: let the log grow before one, to 32 MiB.
        connection.execute("PRAGMA wal_autocheckpoint = 8192")  # pages
        connection.execute("PRAGMA journal_size_limit = 67108864")  # bytes
        entry.info["durable"] = True
        if fcntl and url.database:
            entry.info["turn"] = Path(f"{url.database}-turn").open("ab")  # noqa: SIM115 - lives as long as the connection

    @event.listens_for(made, "close")
    def _close(_connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
        if "turn" in entry.info:
            entry.info.pop("turn").close()

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        # A read lock cannot be upgraded while another writes: writers begin as writers.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("writing") else "BEGIN")

    return made


@contextmanager
def write_lock(connection: Connection, *, durable: bool) -> Iterator[None]:
    """Queue for the write lock, then mark the connection as a writer.

    SQLite's own wait is a sleep that grows up to 100 ms, so that a busy database serves whoever polls at the right
    moment. A kernel lock on a file beside the database hands the turn over at once, and a killed process drops it.
    """
    info: dict[str, Any] = connection.info
    if info["durable"] != durable:
        dbapi: Any = connection.connection.dbapi_connection
        dbapi.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        info["durable"] = durable
    turn = info.get("turn")
    if turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
    info["writing"] = True
    try:
        yield
    finally:
        if connection.in_transaction():
            connection.rollback()
        info["writing"] = False
        if turn:
            fcntl.flock(turn, fcntl.LOCK_UN)
