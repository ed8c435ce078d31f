"""Bringing a database to the schema of this version, and finding out whether it is there."""

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

_LOCK = 0x57617962  # any number that nobody else uses


def upgrade(database: Database) -> tuple[str | None, str]:
    """Run the migrations that are missing; answers the revisions before and after. Several may call it at once."""
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
    """SQLite changes a table by making it anew: dropping the old one must not count as dropping what others refer to.

    This can only be said between two transactions, so it is said to the driver.
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
    """Raises `SetupError` that says what to do when the schema is not this version's."""
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
