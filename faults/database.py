"""The database goes away, or its disk is full."""

import contextlib
import os
import time

import psycopg

from fault import Fault, NotHere, Scene
from waybell.db.postgres import driver_url

_AWAY_SECONDS = 3.0
_UNDER_WAY = 16 * 3


def _stop_and_start(scene: Scene) -> None:
    assert scene.postgres
    scene.postgres.stop()
    time.sleep(_AWAY_SECONDS)  # the fault itself: nothing could be waited for
    scene.postgres.start()


def _crash(scene: Scene) -> None:
    assert scene.postgres
    scene.postgres.crash()
    scene.postgres.start()


def _refuse_writes(scene: Scene) -> None:
    assert scene.postgres
    scene.postgres.take_writes(yes=False)
    time.sleep(_AWAY_SECONDS)  # the fault itself: nothing could be waited for
    scene.postgres.take_writes(yes=True)


def _cut_connections(scene: Scene) -> None:
    """Of everybody who works on the installation's database: others may share the server."""
    assert scene.installation.database_url
    with psycopg.connect(driver_url(scene.installation.database_url), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def _fill_disk(scene: Scene) -> None:
    """Take all the space there is, for as long as a person needs to notice."""
    folder = scene.installation.data
    if not os.path.ismount(folder):
        raise NotHere("a small disk of its own (mounting a tmpfs takes root)")
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65536))
    time.sleep(_AWAY_SECONDS)  # the fault itself: nothing could be waited for
    ballast.unlink()


FAULTS = [
    Fault("PostgreSQL stops and starts", _stop_and_start, 3, ("PostgreSQL",), repeats=_UNDER_WAY),
    Fault("PostgreSQL is killed -9", _crash, 3, ("PostgreSQL",), repeats=_UNDER_WAY),
    Fault("PostgreSQL takes no writes", _refuse_writes, 3, ("PostgreSQL",)),
    Fault("all connections to PostgreSQL are cut", _cut_connections, 5, ("PostgreSQL",), repeats=_UNDER_WAY),
    Fault("the disk is full", _fill_disk, 2, ("SQLite",), repeats=_UNDER_WAY),
]
