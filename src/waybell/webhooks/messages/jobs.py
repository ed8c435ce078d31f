"""Retry jobs: sending many messages again, of any number, a slice at a time, with progress, through any crash.

A slice is one transaction: it moves messages, the counters and the position together, so that a killed process leaves a
job that the next one takes up where it stood. Slices of several jobs take turns, the least advanced first: a job over
millions does not hold up a small one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, TypedDict

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal_column, select, update

from waybell import cursors
from waybell.db.chunks import chunks
from waybell.db.database import Database, Tx
from waybell.errors import Conflict, Invalid, NotFound
from waybell.events.model import StoredEvent
from waybell.events.tables import events
from waybell.ids import new_id
from waybell.webhooks.endpoints import actions
from waybell.webhooks.fanout import ALL_TYPES, Hint
from waybell.webhooks.messages import again, log, search
from waybell.webhooks.model import MessageState
from waybell.webhooks.sending import store
from waybell.webhooks.tables import messages, retry_jobs, subscriptions

What = Literal["failed", "missed", "selected"]

MAX_SELECTED = 10_000
_SLICE = 500  # messages
_WINDOW = 10_000  # events looked through in one slice; most of them may have arrived
# Events are numbered when they commit and dated when their transaction begins: the two orders differ by less than this.
_SKEW = timedelta(minutes=10)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # before anything that is kept
_FAILED_STATE: tuple[MessageState, ...] = ("failed",)
_MISSED_STATES: tuple[MessageState, ...] = ("failed", "canceled")
_SAMPLES = again.TEST_SUBJECT + "%"


class Narrowed(TypedDict, total=False):
    """Which of the failed messages: of this event type, about one of these subjects, with this last outcome."""

    event_type: str
    subjects: list[str]
    outcome: str  # one of search.OUTCOMES


@dataclass(frozen=True, slots=True)
class Plan:
    """A job that may begin: what it will look at was counted when it was asked for."""

    account_id: str
    endpoint_id: str
    what: What
    since: datetime | None
    until: datetime | None
    message_ids: list[str] = field(default_factory=list)
    total: int = 0
    position: str | None = None
    narrowed: Narrowed | None = None


def plan_since(
    tx: Tx,
    account_id: str,
    endpoint_id: str,
    what: Literal["failed", "missed"],
    since: datetime,
    until: datetime | None,
    narrowed: Narrowed | None = None,
) -> Plan:
    """Everything that failed, or that the endpoint missed, from `since` to `until`, both included.

    Failed counts by when it was given up, missed by the date of the event. Missed are events of the types that it asks
    for now, of which it has no message, or only a failed or canceled one: also those from before it was added, and from
    while it was disabled. `narrowed` narrows what failed. `tx` need only read: counting takes its time.
    """
    _find_enabled(tx, account_id, endpoint_id)
    since, until = max(since, _LONG_AGO), min(until or tx.now, tx.now)
    if since > until:
        raise Invalid("The moment since when to retry must lie before Until, and not in the future.")
    plan = Plan(account_id, endpoint_id, what, since, until, narrowed=narrowed)
    if what == "failed":
        query = select(func.count()).select_from(messages).where(_failed(endpoint_id, since, until, narrowed))
        return replace(plan, total=tx.execute(query).scalar_one())
    first, end = _seq_at(tx, since - _SKEW), _seq_at(tx, until + _SKEW)
    query = _missed(tx, plan, first, end, func.count())
    return replace(plan, total=tx.execute(query).scalar_one(), position=cursors.encode(first, end))


def plan_selected(tx: Tx, account_id: str, endpoint_id: str, message_ids: Sequence[str]) -> Plan:
    """These messages of the endpoint. Raises `NotFound` for ids that are none of its."""
    _find_enabled(tx, account_id, endpoint_id)
    ids = sorted(set(message_ids))
    if not 1 <= len(ids) <= MAX_SELECTED:
        raise Invalid(f"MessageIds: from 1 to {MAX_SELECTED}. For more, retry by time with FailedSince.")
    known: set[str] = set()
    for some in chunks(ids):
        query = select(messages.c.id).where(messages.c.id.in_(some), messages.c.endpoint_id == endpoint_id)
        known.update(tx.execute(query.where(messages.c.subject.not_like(_SAMPLES))).scalars())
    unknown = [one for one in ids if one not in known]
    if unknown:
        raise NotFound(f"MessageIds: {unknown[0][:100]} is no message of this endpoint that can be sent again.")
    return Plan(account_id, endpoint_id, "selected", None, None, ids, len(ids))


def begin(tx: Tx, plan: Plan) -> str:
    """Store the job; whoever calls `run_once` carries it out. Answers its id.

    One job of an endpoint runs at a time, or two would make the same missed message. Raises `Conflict`.
    """
    actions.find(tx, plan.account_id, plan.endpoint_id, lock=True)
    other = select(retry_jobs.c.id).where(retry_jobs.c.endpoint_id == plan.endpoint_id, retry_jobs.c.state == "running")
    running = tx.execute(other).scalar()
    if running:
        raise Conflict(f"The retry job {running} of this endpoint is still running. Wait for it, or cancel it.")
    job_id = new_id("job")
    row = {
        "id": job_id,
        "account_id": plan.account_id,
        "endpoint_id": plan.endpoint_id,
        "what": plan.what,
        "since": plan.since,
        "until": plan.until,
        "message_ids": plan.message_ids or None,
        "narrowed": plan.narrowed,
        "state": "running",
        "total": plan.total,
        "done": 0,
        "retried": 0,
        "position": plan.position,
        "created_at": tx.now,
    }
    tx.execute(retry_jobs.insert(), row)
    return job_id


def cancel(tx: Tx, account_id: str, endpoint_id: str, job_id: str) -> None:
    """Stop a job where it is; what it has set to be sent stays so. One that is over stays as it is."""
    find(tx, account_id, endpoint_id, job_id)
    running = update(retry_jobs).where(retry_jobs.c.id == job_id, retry_jobs.c.state == "running")
    tx.execute(running.values(state="canceled", finished_at=tx.now))


def find(tx: Tx, account_id: str, endpoint_id: str, job_id: str) -> Row[Any]:
    query = select(retry_jobs).where(
        retry_jobs.c.id == job_id, retry_jobs.c.account_id == account_id, retry_jobs.c.endpoint_id == endpoint_id
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no retry job {job_id} of endpoint {endpoint_id}.")
    return row


def list_jobs(tx: Tx, endpoint_id: str, after: str | None, limit: int) -> log.Page:
    """The jobs of an endpoint, newest first."""
    query = select(retry_jobs).where(retry_jobs.c.endpoint_id == endpoint_id)
    return log.page_by_id(tx, query, retry_jobs.c.id, after, limit)


def retry_one(tx: Tx, hint: Hint, account_id: str, message_id: str) -> None:
    """Send one message again now, or as soon as those before it of its subject are through."""
    row = log.message(tx, account_id, message_id)
    if row.subject.startswith(again.TEST_SUBJECT):
        raise Conflict("This was a test, which is sent once. Send another with POST /api/Webhook/<id>/Test.")
    _find_enabled(tx, account_id, row.endpoint_id)
    if again.send_again(tx, again.target(tx, row.endpoint_id), [message_id]) == 0:
        raise Conflict("This message is being sent right now. Look at its attempts before you retry it.")
    tx.after_commit(partial(hint, {row.endpoint_id}))


def run_once(database: Database, hint: Hint, batch: int = _SLICE) -> int:
    """Do one slice of one job. Answers how much it looked at, at least 1; 0 when no job is running."""
    with database.transaction() as tx:
        waiting = select(retry_jobs).where(retry_jobs.c.state == literal_column("'running'"))
        query = waiting.order_by(retry_jobs.c.done, retry_jobs.c.id).limit(1).with_for_update(skip_locked=True)
        job = tx.execute(query).one_or_none()
        if job is None:
            return 0
        step = _STEPS[job.what](tx, job, batch)
        ended = {"state": "succeeded", "finished_at": tx.now, "total": job.done + step.done} if step.last else {}
        tx.execute(
            update(retry_jobs)
            .where(retry_jobs.c.id == job.id)
            .values(done=job.done + step.done, retried=job.retried + step.retried, position=step.position, **ended)
        )
        if step.retried:
            tx.after_commit(partial(hint, {job.endpoint_id}))
        return max(step.done, 1)


@dataclass(frozen=True, slots=True)
class _Step:
    done: int
    retried: int
    position: str | None
    last: bool


def _step_failed(tx: Tx, job: Row[Any], batch: int) -> _Step:
    query = select(messages.c.id).where(_failed(job.endpoint_id, job.since, job.until, job.narrowed))
    if job.position:
        query = query.where(messages.c.id > job.position)
    ids = list(tx.execute(query.order_by(messages.c.id).limit(batch)).scalars())
    retried = again.send_again(tx, again.target(tx, job.endpoint_id), ids, states=_FAILED_STATE) if ids else 0
    return _Step(len(ids), retried, ids[-1] if ids else job.position, len(ids) < batch)


def _step_selected(tx: Tx, job: Row[Any], batch: int) -> _Step:
    ids = job.message_ids[job.done : job.done + batch]
    retried = again.send_again(tx, again.target(tx, job.endpoint_id), ids)
    return _Step(len(ids), retried, None, job.done + len(ids) >= len(job.message_ids))


def _step_missed(tx: Tx, job: Row[Any], batch: int) -> _Step:
    start, end = map(int, cursors.decode(job.position, 2))
    stop = min(start + max(_WINDOW, batch), end)
    to = again.target(tx, job.endpoint_id)
    plan = Plan(job.account_id, job.endpoint_id, job.what, job.since, job.until)
    columns = (events.c.seq, events.c.id, events.c.type, events.c.subject, events.c.version, events.c.created_at)
    query = _missed(tx, plan, start, stop, *columns, messages.c.id.label("message_id"))
    rows = tx.execute(query.order_by(events.c.seq).limit(batch)).all()
    made = [row.message_id for row in rows if row.message_id]
    never_made = [
        StoredEvent(row.id, job.account_id, row.type, row.subject, row.version, row.created_at, b"")
        for row in rows
        if not row.message_id
    ]
    retried = again.send_again(tx, to, made, never_made, states=_MISSED_STATES) if rows else 0
    following = rows[-1].seq + 1 if len(rows) == batch else stop
    return _Step(len(rows), retried, cursors.encode(following, end), following >= end)


_STEPS = {"failed": _step_failed, "selected": _step_selected, "missed": _step_missed}


def _failed(endpoint_id: str, since: datetime, until: datetime, narrowed: Narrowed | None) -> ColumnElement[bool]:
    narrowed = narrowed or {}
    conditions = []
    if "event_type" in narrowed:
        conditions.append(messages.c.event_type == narrowed["event_type"])
    if "subjects" in narrowed:
        conditions.append(messages.c.subject.in_(narrowed["subjects"]))
    if "outcome" in narrowed:
        conditions.append(search.of_outcome(messages, narrowed["outcome"]))
    return and_(
        *conditions,
        messages.c.endpoint_id == endpoint_id,
        messages.c.state == store.FAILED,
        messages.c.finished_at >= since,
        messages.c.finished_at <= until,
        messages.c.subject.not_like(_SAMPLES),
    )


def _missed(tx: Tx, plan: Plan, start: int, stop: int, *columns: Any) -> Select[Any]:
    """The events with `start <= seq < stop` that the endpoint missed, beside the message that it may have of each."""
    wanted = subscriptions.c.endpoint_id == plan.endpoint_id
    names = set(tx.execute(select(subscriptions.c.event_type).where(wanted)).scalars())
    query = (
        select(*columns)
        .select_from(
            events.outerjoin(
                messages, and_(messages.c.event_id == events.c.id, messages.c.endpoint_id == plan.endpoint_id)
            )
        )
        .where(events.c.seq >= start, events.c.seq < stop)
        .where(events.c.account_id == plan.account_id, events.c.test.is_(False))
        .where(events.c.created_at >= plan.since, events.c.created_at <= plan.until)
        .where(messages.c.id.is_(None) | messages.c.state.in_(_MISSED_STATES))
    )
    return query if ALL_TYPES in names else query.where(events.c.type.in_(sorted(names)))


def _seq_at(tx: Tx, moment: datetime) -> int:
    """The number of the first event from this moment on, roughly: found by halving, as events have no index by date."""
    low, high = 0, (tx.execute(select(func.max(events.c.seq))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = select(events.c.created_at).where(events.c.seq >= middle).order_by(events.c.seq).limit(1)
        found = tx.execute(query).scalar()
        if found is not None and found < moment:
            low = middle + 1
        else:
            high = middle
    return low


def _find_enabled(tx: Tx, account_id: str, endpoint_id: str) -> None:
    if actions.find(tx, account_id, endpoint_id).state != "enabled":
        raise Conflict(f"Endpoint {endpoint_id} is disabled: nothing is sent there. Enable it first, then retry.")
