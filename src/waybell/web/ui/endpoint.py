"""What all pages of one endpoint show above their tab: how it stands, what may be done with it, its last 24 hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from waybell.db.counting import count_up_to
from waybell.db.database import Tx
from waybell.web.ui.visit import Visit
from waybell.webhooks import actions, hours
from waybell.webhooks.endpoint_settings import EndpointSettings
from waybell.webhooks.tables import messages, retry_jobs

WEBHOOKS = "/settings/web-api/webhooks"
COUNTED_AT_MOST = 10_000  # who has more waiting is told "10,000+"; counting a million would take too long


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    row: Row[Any]  # of the table `endpoints`
    settings: EndpointSettings
    pulse: hours.Pulse
    waiting: int  # at most COUNTED_AT_MOST
    job: Row[Any] | None  # the retry job that is running
    now: datetime
    disable_after: timedelta  # of an outage

    @property
    def id(self) -> str:
        return str(self.row.id)

    @property
    def path(self) -> str:
        return f"{WEBHOOKS}/{self.row.id}"

    @property
    def state(self) -> str:
        return standing(self.row, self.now)

    @property
    def disabled_at(self) -> datetime | None:
        """When it is disabled if its outage goes on."""
        return self.row.parked_at + self.disable_after if self.row.parked_at else None


def standing(row: Row[Any], now: datetime) -> str:
    """`enabled`, `disabled`, `parked` or `paused`: what holds up its messages is what one wants to see first."""
    if row.parked_at:
        return "parked"
    return "paused" if actions.is_paused(row, now) else str(row.state)


def endpoint_facts(tx: Tx, visit: Visit, endpoint_id: str) -> EndpointFacts:
    """Raises `NotFound` for an endpoint that is not this account's."""
    row = actions.find(tx, visit.account.id, endpoint_id)
    running = select(retry_jobs).where(retry_jobs.c.endpoint_id == endpoint_id, retry_jobs.c.state == "running")
    return EndpointFacts(
        row,
        actions.settings_of(visit.means, row),
        hours.pulses(tx, [endpoint_id])[endpoint_id],
        count_waiting(tx, endpoint_id),
        tx.execute(running.limit(1)).first(),
        tx.now,
        visit.settings.disable_after,
    )


def count_waiting(tx: Tx, endpoint_id: str, most: int = COUNTED_AT_MOST) -> int:
    """How many messages of the endpoint are not finished, up to `most`."""
    theirs = select(messages.c.id).where(messages.c.endpoint_id == endpoint_id, messages.c.finished_at.is_(None))
    # Each part has an index of its own: those that are due or being sent, and those behind others.
    due = count_up_to(tx, theirs.where(messages.c.due_at.is_not(None)), most)
    return due if due >= most else due + count_up_to(tx, theirs.where(messages.c.due_at.is_(None)), most - due)
