"""PostgreSQL, for more than one machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry

# A host that vanishes says no goodbye: without these a process waits for its answer for a quarter of an hour, or two
# hours for a hint. So it is asked for a sign of life, by the kernel, and given up after some 15 s. Of libpq, in seconds
# but for the last, which is in milliseconds.
CONNECTING: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def engine(url: URL, pool_size: int) -> Engine:
    made = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=min(pool_size, 20),
        max_overflow=0,
        hide_parameters=True,  # errors end in the log, and what was to be written may be a secret
        pool_pre_ping=True,
        connect_args=CONNECTING,
    )

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:
        with connection.cursor() as cursor:
            # Fan-out holds share locks on messages until its commit: a process that freezes in between must not
            # hold up the dispatcher for longer than this.
            cursor.execute("SET idle_in_transaction_session_timeout = '15s'")
            cursor.execute("SET timezone = 'UTC'")
            # On a disk without heads, as all are now, a look-up by index costs little more than reading on. With the
            # default the planner reads up to some 100,000 messages from end to end rather than look up 500.
            cursor.execute("SET random_page_cost = 1.1")
        connection.commit()

    return made


@contextmanager
def write_turn(connection: Connection, *, durable: bool) -> Iterator[None]:
    if not durable:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    yield


def driver_url(url: str) -> str:
    """The URL as the driver itself takes it, for connections that stand outside of the pool."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def is_lock_wait(error: Exception) -> bool:
    """Whether it says that somebody else held a lock for longer than we wait (`lock_timeout`)."""
    return isinstance(getattr(error, "orig", None), LockNotAvailable)
