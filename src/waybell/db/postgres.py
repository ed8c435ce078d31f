"""PostgreSQL, for installations on more than one machine."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import LockNotAvailable
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

# A host that vanishes closes no connection: without these settings a query waits for its answer for a quarter of an
# hour, and a hint for two hours. The kernel asks for a sign of life and gives up after some 15 s. A new connection is
# given up early enough for `/metrics` to report it, as Prometheus waits for ten seconds. These are parameters of libpq,
# in seconds except for the last, which is in milliseconds.
CONNECTING: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}

_TRUSTED_SECONDS = 1.0  # a connection that was used so recently, and has received nothing since, is taken to be alive


def engine(url: URL, pool_size: int) -> Engine:
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=min(pool_size, 20),
        max_overflow=0,
        hide_parameters=True,  # errors end up in the log, and the parameters may be secrets
        connect_args=CONNECTING,
    )

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, entry: ConnectionPoolEntry) -> None:
        with connection.cursor() as cursor:
            # Fan-out holds share locks on messages until its commit. A process that freezes in between must not block
            # the dispatcher for longer than this.
            cursor.execute("SET idle_in_transaction_session_timeout = '15s'")
            cursor.execute("SET timezone = 'UTC'")
            # On a solid-state disk an index look-up costs little more than reading on. With the default setting the
            # planner scans up to some 100,000 messages rather than look up 500.
            cursor.execute("SET random_page_cost = 1.1")
        connection.commit()
        entry.info["proven"] = monotonic()

    @event.listens_for(made, "checkin")
    def _note(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["proven"] = monotonic()

    # SQLAlchemy's own `pool_pre_ping` asks the server each time: a tenth of what a transaction of the dispatcher takes.
    @event.listens_for(made, "checkout")
    def _prove(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        try:
            if has_news(connection) or monotonic() - entry.info["proven"] > _TRUSTED_SECONDS:
                made.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    return made


@contextmanager
def write_lock(connection: Connection, *, durable: bool) -> Iterator[None]:
    if not durable:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    yield


def has_news(connection: psycopg.Connection) -> bool:
    """Return whether the server has sent unread data; on an idle connection this mostly means that it was closed."""
    poll = select.poll()  # `select.select` accepts no number above 1023
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def driver_url(url: str) -> str:
    """Return the URL as psycopg takes it, for connections outside of the pool."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def is_lock_wait(error: Exception) -> bool:
    """Return whether the error says that a lock was held for longer than we wait (`lock_timeout`)."""
    return isinstance(getattr(error, "orig", None), LockNotAvailable)
