"""The rows of jobs as typed values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from waybell.db.records import Records
from waybell.webhooks.jobs.tables import retry_jobs
from waybell.webhooks.model import Narrowed


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job that sends many messages again or cancels them, with its progress."""

    id: str
    account_id: str
    endpoint_id: str
    act: Literal["retry", "cancel"]
    what: Literal["failed", "missed", "selected", "waiting"]
    since: datetime | None
    until: datetime | None
    message_ids: Sequence[str]  # of `selected`
    narrowed: Narrowed | None
    state: Literal["running", "succeeded", "canceled"]
    total: int
    done: int
    retried: int
    position: str | None
    created_at: datetime
    finished_at: datetime | None


JOBS = Records(StoredJob, retry_jobs)
