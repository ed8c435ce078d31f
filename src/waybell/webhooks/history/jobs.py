"""Jobs: send any number of messages again, or cancel them, with progress, and without loss when a process is killed.

A slice is one transaction: it moves messages, counters and the position together. So a killed process leaves a job that
the next process continues. Slices of several jobs alternate, the least advanced job first, so that a job over millions
of messages does not hold up a small one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from sqlalchemy import func, select

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.chunks import chunks
from waybell.db.database import Database, Tx
from waybell.events import feed_places
from waybell.events.subjects import pattern
from waybell.ground import cursors
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.ground.ids import new_id
from waybell.webhooks import paging
from waybell.webhooks.endpoints import store
from waybell.webhooks.history import resend, selection
from waybell.webhooks.history.job_slices import STEPS
from waybell.webhooks.jobs import store as job_store
from waybell.webhooks.jobs.records import JOBS, StoredJob
from waybell.webhooks.jobs.tables import retry_jobs
from waybell.webhooks.messages import conditions
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import Hint, Narrowed

Act = Literal["retry", "cancel"]
What = Literal["failed", "missed", "selected", "waiting"]

MAX_SELECTED = 10_000
_SLICE = 500  # messages
_PAUSE = timedelta(seconds=1)  # the wait of a job whose remaining messages are all being sent
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # earlier than any stored message


@dataclass(frozen=True, slots=True)
class Plan:
    """A job that may begin. `total` is the number of messages at the time of the request."""

    account_id: str
    endpoint_id: str
    what: What
    since: datetime | None
    until: datetime | None
    message_ids: list[str] = field(default_factory=list)
    total: int = 0
    position: str | None = None
    narrowed: Narrowed | None = None
    act: Act = "retry"


def plan_since(
    tx: Tx,
    account_id: str,
    endpoint_id: str,
    what: Literal["failed", "missed"],
    since: datetime,
    until: datetime | None,
    narrowed: Narrowed | None = None,
) -> Plan:
    """Plan to send again all messages that failed, or all events that the endpoint missed, from `since` to `until`.

    Both ends are included. A failed message counts by the time at which it was given up, a missed event by its date. An
    endpoint missed the events of its current types of which it has no message, or only a failed or canceled one; also
    events from before it was added, and from the time when it was disabled. `narrowed` filters failed messages.
    Counting takes long, so `tx` should be a read transaction.
    """
    _find_for(tx, account_id, endpoint_id, "retry")
    since, until = _between(tx, since, until)
    plan = Plan(account_id, endpoint_id, what, since, until, narrowed=narrowed)
    if what == "failed":
        query = select(func.count()).select_from(messages).where(selection.failed(endpoint_id, since, until, narrowed))
        return replace(plan, total=tx.execute(query).scalar_one())
    first, end = feed_places.seq_at(tx, since - feed_places.SKEW), feed_places.seq_at(tx, until + feed_places.SKEW)
    query = selection.missed(tx, plan, first, end, func.count())
    return replace(plan, total=tx.execute(query).scalar_one(), position=cursors.pack(f"{first}|{end}"))


def plan_waiting(
    tx: Tx,
    account_id: str,
    endpoint_id: str,
    act: Act,
    since: datetime | None = None,
    until: datetime | None = None,
    narrowed: Narrowed | None = None,
) -> Plan:
    """Plan to send now all messages that wait for a retry, or to cancel all waiting messages.

    `since` and `until` bound the time at which the messages were made, both included; `narrowed` filters them further.
    A message that is due already, or waits behind another, does not wait for a retry. Counting takes long, so `tx`
    should be a read transaction.
    """
    _find_for(tx, account_id, endpoint_id, act)
    since, until = _between(tx, since or _LONG_AGO, until)
    theirs = (messages.c.endpoint_id == endpoint_id, selection.waiting(since, until, narrowed))
    # Each part is counted by itself, because it has an index of its own.
    parts = [conditions.PARTS["heads"] & (messages.c.due_at > tx.now)] if act == "retry" else conditions.PARTS.values()
    counts = [
        tx.execute(select(func.count()).select_from(messages).where(*theirs, part)).scalar_one() for part in parts
    ]
    return Plan(account_id, endpoint_id, "waiting", since, until, total=sum(counts), narrowed=narrowed, act=act)


def _between(tx: Tx, since: datetime, until: datetime | None) -> tuple[datetime, datetime]:
    since, until = max(since, _LONG_AGO), min(until or tx.now, tx.now)
    if since > until:
        raise Invalid("The moment since when to look must lie before Until, and not in the future.")
    return since, until


def plan_selected(tx: Tx, account_id: str, endpoint_id: str, message_ids: Sequence[str], act: Act = "retry") -> Plan:
    """Plan a job over these messages. Raise `NotFound` for an id of no message, or of a test, of the endpoint."""
    _find_for(tx, account_id, endpoint_id, act)
    ids = sorted(set(message_ids))
    if not 1 <= len(ids) <= MAX_SELECTED:
        by_time = "retry by time with FailedSince" if act == "retry" else "cancel by time with WaitingSince"
        raise Invalid(f"MessageIds: from 1 to {MAX_SELECTED}. For more, {by_time}.")
    known: set[str] = set()
    for some in chunks(ids):
        query = select(messages.c.id).where(messages.c.id.in_(some), messages.c.endpoint_id == endpoint_id)
        known.update(tx.execute(query.where(messages.c.subject.not_like(pattern("test")))).scalars())
    unknown = [one for one in ids if one not in known]
    if unknown:
        able = "sent again" if act == "retry" else "canceled"
        raise NotFound(f"MessageIds: {unknown[0][:100]} is no message of this endpoint that can be {able}.")
    return Plan(account_id, endpoint_id, "selected", None, None, ids, len(ids), act=act)


def begin(tx: Tx, plan: Plan, actor: Actor) -> str:
    """Store the job, put on record who asked for it, and return its id; `run_once` carries it out.

    Raise `Conflict` when a job of the endpoint is running: two jobs could make a message for the same missed event.
    """
    store.find(tx, plan.account_id, plan.endpoint_id, lock=True)
    other = running(tx, plan.endpoint_id)
    if other:
        raise Conflict(f"The job {other.id} of this endpoint is still running. Wait for it, or cancel it.")
    job_id = new_id("job")
    row = {
        "id": job_id,
        "account_id": plan.account_id,
        "endpoint_id": plan.endpoint_id,
        "act": plan.act,
        "what": plan.what,
        "since": plan.since,
        "until": plan.until,
        "message_ids": plan.message_ids or None,
        "narrowed": plan.narrowed,
        "total": plan.total,
        "position": plan.position,
    }
    job_store.insert(tx, row)
    audit.record(tx, actor, ON_RECORD[plan.act], plan.endpoint_id, f"{plan.total:,} {plan.what}, {job_id}")
    return job_id


ON_RECORD: dict[Act, str] = {
    "retry": "sent messages again to the endpoint",
    "cancel": "canceled messages for the endpoint",
}


def cancel(tx: Tx, account_id: str, endpoint_id: str, job_id: str) -> None:
    """Stop a job; what it has done stays done. A job that has ended is left as it is."""
    find(tx, account_id, endpoint_id, job_id)
    job_store.stop(tx, job_id)


def find(tx: Tx, account_id: str, endpoint_id: str, job_id: str, act: Act | None = None) -> StoredJob:
    """Return a job of this endpoint. Raise `NotFound` when there is none, or its act is not `act`."""
    query = select(*JOBS.columns).where(
        retry_jobs.c.id == job_id, retry_jobs.c.account_id == account_id, retry_jobs.c.endpoint_id == endpoint_id
    )
    found = JOBS.first(tx, query)
    if found is None or act not in (None, found.act):
        raise NotFound(f"There is no job {job_id} of endpoint {endpoint_id}.")
    return found


def list_jobs(
    tx: Tx, endpoint_id: str, after: str | None, limit: int, act: Act | None = None
) -> paging.Page[StoredJob]:
    """List the jobs of an endpoint, newest first."""
    query = select(*JOBS.columns).where(retry_jobs.c.endpoint_id == endpoint_id)
    if act is not None:
        query = query.where(retry_jobs.c.act == act)
    return paging.page_by_id(tx, JOBS, query, retry_jobs.c.id, after, limit, of=f"{act or 'all'} jobs {endpoint_id}")


def running(tx: Tx, endpoint_id: str) -> StoredJob | None:
    """Return the running job of the endpoint, or None."""
    query = select(*JOBS.columns).where(retry_jobs.c.endpoint_id == endpoint_id, retry_jobs.c.state == "running")
    return JOBS.first(tx, query.limit(1))


def run_once(database: Database, hint: Hint, batch: int = _SLICE) -> int:
    """Do one slice of one job; return how many messages it has done, at least 1, or 0 when no job is ready."""
    with database.transaction() as tx:
        job = job_store.take_next(tx)
        if job is None:
            return 0
        step = STEPS[job.act, job.what](tx, job, batch)
        resume_at = tx.now + _PAUSE if step.waits else None
        job_store.advance(tx, job, step.done, step.retried, step.position, resume_at)
        if step.last:
            job_store.end(tx, job.id, total=job.done + step.done)
        if step.retried:
            tx.after_commit(partial(hint, {job.endpoint_id}))
        return max(step.done, 1)


def _find_for(tx: Tx, account_id: str, endpoint_id: str, act: Act) -> None:
    """Raise `NotFound` for an unknown endpoint, and `Conflict` when messages are to be sent to a disabled one."""
    if act == "retry":
        resend.check_enabled(tx, account_id, endpoint_id)
    else:
        store.find(tx, account_id, endpoint_id)
