"""The two kinds of process, web and dispatch: each runs until it is told to stop."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from waybell.app import App, build_dispatcher, build_web
from waybell.ground import collector, open_files
from waybell.ground.errors import SetupError
from waybell.importing import retention, slices
from waybell.installation import counters, heartbeats
from waybell.running.chores import Chore, chores_of
from waybell.running.first_start import on_sqlite
from waybell.running.lock_files import Held, lock_file
from waybell.running.server_socket import note_url, url_of
from waybell.running.supervised import is_supervised, on_stop_signal
from waybell.settings import Settings
from waybell.upkeep import tombstones, webhooks
from waybell.upkeep.timekeeping import Timekeeping
from waybell.webhooks.history import jobs
from waybell.webhooks.messages import claims
from waybell.webhooks.sending.dispatcher import Dispatcher

log = structlog.get_logger()

_REQUEST_THREADS = 48  # more than the 40 pooled connections, for requests that are between two transactions
_LOCK_POLL_SECONDS = 0.2
_UPKEEP_EVERY = timedelta(seconds=5)
_ESTIMATES_EVERY = timedelta(seconds=5)  # each route is due once a minute
_EXCEPTIONS_EVERY = timedelta(seconds=15)  # of orders on no route, or on one that rests
_TOMBSTONES_EVERY = timedelta(minutes=1)


def run_web(app: App, listener: socket.socket) -> None:
    """Serve HTTP on this socket until told to stop, then finish the requests under way."""
    open_files.raise_limit()
    # These are imported here, because a dispatcher does without them.
    import uvicorn  # noqa: PLC0415
    from anyio.to_thread import current_default_thread_limiter  # noqa: PLC0415

    from waybell.web.client_places import trusted_hosts  # noqa: PLC0415
    from waybell.web.protocol import BoundedHttp  # noqa: PLC0415

    web = build_web(app)
    collector.keep_what_is_there()

    class Http(BoundedHttp):
        def headers_of_refusals(self) -> list[tuple[bytes, bytes]]:
            headers: list[tuple[bytes, bytes]] = web.state.door.untouched().headers()
            return headers

    config = uvicorn.Config(
        web,
        http=Http,
        loop="uvloop" if os.name == "posix" else "asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # This is always set, because uvicorn would otherwise trust an environment variable of its own, or every program
        # on this machine.
        proxy_headers=bool(app.settings.trusted_proxies),
        forwarded_allow_ips=trusted_hosts(app.settings.trusted_proxies),
        # longer than the 60 s of common reverse proxies, so that they close first and no request is lost
        timeout_keep_alive=75,
        timeout_graceful_shutdown=int(app.settings.drain_timeout.total_seconds()),
    )

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            """Leave the signals to us: uvicorn's handlers would not end the event streams that delay its stop."""
            yield

    server = Server(config)

    def stop() -> None:
        server.should_exit = True
        web.state.live.close()  # open event streams would delay the stop
        web.state.board_feed.close()  # and so would boards that wait for a change

    async def serve() -> None:
        current_default_thread_limiter().total_tokens = _REQUEST_THREADS
        await server.serve(sockets=[listener])

    with on_stop_signal(stop):
        note_url(app.settings)
        log.info("process.started", name="web", pid=os.getpid(), url=url_of(listener))
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(serve())
    log.info("process.stopped", name="web", pid=os.getpid())


def run_dispatch(app: App) -> None:
    """Send webhooks until told to stop, then finish the attempts under way."""
    open_files.raise_limit()
    stop = threading.Event()
    dispatcher: Dispatcher | None = None

    def end() -> None:
        stop.set()
        if dispatcher:
            dispatcher.wake()

    with on_stop_signal(end), _only_dispatcher(app.settings, stop):
        if stop.is_set():
            return
        _take_back_claims(app)
        dispatcher = build_dispatcher(app)
        _tell_last_beat(app, dispatcher)
        collector.keep_what_is_there()
        log.info("process.started", name="dispatch", pid=os.getpid())
        try:
            with chores_of(_chores(app, dispatcher)):
                dispatcher.run(stop)
        finally:
            dispatcher.close()
        _say_goodbye(app, dispatcher)
    log.info("process.stopped", name="dispatch", pid=os.getpid())


