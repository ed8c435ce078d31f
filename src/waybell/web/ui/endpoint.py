"""What all pages of one endpoint show above their tab: how it stands, what may be done with it, its last 24 hours."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from waybell.db.database import Tx
from waybell.web.ui.visit import Visit
from waybell.webhooks import actions, hours
from waybell.webhooks.endpoint_settings import EndpointSettings
from waybell.webhooks.store import FAILED
from waybell.webhooks.tables import messages, retry_jobs

WEBHOOKS = "/settings/web-api/webhooks"
COUNTED_AT_MOST = 10_000  # who has more waiting is told "10,000+"; counting a million would take too long


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    row: Row[Any]  # of the table `endpoints`
    settings: EndpointSettings
    pulse: hours.Pulse
    waiting: int  # at most COUNTED_AT_MOST
    failed: int  # messages that were given up, at most COUNTED_AT_MOST
    job: Row[Any] | None  # the retry job that is running

    @property
    def id(self) -> str:
        return str(self.row.id)

    @property
    def path(self) -> str:
        return f"{WEBHOOKS}/{self.row.id}"

    @property
    def state(self) -> str:
        """`enabled`, `disabled`, or `parked`: an outage is what one wants to see first."""
        return "parked" if self.row.parked_at else str(self.row.state)


def endpoint_facts(tx: Tx, visit: Visit, endpoint_id: str) -> EndpointFacts:
    """Raises `NotFound` for an endpoint that is not this account's."""
    row = actions.find(tx, visit.account.id, endpoint_id)
    running = select(retry_jobs).where(retry_jobs.c.endpoint_id == endpoint_id, retry_jobs.c.state == "running")
    return EndpointFacts(
        row,
        actions.settings_of(visit.means, row),
        hours.pulses(tx, [endpoint_id])[endpoint_id],
        count_waiting(tx, endpoint_id),
        count_failed(tx, endpoint_id),
        tx.execute(running.limit(1)).first(),
    )


def count_waiting(tx: Tx, endpoint_id: str, most: int = COUNTED_AT_MOST) -> int:
    """How many messages of the endpoint are not finished, up to `most`."""
    theirs = (messages.c.endpoint_id == endpoint_id) & messages.c.finished_at.is_(None)
    # Each part has an index of its own: those that are due or being sent, and those behind others.
    due = _count(tx, theirs & messages.c.due_at.is_not(None), most)
    return due if due >= most else due + _count(tx, theirs & messages.c.due_at.is_(None), most - due)


def count_failed(tx: Tx, endpoint_id: str, most: int = COUNTED_AT_MOST) -> int:
    return _count(tx, (messages.c.endpoint_id == endpoint_id) & (messages.c.state == FAILED), most)


def _count(tx: Tx, which: Any, most: int) -> int:
    some = select(messages.c.id).where(which).limit(most).subquery()
    return int(tx.execute(select(func.count()).select_from(some)).scalar_one())
