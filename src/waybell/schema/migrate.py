"""Migrating a database to the schema of this version, and checking whether it is at that schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from waybell.db.database import Database
from waybell.ground.errors import SetupError

_LOCK = 0x57617962  # an arbitrary number for our advisory lock


def upgrade(database: Database) -> tuple[str | None, str]:
    """Run the missing migrations; return the revisions before and after. Several processes may call it at once."""
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            connection.commit()
        before = _current(connection)
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        with _foreign_keys_rest(connection):
            command.upgrade(config, "head")
            connection.commit()
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()
    return before, newest()


@contextmanager
def _foreign_keys_rest(connection: Connection) -> Iterator[None]:
    """Switch foreign keys off on SQLite, which changes a table by making it anew and dropping the old one.

    The pragma works only between transactions, so it goes to the driver directly.
    """
    dbapi: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    dbapi.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        dbapi.execute("PRAGMA foreign_keys = ON")


def check(database: Database) -> None:
    """Raise `SetupError` with a remedy when the schema is not that of this version."""
    with database.engine.connect() as connection:
        current = _current(connection)
    if current is None:
        raise SetupError("The database is empty. Run: waybell migrate")
    if current not in {script.revision for script in _scripts().walk_revisions()}:
        raise SetupError(
            f"The database is at schema {current}, which this version does not know: it was used by a newer Waybell. "
            "Start that version."
        )
    if current != newest():
        raise SetupError(f"The database is at schema {current}, this version needs {newest()}. Run: waybell migrate")


def newest() -> str:
    head = _scripts().get_current_head()
    assert head
    return head


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