@contextmanager
def _only_dispatcher(settings: Settings, stop: threading.Event) -> Iterator[None]:
    """Ensure that a SQLite data folder has one dispatcher; PostgreSQL allows any number."""
    if not on_sqlite(settings):
        yield
        return
    path = settings.data_dir / "dispatch.lock"
    said = False
    while not stop.is_set():
        try:
            with lock_file(path):
                yield
                return
        except Held as held:
            if not is_supervised():
                raise SetupError(_in_use(path, held)) from None
            if not said:  # most likely the previous dispatcher is still draining
                log.warning("dispatch.waiting_for_lock", file=str(path), held_by=held.holder)
                said = True
        stop.wait(_LOCK_POLL_SECONDS)
    yield


def _in_use(path: Path, held: Held) -> str:
    return (
        f"Another dispatcher (process {held.holder}) works on this data folder and holds {path}. SQLite takes one: "
        "stop that one first, or use PostgreSQL (WAYBELL_DATABASE_URL) for several."
    )


def _chores(app: App, dispatcher: Dispatcher) -> list[Chore]:
    # An idle dispatcher does one round in each poll interval.
    patience = (app.settings.poll_interval + heartbeats.BEAT_EVERY).total_seconds()

    def beat() -> bool:
        """Write a heartbeat and new counts while the dispatcher makes progress."""
        if time.monotonic() - dispatcher.last_round_at <= patience:
            counts, mark = dispatcher.tally.news()
            with app.database.transaction(durable=False) as tx:
                heartbeats.beat(tx, heartbeats.DISPATCHER, dispatcher.in_flight, dispatcher.shards_held)
                counters.add(tx, counts)
            dispatcher.tally.kept(mark)
        return False

    timekeeping = Timekeeping(app.database)

    def forget() -> bool:
        belief = timekeeping.read_clocks()
        return belief.course.is_steady and tombstones.run_once(belief.database, app.settings)

    def write_imports() -> bool:
        return slices.run_once(app.database, app.settings.max_goods_lines)

    def forget_imports() -> bool:
        belief = timekeeping.read_clocks()
        return belief.course.is_steady and retention.remove_old(belief.database, app.settings.keep_imports)

    return [
        Chore("heartbeat", heartbeats.BEAT_EVERY, beat),
        Chore("upkeep", _UPKEEP_EVERY, lambda: webhooks.keep_up(timekeeping, app.settings)),
        Chore("estimates", _ESTIMATES_EVERY, lambda: app.etas.pass_time(app.database)),
        Chore("exceptions", _EXCEPTIONS_EVERY, lambda: app.watch.sweep(app.database)),
        Chore("tombstones", _TOMBSTONES_EVERY, forget),
        Chore("retry jobs", app.settings.poll_interval, lambda: jobs.run_once(app.database, app.hint) > 0),
        Chore("imports", app.settings.poll_interval, write_imports, rest=0.5),
        Chore("old imports", _TOMBSTONES_EVERY, forget_imports),
    ]


def _say_goodbye(app: App, dispatcher: Dispatcher) -> None:
    """Store the counts since the last heartbeat, and mark this process as stopped."""
    try:
        with app.database.transaction(durable=False) as tx:
            counters.add(tx, dispatcher.tally.news()[0])
            heartbeats.stop(tx, heartbeats.DISPATCHER)
    except SQLAlchemyError as error:
        log.warning("process.not_signed_off", name="dispatch", error=str(error))


def _tell_last_beat(app: App, dispatcher: Dispatcher) -> None:
    """Tell the dispatcher the time of the last heartbeat, because the clock may have been set back since."""
    with app.database.reading() as tx:
        last = heartbeats.last_beat(tx, heartbeats.DISPATCHER)
    if last:
        dispatcher.clock_was_at(last.at)


def _take_back_claims(app: App) -> None:
    """End the claims of a dispatcher that was killed; on SQLite no other one runs on this folder."""
    if app.database.is_sqlite:
        with app.database.transaction() as tx:
            released = claims.release_all(tx)
        if released:
            log.warning("messages.claims_taken_back", count=released)
