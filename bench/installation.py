"""A fresh Waybell for a part of the benchmark: its data folder, its database, its endpoints, its processes."""

import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, text, update

from processes import free_port, started, wait_for
from waybell.accounts import actions as accounts
from waybell.accounts.model import Account, Actor
from waybell.app import App, build, build_web
from waybell.events import outbox
from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.events.types import register
from waybell.installation import heartbeats
from waybell.running.first_start import FirstAccount, connect, prepare
from waybell.schema import migrate
from waybell.settings import load
from waybell.webhooks.endpoints import actions
from waybell.webhooks.endpoints.tables import endpoint_hours, endpoints, subscriptions
from waybell.webhooks.sending.shards import SHARDS
from waybell.webhooks.sending.wakeup import EVERYTHING
from yardstick import data_of

EVENT_TYPE, OTHER_EVENT_TYPE = "BenchmarkEvent", "OtherBenchmarkEvent"
_START_SECONDS = 60
_FAR = timedelta(days=1)
_COMPLAINTS = 5

# Two ranges instead of `<>`: so an index leads past the messages that are not asked for, however many they are.
_UNFINISHED = text("""
    SELECT EXISTS (SELECT 1 FROM messages WHERE state = 'waiting' AND due_at IS NOT NULL AND endpoint_id < :beside)
        OR EXISTS (SELECT 1 FROM messages WHERE state = 'waiting' AND due_at IS NOT NULL AND endpoint_id > :beside)
        OR EXISTS (SELECT 1 FROM messages WHERE state = 'sending' AND endpoint_id <> :beside)
""")


@dataclass(frozen=True)
class Tally:
    """What has become of the messages of one endpoint or of all."""

    states: dict[str, int]
    attempts: int  # as the messages count them
    attempts_kept: int
    refused: int  # attempts that were not answered with 2xx
    first_attempt: float  # seconds since 1970
    last_finished: float


