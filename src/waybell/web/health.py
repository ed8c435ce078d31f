"""The paths by which machines watch Waybell: `/healthz`, `/readyz`, and `/metrics` for Prometheus.

These paths need no key. So they tell only counts, the version, and the names of dispatchers (host and process), and
nothing of any account.

A scrape of any web server covers the whole installation: dispatchers store their counts in the database with their
heartbeats, so they need no port, and a load balancer may pick any server. Only metrics that begin with
`waybell_http`, `waybell_events`, `waybell_sign_ins` or `waybell_keys`, and whether the database is reached, belong to
the one server, which reports them also while it cannot reach the database.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from waybell import __version__
from waybell.db.database import Database, Tx
from waybell.db.failures import FAILURE
from waybell.events.outbox import Outbox
from waybell.ground.errors import SetupError
from waybell.installation import counters, heartbeats
from waybell.schema import migrate
from waybell.web.api.answers import JsonAnswer, done
from waybell.web.refusals import Reason, Refusals, Refused
from waybell.web.traffic import BOUNDS, Traffic
from waybell.webhooks.history import queue_metrics
from waybell.webhooks.sending import attempt_tally

router = APIRouter(include_in_schema=False)

# Reading the queue takes longer with more endpoints and messages. It is repeated only after this many times its own
# duration, and never sooner than after these seconds, so it costs a twentieth of a processor at most.
_REST = 20
_REST_SECONDS = 5.0

# A message that is due this long beyond a lease, while nothing is tried at its endpoint, shows a fault of Waybell.
# A receiver that is slow, paused, parked or rate limited never gets there, so it does not make the status flap.
_STUCK_AFTER = timedelta(minutes=5)

T = TypeVar("T")


class _Rested(Generic[T]):
    """A cached answer that is computed again only after a rest, however often it is asked for."""

    def __init__(self, find: Callable[[], T]) -> None:
        self._find = find
        self._until = 0.0
        self._finding = threading.Lock()
        self._found: T

    def __call__(self) -> T:
        with self._finding:
            if time.monotonic() >= self._until:
                began = time.monotonic()
                self._found = self._find()
                took = time.monotonic() - began
                self._until = time.monotonic() + max(_REST_SECONDS, took * _REST)
            return self._found


class Health:
    def __init__(
        self, database: Database, lease: timedelta, outbox: Outbox, traffic: Traffic, refusals: Refusals
    ) -> None:
        self._database = database
        self._patience = lease + _STUCK_AFTER
        self._outbox = outbox
        self._traffic = traffic
        self._refusals = refusals
        self._schema_is_right = (
            False  # once right, it stays right: reading the migrations for each probe costs too much
        )
        self._whole = _Rested(self._measure_whole)
        self._stuck = _Rested(self._count_stuck)

    def trouble(self) -> str | None:
        """Return why this installation cannot work now and what to do about it, or None."""
        try:
            if not self._schema_is_right:
                migrate.check(self._database)
                self._schema_is_right = True
            with self._database.reading() as tx:
                last = heartbeats.last_beat(tx, heartbeats.DISPATCHER)
            if last is None:
                return "No dispatcher has run yet, so no webhook is sent. Start one with: waybell serve"
            if not heartbeats.is_fresh(last, self._database.clock.now()):
                return (
                    f"The dispatcher has made no progress since {last.at:%Y-%m-%d %H:%M:%S} UTC. Look into the log of "
                    f"{last.process}, and restart it."
                )
            stuck = self._stuck()
        except SetupError as error:
            return str(error)
        except FAILURE:  # the text of the error names hosts and users
            return "The database does not answer. Start it, or look whether this server reaches it."
        if stuck:
            return (
                f"Dispatchers run, but {stuck} endpoint{'s have' if stuck > 1 else ' has'} had messages due for over "
                f"{self._patience.total_seconds() / 60:.0f} minutes and none was tried. Look into the logs of the "
                "dispatchers, and restart them one by one."
            )
        return None

    def metrics(self) -> bytes:
        """Return the metrics in the text format of Prometheus. Counts of the database may be a few seconds old.

        Without the database, the metrics are those of this server alone, and one of them says that the database is
        away.
        """
        registry = CollectorRegistry(auto_describe=False)
        try:
            whole = self._whole()
        except FAILURE:
            whole = []
        own = _server_metrics(self._outbox, self._traffic, self._refusals)
        registry.register(_Families([*whole, _database_up(up=bool(whole)), *own]))
        return generate_latest(registry)

    def _measure_whole(self) -> list[Metric]:
        with self._database.reading() as tx:
            return list(_installation_metrics(tx))

    def _count_stuck(self) -> int:
        with self._database.reading() as tx:
            return queue_metrics.stuck(tx, self._patience)


class _Families:
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


@router.get("/healthz")
async def healthz() -> Response:
    """Answer `ok`: this process runs."""
    return done(200, f"Waybell {__version__} runs.")


@router.get("/readyz")
def readyz(request: Request) -> JsonAnswer:
    """Answer whether the whole installation works: database, schema, and the progress of dispatchers."""
    health: Health = request.app.state.health
    trouble = health.trouble()
    return done(503, trouble) if trouble else done(200, "Ready.")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    health: Health = request.app.state.health
    return Response(health.metrics(), media_type=CONTENT_TYPE_LATEST)


def _installation_metrics(tx: Tx) -> Iterator[Metric]:
    yield _gauge(
        "waybell_messages",
        "Messages that are not finished: due now, to be sent later (a retry), behind another of their object, being "
        "sent. Many due, and more and more, means that receivers or dispatchers do not keep up.",
        "state",
        queue_metrics.depth(tx),
    )
    yield GaugeMetricFamily(
        "waybell_oldest_due_seconds",
        "How long the oldest due message has been waiting to be sent, at endpoints that are neither parked nor "
        "paused. Seconds while all is well; it grows when dispatchers stand still, or one receiver is slower than its "
        "events come.",
        queue_metrics.oldest_due_seconds(tx),
    )
    yield _gauge(
        "waybell_endpoints",
        "Endpoints by how they stand: enabled, parked (down as a whole, probed now and then), paused (the receiver "
        "asked for time), disabled. The pages say which.",
        "state",
        queue_metrics.endpoints_by_state(tx),
    )
    yield GaugeMetricFamily(
        "waybell_retry_jobs_running",
        "Retries of many messages that people asked for and that go on.",
        queue_metrics.running_jobs(tx),
    )
    counted = counters.read(tx)
    attempts = CounterMetricFamily(
        "waybell_attempts",
        "Attempts to send a webhook, by what came of them; http_status is an answer other than 2xx.",
        labels=["outcome"],
    )
    for outcome, count in attempt_tally.attempts(counted):
        attempts.add_metric([outcome], count)
    yield attempts
    yield _histogram(
        "waybell_send_latency_seconds",
        "From the commit of an event to the start of its first attempt, of messages that nothing held back: no earlier "
        "one of their object, no outage, pause or rate limit. This is how soon we are; a receiver that takes less "
        "than is sent there shows here too.",
        attempt_tally.latency(counted),
    )
    yield _histogram(
        "waybell_attempt_duration_seconds",
        "How long attempts took, whatever came of them: how fast the receivers are.",
        attempt_tally.duration(counted),
    )
    yield from _dispatchers(tx)
    yield GaugeMetricFamily("waybell_database_bytes", "The size of the database.", queue_metrics.database_bytes(tx))


def _dispatchers(tx: Tx) -> Iterator[Metric]:
    beats = heartbeats.beats(tx, heartbeats.DISPATCHER)
    yield _gauge(
        "waybell_dispatcher_progress_age_seconds",
        "How long ago this dispatcher last said that it goes round, which it does every 5 seconds. One that died or "
        "stands still is shown for 15 minutes, one that was told to stop is not.",
        "dispatcher",
        {beat.process: max(0.0, (tx.now - beat.at).total_seconds()) for beat in beats},
    )
    yield _gauge(
        "waybell_dispatcher_in_flight",
        "Attempts that this dispatcher has under way; at WAYBELL_MAX_IN_FLIGHT it takes no more.",
        "dispatcher",
        {beat.process: beat.in_flight for beat in beats},
    )
    yield _gauge(
        "waybell_dispatcher_shards",
        "How many of the 64 parts of the endpoints this dispatcher serves. All together should have 64.",
        "dispatcher",
        {beat.process: beat.shards for beat in beats},
    )


def _database_up(*, up: bool) -> Metric:
    return GaugeMetricFamily(
        "waybell_database_up",
        "Whether the database has answered this web server: 1 or 0. At 0 what is counted there is not told.",
        int(up),
    )


def _server_metrics(outbox: Outbox, traffic: Traffic, refusals: Refusals) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "waybell_events_accepted", "Events that this web server has stored; each is sent to whoever listens.",
        outbox.accepted,
    )  # fmt: skip
    requests = CounterMetricFamily(
        "waybell_http_requests",
        "Requests that this web server has answered, by the class of the status.",
        labels=["status"],
    )
    for number, count in enumerate(traffic.by_class, 1):
        requests.add_metric([f"{number}xx"], count)
    yield requests
    counts, buckets, total = list(traffic.by_seconds), [], 0
    for bound, count in zip([*map(str, BOUNDS), "+Inf"], counts, strict=True):
        total += count
        buckets.append((bound, total))
    yield HistogramMetricFamily(
        "waybell_http_request_duration_seconds",
        "How long this web server took until an answer began.",
        buckets=buckets,
        sum_value=traffic.seconds,
    )
    yield _refused("waybell_sign_ins_refused", "Passwords", refusals.sign_ins)
    yield _refused("waybell_keys_refused", "API keys", refusals.keys)
    build = GaugeMetricFamily("waybell_build_info", "The version of this web server; always 1.", labels=["version"])
    build.add_metric([__version__], 1)
    yield build


def _refused(name: str, what: str, counted: Mapping[Reason, Refused]) -> Metric:
    family = CounterMetricFamily(
        name,
        f"{what} that this web server has refused: wrong, or throttled, not looked at after too many wrong ones.",
        labels=["reason"],
    )
    for reason, refused in counted.items():
        family.add_metric([reason], refused.total)
    return family


def _gauge(name: str, meaning: str, label: str, values: dict[str, Any]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _histogram(name: str, meaning: str, found: attempt_tally.Histogram) -> Metric:
    return HistogramMetricFamily(name, meaning, buckets=found.buckets, sum_value=found.total_seconds)
