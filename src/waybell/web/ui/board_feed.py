"""How boards keep up: one look at the database a second for each day that somebody looks at, shared by all who do.

A board asks what has changed since its cursor, and waits for the answer. So it does not matter which process or door
made a change. Without open boards there are no queries.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from fastapi.concurrency import run_in_threadpool

from waybell.accounts.model import Account
from waybell.board import rows
from waybell.board.changes import Changes, Delta
from waybell.board.lean import Day
from waybell.db.database import Database
from waybell.ground.errors import Busy
from waybell.ground.scope import Scope

log = structlog.get_logger()

_LOOK_EVERY_SECONDS = 1.0
MOST_DAYS = 64  # that are remembered, of all accounts
MOST_ROWS = 200_000  # that are remembered together
MOST_WAITING, MOST_WAITING_OF_ACCOUNT = 400, 100  # requests

_NEVER = object()


@dataclass(eq=False)
class _Watched:
    """A day of an account as one scope sees it."""

    account: Account
    day: Day
    scope: Scope
    changes: Changes = field(default_factory=Changes)
    fingerprint: Hashable = _NEVER
    begun: int = 0  # looks
    done: int = 0  # the number of the last look that has succeeded
    failed: bool = False  # whether the last look failed
    waiting: int = 0  # requests
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: asyncio.Event = field(default_factory=asyncio.Event)  # a look without delay
    task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


class BoardFeed:
    """The days that boards show. It belongs to the event loop of the web server."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._days: OrderedDict[tuple[str, Day, Scope], _Watched] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def now(self, account: Account, day: Day, scope: Scope) -> tuple[Delta, Changes]:
        """Return all rows of a day, read by a look that began after this call."""
        watched = self._watched(account, day, scope)
        await self._look(watched)
        return watched.changes.all(), watched.changes

    async def since(
        self, account: Account, day: Day, scope: Scope, cursor: str, seconds: float
    ) -> tuple[Delta | None, Changes]:
        """Return what has changed since the cursor, as soon as something has, or else after these seconds.

        The first is None for a cursor that is not known here: then all rows are to be sent. Raise `Busy` when too many
        requests wait already, and when the database cannot be read.
        """
        watched = self._watched(account, day, scope)
        if watched.changes.since(cursor) is None:
            await self._look(watched)
            if watched.changes.since(cursor) is None:
                return None, watched.changes
        self._check_room(account)
        self._loop = asyncio.get_running_loop()
        until = self._loop.time() + seconds
        watched.waiting += 1
        try:
            while True:
                changed = watched.changed
                delta = watched.changes.since(cursor)
                left = until - self._loop.time()
                if delta is None or delta or left <= 0 or self._closed:
                    break
                if watched.task is None:
                    watched.task = self._loop.create_task(self._keep_looking(watched))
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), left)
        finally:
            watched.waiting -= 1
        if not delta and watched.failed:
            raise Busy("The database does not answer, so this board may be old. It is asked again.")
        return delta, watched.changes

    def _check_room(self, account: Account) -> None:
        waiting = [(one.account.id, one.waiting) for one in self._days.values()]
        ours = sum(many for account_id, many in waiting if account_id == account.id)
        if sum(many for _, many in waiting) >= MOST_WAITING or ours >= MOST_WAITING_OF_ACCOUNT:
            raise Busy("Too many boards are open at this moment. Close one, or try again.")

    def _watched(self, account: Account, day: Day, scope: Scope) -> _Watched:
        key = (account.id, day, scope)
        watched = self._days.get(key) or _Watched(account, day, scope)
        self._days[key] = watched
        self._days.move_to_end(key)
        self._forget(watched)
        return watched

    def _forget(self, but: _Watched) -> None:
        """Forget the days that were not asked for longest, when there are too many: their boards get all rows anew."""
        total = sum(len(one.changes.snapshot.orders) for one in self._days.values())
        for key, one in list(self._days.items()):
            if len(self._days) <= MOST_DAYS and total <= MOST_ROWS:
                return
            if one is not but and not one.waiting:
                del self._days[key]
                total -= len(one.changes.snapshot.orders)

    async def _keep_looking(self, watched: _Watched) -> None:
        """Look once a second while somebody waits."""
        try:
            while watched.waiting and not self._closed:
                try:
                    await self._look(watched)
                except Exception as error:  # noqa: BLE001 - the database may be away: it will be back
                    log.warning("board.look_failed", error=str(error))
                watched.wanted.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(watched.wanted.wait(), _LOOK_EVERY_SECONDS)
        finally:
            watched.task = None

    async def _look(self, watched: _Watched) -> None:
        """Take a look that begins after this call; requests that come together share one."""
        wanted = watched.begun + 1
        async with watched.turn:
            if watched.done >= wanted:
                return
            watched.begun += 1
            try:
                snapshot = await run_in_threadpool(self._read, watched)
            except Exception:
                watched.failed = True
                raise
            watched.failed, watched.done = False, watched.begun
            if snapshot is not None and watched.changes.take(snapshot):
                watched.wake()

    def _read(self, watched: _Watched) -> rows.Snapshot | None:
        """Return the rows, or None when nothing has changed since the last look."""
        with self._database.reading(scope=watched.scope) as tx:
            known = watched.changes.snapshot
            found = rows.fingerprint(tx, watched.account.id, watched.day, known)
            if found == watched.fingerprint:
                return None
            snapshot = rows.read(tx, watched.account, watched.day, known)
            if snapshot.route_ids != known.route_ids:
                found = rows.fingerprint(tx, watched.account.id, watched.day, snapshot)
            watched.fingerprint = found
            return snapshot

    def hint(self) -> None:
        """Look soon, because something was changed here. Any thread may call this, and a lost hint is harmless."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._want)

    def _want(self) -> None:
        for watched in self._days.values():
            if watched.waiting:
                watched.wanted.set()

    def close(self) -> None:
        """Answer all waiting requests, so that the server can stop. Any thread may call this."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._closed = True
        for watched in self._days.values():
            watched.wake()
