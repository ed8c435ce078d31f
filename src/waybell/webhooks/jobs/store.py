"""The store of jobs: all statements that write them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select, update

from waybell.db.database import Tx
from waybell.webhooks.jobs.records import JOBS, StoredJob
from waybell.webhooks.jobs.tables import retry_jobs


def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Store a job that begins."""
    begun = {"state": "running", "done": 0, "retried": 0, "created_at": tx.now}
    tx.execute(retry_jobs.insert(), {**row, **begun})


def take_next(tx: Tx) -> StoredJob | None:
    """Lock and return the running job that has done least; skip jobs that wait, and jobs that are locked."""
    ready = retry_jobs.c.resume_at.is_(None) | (retry_jobs.c.resume_at <= tx.now)
    running = select(*JOBS.columns).where(retry_jobs.c.state == literal_column("'running'"), ready)
    query = running.order_by(retry_jobs.c.done, retry_jobs.c.id).limit(1).with_for_update(skip_locked=True)
    return JOBS.first(tx, query)


def advance(tx: Tx, job: StoredJob, done: int, retried: int, position: str | None, resume_at: datetime | None) -> None:
    """Add to the counters of a job, and set the place and the time at which it continues."""
    change = update(retry_jobs).where(retry_jobs.c.id == job.id)
    counts = {"done": job.done + done, "retried": job.retried + retried}
    tx.execute(change.values(**counts, position=position, resume_at=resume_at))


def end(tx: Tx, job_id: str, total: int) -> None:
    """Note that a job has succeeded; `total` is the number of messages that it has done."""
    change = update(retry_jobs).where(retry_jobs.c.id == job_id)
    tx.execute(change.values(state="succeeded", finished_at=tx.now, total=total))


def stop(tx: Tx, job_id: str) -> None:
    """Stop a job if it is still running; what it has done stays done."""
    running = update(retry_jobs).where(retry_jobs.c.id == job_id, retry_jobs.c.state == "running")
    tx.execute(running.values(state="canceled", finished_at=tx.now))


def stop_of_endpoint(tx: Tx, endpoint_id: str) -> None:
    """Stop the running job of this endpoint, if there is one."""
    running = update(retry_jobs).where(retry_jobs.c.endpoint_id == endpoint_id, retry_jobs.c.state == "running")
    tx.execute(running.values(state="canceled", finished_at=tx.now))
