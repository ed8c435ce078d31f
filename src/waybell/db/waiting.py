"""Waiting at the start for a PostgreSQL that starts at the same time, as in a set of containers."""

import time
from datetime import timedelta

import psycopg
import structlog

from waybell.db.postgres import CONNECTING, driver_url
from waybell.db.url import masked, without_secrets
from waybell.ground.errors import SetupError

log = structlog.get_logger()

_BETWEEN_CONNECTIONS = 0.5  # seconds
# libpq reports a refusal in words only. A server that sends one of these texts runs, and would refuse again.
_REFUSALS = ("authentication failed", "no pg_hba.conf entry", "no password supplied")


def wait_for_postgres(url: str, patience: timedelta) -> None:
    """Wait until the PostgreSQL at this URL accepts a connection.

    Raise `SetupError` when `patience` has passed, or at once when the server refuses the user.
    """
    deadline = time.monotonic() + patience.total_seconds()
    said = False
    while (problem := _problem(url)) is not None:
        if time.monotonic() >= deadline or any(words in problem for words in _REFUSALS):
            raise SetupError(
                f"The database {masked(url)} does not answer: {problem}\n"
                "Check WAYBELL_DATABASE_URL, and that PostgreSQL runs and can be reached from here."
            )
        if not said:
            log.warning("database.awaited", seconds=patience.total_seconds(), error=problem)
            said = True
        time.sleep(_BETWEEN_CONNECTIONS)


def _problem(url: str) -> str | None:
    """Return why the server accepts no connection, or None when it accepts one."""
    try:
        psycopg.connect(driver_url(url), **CONNECTING).close()
    except psycopg.OperationalError as error:
        return without_secrets(url, str(error).strip())
    return None
