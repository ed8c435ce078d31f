"""Opening a database, and the transaction that is passed to all code below the web layer."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Executable, func, make_url, select

from waybell.db import postgres, sqlite
from waybell.ground.clock import SystemClock
from waybell.ground.event_names import EventNames
from waybell.ground.links import Links
from waybell.ground.scope import EVERYTHING, Scope


class Tx:
    """A transaction: a connection with its time (`now`), its scope, and what to do before and after its commit.

    The time is read once, so that all rows of one change agree. Only `Database.transaction` commits. `links` makes the
    expiring links of documents that are read in the transaction. The scope limits the orders and routes that the stores
    let it see and write. `names` holds the names that event types have outside.
    """

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        links: Links,
        names: EventNames,
        scope: Scope,
        trace: str | None = None,
        by: str | None = None,
    ) -> None:
        self.connection = connection
        self.now = now
        self.links = links
        self.names = names
        self.scope = scope
        self.trace = trace  # the trace of the request, for the events that it causes
        self.by = by  # the name of the person or key whose request this is, for those who read who changed a row
        self.pending_events: list[Any] = []  # events.outbox fills this list, and stores it just before the commit
        self.pending_routes: dict[
            str, set[str]
        ] = {}  # eta.runs estimates them anew just before the commit: what changed
        self._after_commit: list[Callable[[], None]] = []

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        return self.connection.execute(statement, parameters)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Run `act` once the commit is durable, and not at all when the transaction rolls back."""
        self._after_commit.append(act)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block has written, and the events that it has recorded, when it raises."""
        recorded = len(self.pending_events)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            del self.pending_events[recorded:]
            raise

    @property
    def on_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"


# A function that opens a transaction, for an action that works before it or between two.
Change = Callable[[], AbstractContextManager[Tx]]


class Database:
    def __init__(
        self,
        url: str,
        clock: SystemClock | None = None,
        *,
        before_commit: Callable[[Tx], None] | None = None,
        links: Links | None = None,
        names: EventNames | None = None,
        pool_size: int = 40,
    ) -> None:
        self.clock = clock or SystemClock()
        self.engine = _engine(url, pool_size)
        self._before_commit = before_commit
        throwaway_key = secrets.token_bytes()
        # Without `links`, the links in documents lead nowhere.
        self._links = links or Links("", lambda: [throwaway_key])
        self._names = names or EventNames()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(
        self, *, durable: bool = True, scope: Scope = EVERYTHING, trace: str | None = None, by: str | None = None
    ) -> Iterator[Tx]:
        """Open a transaction that may write; commit when the block ends, roll back when it raises.

        With `durable=False` the commit does not wait for the disk. A power cut may undo it as a whole, never in part; a
        killed process loses nothing. Use it for changes that can be repeated, such as a claim.
        """
        with self.engine.connect() as connection, self._write_lock(connection, durable=durable):
            tx = Tx(connection, self.clock.now(), self._links, self._names, scope, trace, by)
            if self._before_commit:
                yield tx
                self._before_commit(tx)
            else:
                yield tx
            connection.commit()
        for act in tx._after_commit:  # noqa: SLF001 - Tx and Database are two halves of one thing
            act()

    @contextmanager
    def reading(self, *, scope: Scope = EVERYTHING) -> Iterator[Tx]:
        """Open a read-only transaction: a snapshot of the database, which blocks no other transaction."""
        with self.engine.connect() as connection:
            yield Tx(connection, self.clock.now(), self._links, self._names, scope)

    def clock_ahead(self) -> timedelta:
        """Return how far our clock is ahead of the server's, negative when it is behind, and 0 on SQLite."""
        if self.is_sqlite:
            return timedelta()
        with self.engine.connect() as connection:
            ours = self.clock.now()
            theirs: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return ours - theirs

    def going_by(self, clock: SystemClock) -> "Database":
        """Return the same database with another clock for its transactions."""
        other = copy(self)
        other.clock = clock
        return other

    def _write_lock(self, connection: Connection, *, durable: bool) -> Any:
        return (sqlite if self.is_sqlite else postgres).write_lock(connection, durable=durable)

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str, pool_size: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite.engine(parsed, pool_size)
    return postgres.engine(parsed, pool_size)
