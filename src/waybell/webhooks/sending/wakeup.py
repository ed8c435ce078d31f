"""The wake-up hint: a commit tells the dispatchers which endpoints have something to send.

A hint may be lost, which costs a moment and nothing else: a dispatcher also reads the database by itself. So a hint is
sent after the commit, without waiting. Both kinds of hints have a `fileno` that a selector can watch.
"""

import socket
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import psycopg
import structlog

from waybell.db.postgres import CONNECTING, driver_url, has_news

log = structlog.get_logger()

EVERYTHING = "*"  # a hint that makes the dispatcher read the database
_CHANNEL = "waybell_wakeup"
_MAX_BYTES = 7000  # PostgreSQL takes 8000 bytes of a NOTIFY payload


class Wakeup(Protocol):
    """The source of hints for a dispatcher."""

    def fileno(self) -> int: ...
    def read(self) -> set[str]: ...
    def close(self) -> None: ...


def payload(endpoint_ids: Iterable[str]) -> str:
    """Return the endpoint ids in one line, or `*` when there are none or too many to name."""
    line = ",".join(sorted(endpoint_ids))
    return line if 0 < len(line) <= _MAX_BYTES else EVERYTHING


class LoopbackHints:
    """Hints over a datagram socket of this machine, for SQLite. A file beside the database holds the port."""

    def __init__(self, port_file: Path) -> None:
        self._port_file = port_file
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def __call__(self, endpoint_ids: Iterable[str]) -> None:
        try:
            port = int(self._port_file.read_text())
            self._socket.sendto(payload(endpoint_ids).encode(), ("127.0.0.1", port))
        except (OSError, ValueError):
            pass  # no dispatcher is running; it will read the database when it starts

    def close(self) -> None:
        self._socket.close()


class LoopbackWakeup:
    def __init__(self, port_file: Path) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        port_file.write_text(str(self._socket.getsockname()[1]))

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self) -> set[str]:
        hinted: set[str] = set()
        while True:
            try:
                hinted.update(self._socket.recv(65536).decode("ascii", "replace").split(","))
            except BlockingIOError:
                return hinted

    def close(self) -> None:
        self._socket.close()


class PostgresHints:
    """Hints by NOTIFY, which one thread gathers and sends over one connection.

    A NOTIFY inside the transaction would make all publishers queue for one lock of the server when they commit.
    """

    def __init__(self, url: str) -> None:
        self._url = driver_url(url)
        self._waiting: set[str] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="wakeup-hints", daemon=True)
        self._thread.start()

    def __call__(self, endpoint_ids: Iterable[str]) -> None:
        with self._changed:
            self._waiting.update(endpoint_ids)
            self._changed.notify()

    def _run(self) -> None:
        connection: psycopg.Connection | None = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    break
                line, self._waiting = payload(self._waiting), set()
            try:
                if connection is None or connection.closed:
                    connection = psycopg.connect(self._url, autocommit=True, **CONNECTING)
                connection.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, line))
            except psycopg.Error as error:
                log.warning("wakeup.hint_lost", error=str(error))
                if connection is not None:
                    connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(5)


class PostgresWakeup:
    """A connection to PostgreSQL that only listens for hints."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(driver_url(url), autocommit=True, **CONNECTING)
        self._connection.execute(f"LISTEN {_CHANNEL}")
        # A lost connection no longer tells its descriptor, which the selector needs to stop watching it.
        self._fileno = self._connection.fileno()

    def fileno(self) -> int:
        return self._fileno

    def read(self) -> set[str]:
        """Return the hinted endpoint ids.

        Raise `psycopg.OperationalError` when the connection is lost; the caller then makes a new one.
        """
        hinted: set[str] = set()
        while has_news(self._connection):
            for notify in self._connection.notifies(timeout=0):
                hinted.update(notify.payload.split(","))
        return hinted

    def close(self) -> None:
        self._connection.close()


def port_file(data_dir: Path) -> Path:
    return data_dir / "wakeup.port"
