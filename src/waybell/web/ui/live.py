"""Live pages: an open page holds a stream that says "changed", and then fetches itself again.

The database is polled once a second for each topic that an open page follows. So it does not matter which process
made the change, and without open pages there are no queries. A page always shows what its URL returns: it is made in
one way.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from waybell.accounts import keys, sessions
from waybell.accounts.meter import Meter
from waybell.db.database import Database, Tx
from waybell.db.failures import FAILURE
from waybell.events import listing
from waybell.ground.errors import NotFound
from waybell.importing import store as imports
from waybell.importing.actions import find as find_import
from waybell.inbox import actions as inbox
from waybell.web.ui.visit import Forbidden, Viewer, Visit
from waybell.webhooks.endpoints import down_endpoints
from waybell.webhooks.history import fingerprints

log = structlog.get_logger()

_LOOK_EVERY_SECONDS = 1.0
_ASK_EVERY_SECONDS = 60.0
_NOTHING = object()  # stands for the fingerprint before the first poll

DOWN = "down"  # the topic of the banner, and its word in the stream

Topic = tuple[str, str, str]  # the kind of the topic, the account, and the id


@dataclass(eq=False)
class _Watch:
    """A topic that an open page follows. `version` grows with each noticed change."""

    followers: int = 0
    version: int = 0
    begun: int = 0  # polls
    done: int = 0  # the number of the last poll that has succeeded
    wanted: asyncio.Event = field(default_factory=asyncio.Event)  # a poll without delay
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Live:
    """The topics of all open pages. It belongs to the event loop of the web server."""

    def __init__(self, database: Database, meter: Meter) -> None:
        self._database = database
        self._meter = meter
        self._watches: dict[Topic, _Watch] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def follow(self, topic: Topic, may_go_on: Callable[[], bool]) -> AsyncIterator[int]:
        """Yield after a poll of the topic that begins now, and then for each change.

        The stream ends when the server stops, and within a minute after `may_go_on` says no. A page that is fetched
        after the first yield is hardly newer than that poll. With an older poll, a state that the page shows and that
        ends before the next poll would never be noticed.
        """
        self._loop = asyncio.get_running_loop()
        watch = self._watches.setdefault(topic, _Watch())
        watch.followers += 1
        if watch.task is None:
            watch.task = self._loop.create_task(self._poll(topic, watch))
        joined_at, sent_version = watch.begun, -1
        watch.wanted.set()
        ask_at = self._loop.time() + _ASK_EVERY_SECONDS
        try:
            while not self._closed:
                if self._loop.time() >= ask_at:
                    if not await run_in_threadpool(may_go_on):
                        return
                    ask_at = self._loop.time() + _ASK_EVERY_SECONDS
                if (
                    watch.done > joined_at and watch.version > sent_version
                ):  # also a change while the last word was sent
                    sent_version = watch.version
                    yield sent_version
                else:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(watch.changed.wait(), ask_at - self._loop.time())
        finally:
            watch.followers -= 1
            if not watch.followers:
                watch.task.cancel()
                self._watches.pop(topic, None)

    async def _poll(self, topic: Topic, watch: _Watch) -> None:
        seen: Any = _NOTHING
        joined = False
        while True:
            joined = joined or watch.wanted.is_set()
            watch.wanted.clear()
            watch.begun += 1
            try:
                found = await run_in_threadpool(self._fingerprint, topic)
            except Exception as error:  # noqa: BLE001 - the database may be away: it will be back
                log.warning("live.look_failed", topic=topic[0], error=str(error))
            else:
                watch.done = watch.begun
                watch.version += found != seen
                if joined or found != seen:
                    self._wake(watch)
                seen, joined = found, False
            with suppress(TimeoutError):
                await asyncio.wait_for(watch.wanted.wait(), _LOOK_EVERY_SECONDS)

    def _wake(self, watch: _Watch) -> None:
        changed, watch.changed = watch.changed, asyncio.Event()
        changed.set()

    def _fingerprint(self, topic: Topic) -> Hashable:
        kind, account_id, one = topic
        if kind == "keys":
            self._meter.settle_all()  # the calls that this process has counted
        with self._database.reading() as tx:
            return KINDS[kind](tx, account_id, one)

    def close(self) -> None:
        """End all streams, so that the server can stop. Any thread may call this."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._closed = True
        for watch in self._watches.values():
            self._wake(watch)


def _of_events(tx: Tx, account_id: str, _one: str) -> Hashable:
    """Return a value that changes with each event of the account and with each attempt."""
    return listing.fingerprint(tx, account_id), fingerprints.of_endpoints(tx, account_id)


# The word in a page's `live` block names a function whose value changes with what the page shows.
KINDS: dict[str, Callable[[Tx, str, str], Hashable]] = {
    "events": _of_events,
    "endpoint": fingerprints.of_endpoint,
    "endpoints": lambda tx, account_id, _one: fingerprints.of_endpoints(tx, account_id),
    "event": fingerprints.of_event,
    "message": fingerprints.of_message,
    "inbox": lambda tx, account_id, _one: inbox.fingerprint(tx, account_id),
    DOWN: lambda tx, account_id, _one: tuple(down_endpoints.list_down(tx, account_id)),
    "import": imports.fingerprint,
    "imports": imports.fingerprint,
    "keys": lambda tx, account_id, _one: keys.fingerprint(tx, account_id),
}

router = APIRouter()


def _topic(visit: Viewer, kind: str, one: str = "") -> Topic:
    """Return the topic. It is checked before the stream begins, because a stream cannot answer with an error."""
    if kind not in KINDS:
        raise NotFound(f"There is nothing to follow by the name {kind}.")
    if visit.is_limited:
        if kind != "import":
            raise Forbidden("This tells of changes in the whole account, and you see a part of it.")
        with visit.read() as tx:
            find_import(tx, visit.actor, one)
    return kind, visit.account.id, one


def _is_signed_in(visit: Visit) -> bool:
    """Return whether the session still exists. An open page does not keep a session alive."""
    try:
        with visit.read() as tx:
            return sessions.find(tx, visit.token, visit.settings.session_idle) is not None
    except FAILURE:
        return True  # the database may be away: it will be back


@router.get("/live/{kind}", response_class=EventSourceResponse)
@router.get("/live/{kind}/{one}", response_class=EventSourceResponse)
async def live(visit: Viewer, topic: Annotated[Topic, Depends(_topic)]) -> AsyncIterator[ServerSentEvent]:
    """Stream `changed` soon after the page has opened and at each change, and `down` for the banner of each page."""
    follower: Live = visit.request.app.state.live
    topics = {"changed": topic, DOWN: (DOWN, visit.account.id, "")}
    if topic[0] == DOWN:
        del topics["changed"]
    followed = {word: follower.follow(one, partial(_is_signed_in, visit)) for word, one in topics.items()}
    async for word, version in merged(followed):
        yield ServerSentEvent(event=word, data=version, retry=1000)


async def merged(followed: Mapping[str, AsyncIterator[int]]) -> AsyncIterator[tuple[str, int]]:
    """Yield what any of these yields, with its word, until one of them ends."""
    changes: asyncio.Queue[tuple[str, int] | None] = asyncio.Queue()

    async def hand_on(word: str, versions: AsyncIterator[int]) -> None:
        try:
            async for version in versions:
                changes.put_nowait((word, version))
        finally:
            changes.put_nowait(None)

    tasks = [asyncio.create_task(hand_on(word, versions)) for word, versions in followed.items()]
    try:
        while (one := await changes.get()) is not None:
            yield one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
