"""The rows of jobs."""

from sqlalchemy import update

from waybell.db.database import Tx
from waybell.webhooks.jobs.tables import retry_jobs


def stop(tx: Tx, job_id: str) -> None:
    """Stop a job that runs, where it is."""
    running = update(retry_jobs).where(retry_jobs.c.id == job_id, retry_jobs.c.state == "running")
    tx.execute(running.values(state="canceled", finished_at=tx.now))


def stop_of_endpoint(tx: Tx, endpoint_id: str) -> None:
    """Stop the job of this endpoint that runs, if there is one."""
    running = update(retry_jobs).where(retry_jobs.c.endpoint_id == endpoint_id, retry_jobs.c.state == "running")
    tx.execute(running.values(state="canceled", finished_at=tx.now))
