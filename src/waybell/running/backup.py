"""A copy of a SQLite database in use, complete and of one moment; PostgreSQL has its own tools for back-ups."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from waybell.db.database import Database
from waybell.ground.errors import SetupError


def back_up(database: Database, target: Path) -> int:
    """Copy the database into a new file, readable by its owner only; return its size in bytes.

    Readers and writers continue meanwhile; what they write is not in the copy. The copy is checked and marked as a
    copy, see `installation/epoch.py`. Raise `SetupError` when no copy can be made.
    """
    if not database.is_sqlite:
        raise SetupError(
            "This installation is on PostgreSQL, which makes its own back-ups, such as: "
            "pg_dump --format=custom --file=waybell.dump <database>"
        )
    unfinished = target.with_name(f"{target.name}.unfinished")
    if target.exists():
        raise SetupError(f"{target} is there already. Name a file that is not.")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(database, unfinished)
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise SetupError(f"The back-up was not made: {error}") from None
    return target.stat().st_size


def _copy(database: Database, target: Path) -> None:
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        with database.engine.connect() as connection:
            source: Any = connection.connection.dbapi_connection
            source.backup(copy)  # in one step, which reads one snapshot of the database
        copy.execute("PRAGMA journal_mode = DELETE")  # a single file
        copy.execute("UPDATE installation SET is_copy = true")
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"the database is damaged: {found}")
