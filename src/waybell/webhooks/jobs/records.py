"""What leaves the store of jobs: their rows as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from waybell.db.records import Records
from waybell.webhooks.jobs.tables import retry_jobs
from waybell.webhooks.model import Narrowed


@dataclass(frozen=True, slots=True)
class StoredJob:
    """Sending many messages again or canceling them, and how far that is."""

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
