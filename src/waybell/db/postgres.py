"""PostgreSQL, for more than one machine."""

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

# A host that vanishes says no goodbye: without these a process waits for its answer for a quarter of an hour, or two
# hours for a hint. So it is asked for a sign of life, by the kernel, and given up after some 15 s. A new connection is
# given up in time for `/metrics` to say so, as Prometheus waits for ten seconds. Of libpq, in seconds but for the last,
# which is in milliseconds.
CONNECTING: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}

_TRUSTED_SECONDS = 1.0  # a connection that was used so recently, and has no news, is taken to be good still


def engine(url: URL, pool_size: int) -> Engine:
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=min(pool_size, 20),
        max_overflow=0,
        hide_parameters=True,  # errors end in the log, and what was to be written may be a secret
        connect_args=CONNECTING,
    )

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, entry: ConnectionPoolEntry) -> None:
        with connection.cursor() as cursor:
            # Fan-out holds share locks on messages until its commit: a process that freezes in between must not
            # hold up the dispatcher for longer than this.
            cursor.execute("SET idle_in_transaction_session_timeout = '15s'")
            cursor.execute("SET timezone = 'UTC'")
            # On a disk without heads, as all are now, a look-up by index costs little more than reading on. With the
            # default the planner reads up to some 100,000 messages from end to end rather than look up 500.
            cursor.execute("SET random_page_cost = 1.1")
        connection.commit()
        entry.info["proven"] = monotonic()

    @event.listens_for(made, "checkin")
    def _note(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["proven"] = monotonic()

    # SQLAlchemy's own `pool_pre_ping` asks the server each time: a tenth of what a turn of the dispatcher takes.
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
    """Whether the server has sent something that nobody has read yet: while nothing was asked, mostly its goodbye."""
    poll = select.poll()  # `select.select` takes no number above 1023
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def driver_url(url: str) -> str:
    """The URL as the driver itself takes it, for connections that stand outside of the pool."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def is_lock_wait(error: Exception) -> bool:
    """Whether it says that somebody else held a lock for longer than we wait (`lock_timeout`)."""
    return isinstance(getattr(error, "orig", None), LockNotAvailable)
