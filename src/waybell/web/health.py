"""How a machine asks whether Waybell is well: `/healthz`, `/readyz`, and `/metrics` for Prometheus.

None of them asks for a key, so none of them tells more than counts.
"""

import threading
import time
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import ColumnElement, case, func, literal_column, select
from sqlalchemy.exc import SQLAlchemyError

from waybell import __version__
from waybell.db import migrate
from waybell.db.database import Database, Tx
from waybell.errors import SetupError
from waybell.installation import heartbeats
from waybell.web.api.answers import JsonAnswer, done
from waybell.webhooks.tables import attempts, endpoints, messages

router = APIRouter(include_in_schema=False)

# A scrape counts rows, which takes longer the more of them wait. It is repeated only after so many times its own
# duration, and never sooner than this: so it costs at most a twentieth of a processor.
_METRICS_REST = 20
_METRICS_SECONDS = 5.0


_WAITING = messages.c.state == literal_column("'waiting'")  # written out, so that the partial indexes are chosen


class Health:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._schema_is_right = False  # once it was it stays so: reading the migrations for each probe costs too much
        self._metrics = b""
        self._metrics_until = 0.0
        self._counting = threading.Lock()

    def trouble(self) -> str | None:
        """Why this installation cannot do its work now, or None."""
        try:
            if not self._schema_is_right:
                migrate.check(self._database)
                self._schema_is_right = True
            with self._database.reading() as tx:
                last = heartbeats.last_beat(tx, heartbeats.DISPATCHER)
        except SetupError as error:
            return str(error)
        except SQLAlchemyError:  # its text names hosts and users
            return "The database does not answer."
        if last is None:
            return "No dispatcher has run yet, so no webhook is sent. Start one with: waybell serve"
        if not heartbeats.is_fresh(last, self._database.clock.now()):
            return f"The dispatcher has made no progress since {last.at:%Y-%m-%d %H:%M:%S} UTC. See its log."
        return None

    def metrics(self) -> bytes:
        """The counts as Prometheus reads them, a few seconds old at the most while counting is cheap."""
        with self._counting:
            if time.monotonic() >= self._metrics_until:
                began = time.monotonic()
                with self._database.reading() as tx:
                    self._metrics = _count(tx)
                took = time.monotonic() - began
                self._metrics_until = time.monotonic() + max(_METRICS_SECONDS, took * _METRICS_REST)
            return self._metrics


@router.get("/healthz")
async def healthz() -> Response:
    """This process runs and answers."""
    return done(200, f"Waybell {__version__} runs.")


@router.get("/readyz")
def readyz(request: Request) -> JsonAnswer:
    """The whole does its work: the database answers, its schema is right, a dispatcher makes progress."""
    health: Health = request.app.state.health
    trouble = health.trouble()
    return done(503, trouble) if trouble else done(200, "Ready.")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    health: Health = request.app.state.health
    return Response(health.metrics(), media_type=CONTENT_TYPE_LATEST)


def _count(tx: Tx) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    unfinished = Gauge(
        "waybell_messages",
        "Messages that are not finished: due now, to be retried later, behind another of their subject, being sent.",
        ["state"],
        registry=registry,
    )
    due, later = _heads(tx)
    unfinished.labels("due").set(due)
    unfinished.labels("later").set(later)
    unfinished.labels("behind").set(_rows(tx, messages.c.due_at.is_(None) & messages.c.finished_at.is_(None)))
    unfinished.labels("sending").set(_rows(tx, messages.c.state == literal_column("'sending'")))

    Gauge(
        "waybell_oldest_due_seconds",
        "How long the oldest due message of an endpoint that is not parked has been waiting to be sent.",
        registry=registry,
    ).set(_oldest_due_seconds(tx))
    Gauge("waybell_parked_endpoints", "Endpoints that are down as a whole and are only probed.", registry=registry).set(
        tx.execute(select(func.count()).select_from(endpoints).where(endpoints.c.parked_at.is_not(None))).scalar_one()
    )
    outcomes = Gauge(
        "waybell_attempts_last_minute",
        "Attempts that began in the last minute, by what came of them.",
        ["outcome"],
        registry=registry,
    )
    for outcome, count in _outcomes(tx).items():
        outcomes.labels(outcome).set(count)
    last = heartbeats.last_beat(tx, heartbeats.DISPATCHER)
    if last:
        Gauge(
            "waybell_dispatcher_beat_seconds", "How long ago a dispatcher last made progress.", registry=registry
        ).set(max(0.0, (tx.now - last.at).total_seconds()))
    return generate_latest(registry)


def _heads(tx: Tx) -> tuple[int, int]:
    """How many messages are due, and how many will be."""
    due = func.count(case((messages.c.due_at <= tx.now, 1)))
    row = tx.execute(select(due, func.count()).where(_WAITING, messages.c.due_at.is_not(None))).one()
    return row[0], row[1] - row[0]


def _outcomes(tx: Tx) -> dict[str, int]:
    # The outer join keeps SQLite from starting at the attempts, which it would read from the first to the last.
    recent = (attempts.c.endpoint_id == endpoints.c.id) & (attempts.c.started_at >= tx.now - timedelta(minutes=1))
    query = select(attempts.c.error, func.count(attempts.c.message_id)).select_from(
        endpoints.outerjoin(attempts, recent)
    )
    counts = {error or "succeeded": count for error, count in tx.execute(query.group_by(attempts.c.error))}
    return {"succeeded": 0, **counts}


def _rows(tx: Tx, condition: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(messages).where(condition)
    return int(tx.execute(query).scalar_one())


def _oldest_due_seconds(tx: Tx) -> float:
    # One look into the index for each endpoint: far fewer than there are messages.
    first = (
        select(func.min(messages.c.due_at))
        .where(messages.c.endpoint_id == endpoints.c.id, _WAITING, messages.c.due_at.is_not(None))
        .scalar_subquery()
    )
    oldest = tx.execute(
        select(
            func.min(
                select(first.label("first"))
                .select_from(endpoints)
                .where(endpoints.c.state == "enabled", endpoints.c.parked_at.is_(None))
                .subquery()
                .c.first
            )
        )
    ).scalar_one()
    return max(0.0, (tx.now - oldest).total_seconds()) if oldest else 0.0