class Installation:
    """One account with the event types of the benchmark. Nothing runs until `web`, `dispatch` or `serve` is called."""

    def __init__(
        self, folder: Path, database_url: str | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        """`settings` are variables of the environment that are to be other than usual."""
        self.folder = folder
        self.port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("WAYBELL_")}
        self.environment |= {
            "WAYBELL_DATA_DIR": str(folder / "data"),
            "WAYBELL_PORT": str(self.port),
            "WAYBELL_LOG_FORMAT": "json",
            "WAYBELL_CALLS_PER_SECOND": "100000",
            "WAYBELL_CALLS_PER_MINUTE": "1000000",
            "WAYBELL_ALLOW_HTTP_ENDPOINTS": "true",
            "WAYBELL_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        self.environment |= settings or {}
        if database_url:
            self.environment["WAYBELL_DATABASE_URL"] = database_url
        loaded = load(self.environment | {"WAYBELL_CONFIG": os.devnull})
        if database_url:
            with connect(loaded) as database:
                migrate.upgrade(database)
        made = prepare(loaded)
        assert made
        self.first: FirstAccount = made
        self.app: App = build(loaded)
        self._tools = build_web(self.app).state.tools
        self.register((EVENT_TYPE, OTHER_EVENT_TYPE))

    def register(self, event_types: Sequence[str]) -> None:
        with self.app.database.transaction() as tx:
            for name in event_types:
                register(
                    tx,
                    self._tools.catalogue,
                    self.account_id,
                    EventType(name, "For the benchmark.", {}, {}),
                )

    @property
    def account_id(self) -> str:
        return self.first.account.id

    @property
    def on_postgres(self) -> bool:
        return not self.app.database.is_sqlite

    def add_account(self, name: str) -> Account:
        with self.app.database.transaction() as tx:
            return accounts.create_account(tx, name)

    def add_endpoints(
        self, count: int, url: str, *, event_type: str = EVENT_TYPE, account: Account | None = None
    ) -> list[str]:
        """Ordered endpoints with the default concurrency."""
        with self.app.database.transaction() as tx:
            wanted = {"url": url, "event_types": (event_type,)}
            actor = Actor(account or self.first.account, "bench")
            return [actions.add(tx, self._tools, actor, wanted) for _ in range(count)]

    def listen(self, endpoint_ids: Sequence[str], event_type: str) -> None:
        """Let these endpoints get events of another type too, registered or not: an account may have only so many."""
        with self.app.database.transaction() as tx:
            rows = [
                {"account_id": self.account_id, "event_type": event_type, "endpoint_id": one} for one in endpoint_ids
            ]
            tx.execute(insert(subscriptions), rows)

    def hold(self, endpoint_ids: Collection[str] = ()) -> None:
        """Send nothing to these endpoints, or to any: they are paused, as if their receivers had asked for it.

        What is recorded for them waits. So a run begins at one moment, with all of its processes ready.
        """
        self._pause(endpoint_ids, on=True)

    def release(self, endpoint_ids: Collection[str] = ()) -> None:
        """... and go on now."""
        self._pause(endpoint_ids, on=False)
        self.app.hint([EVERYTHING])

    def _pause(self, endpoint_ids: Collection[str], *, on: bool) -> None:
        with self.app.database.transaction() as tx:
            statement = update(endpoints).values(paused_until=tx.now + _FAR if on else None)
            tx.execute(statement.where(endpoints.c.id.in_(endpoint_ids)) if endpoint_ids else statement)

    def record(
        self,
        subjects: Sequence[str | None],
        event_types: Sequence[str] = (EVENT_TYPE,),
        *,
        in_transaction: int = 100,
        account: Account | None = None,
    ) -> None:
        """An event about each of these, through the outbox and the fan-out, so many in one transaction.

        The event types take turns.
        """
        account_id = account.id if account else self.account_id
        for start in range(0, len(subjects), in_transaction):
            with self.app.database.transaction() as tx:
                for number, subject in enumerate(subjects[start : start + in_transaction], start):
                    event_type = event_types[number % len(event_types)]
                    outbox.record(tx, Event(account_id, event_type, subject, data_of(number)))

    def attempted(self, endpoint_ids: Collection[str] = ()) -> tuple[int, int]:
        """Attempts recorded so far to these endpoints, or to all: how many succeeded, and how many failed.

        As they are counted by the hour, so that asking costs nothing however many there are.
        """
        sums = [func.coalesce(func.sum(column), 0) for column in (endpoint_hours.c.succeeded, endpoint_hours.c.failed)]
        query = select(*sums)
        if endpoint_ids:
            query = query.where(endpoint_hours.c.endpoint_id.in_(endpoint_ids))
        with self.app.database.reading() as tx:
            succeeded, failed = tx.execute(query).one()
        return int(succeeded), int(failed)

    def shared_among(self, dispatchers: int) -> bool:
        """Whether so many dispatchers have shared the endpoints, as their heartbeats say: up to 5 s late."""
        with self.app.database.reading() as tx:
            held = [beat.shards for beat in heartbeats.beats(tx, heartbeats.DISPATCHER)]
        return len(held) == dispatchers and sum(held) == SHARDS and max(held) <= -(-SHARDS // dispatchers)

    def count_parked(self) -> int:
        with self.app.database.reading() as tx:
            query = select(func.count()).select_from(endpoints).where(endpoints.c.parked_at.is_not(None))
            return int(tx.execute(query).scalar_one())

    def is_drained(self, *, beside: str = "") -> bool:
        """Whether nothing is due or under way, whatever waits for the endpoint `beside`."""
        with self.app.database.reading() as tx:
            return not tx.execute(_UNFINISHED, {"beside": beside}).scalar_one()

    def tally(self, *, beside: str = "") -> Tally:
        with self.app.database.reading() as tx:
            rows = tx.execute(
                text("SELECT state, count(*), sum(attempt) FROM messages WHERE endpoint_id <> :beside GROUP BY state"),
                {"beside": beside},
            ).all()
            kept, refused, first = tx.execute(
                text("SELECT count(*), count(error), min(started_at) FROM attempts WHERE endpoint_id <> :beside"),
                {"beside": beside},
            ).one()
            last = tx.execute(
                text("SELECT max(finished_at) FROM messages WHERE endpoint_id <> :beside"), {"beside": beside}
            ).scalar_one()
        states = {state: count for state, count, _ in rows}
        return Tally(states, int(sum(n for *_, n in rows)), kept, refused, (first or 0) / 1e6, (last or 0) / 1e6)

    def count_events(self) -> int:
        with self.app.database.reading() as tx:
            return int(tx.execute(text("SELECT count(*) FROM events")).scalar_one())

    def count_endpoints(self) -> int:
        with self.app.database.reading() as tx:
            return int(tx.execute(text("SELECT count(*) FROM endpoints WHERE state = 'enabled'")).scalar_one())

    @contextmanager
    def running(self, command: str, *, runner: Sequence[str] = ()) -> Iterator[dict[str, int]]:
        """`waybell web`, `dispatch` or `serve`, as its users run it. Answers the ids of its processes by name.

        `runner` stands between Python and `waybell`, such as a profiler.
        """
        names = {"serve": ["web", "dispatch"]}.get(command, [command])
        arguments = [sys.executable, *runner, "-m", "waybell", command]
        with started(arguments, self.folder / command, environment=self.environment) as process:
            log = self.folder / command / f"{process.pid}.log"
            wait_for(
                lambda: all(name in _started(log) for name in names),
                f"waybell {command} starts",
                seconds=_START_SECONDS,
                process=process,
                every=0.002,
            )
            yield {"main": process.pid, **_started(log)}

    def complaints(self) -> str:
        """The last lines of the logs that are not the usual ones: what went wrong, if something did."""
        lines = [line for log in sorted(self.folder.glob("*/*.log")) for line in log.read_text().splitlines()]
        return "\n".join([line for line in lines if '"level":"info"' not in line.replace(" ", "")][-_COMPLAINTS:])

    def close(self) -> None:
        self.app.close()


def _started(log: Path) -> dict[str, int]:
    found = {}
    for line in log.read_text().splitlines():
        if line.startswith("{") and line.endswith("}"):
            event = json.loads(line)
            if event.get("event") == "process.started":
                found[event["name"]] = event["pid"]
    return found
