"""The frame of all pages of one endpoint: its state, the actions on it, and its last 24 hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from waybell.db.database import Tx
from waybell.web.ui.visit import Visit
from waybell.webhooks.endpoints import actions, hourly_counts, store
from waybell.webhooks.endpoints.records import StoredEndpoint
from waybell.webhooks.endpoints.settings import EndpointSettings
from waybell.webhooks.history import attempt_search, jobs, message_log
from waybell.webhooks.jobs.records import StoredJob
from waybell.webhooks.messages.records import AttemptOutcome

WEBHOOKS = "/settings/web-api/webhooks"


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    row: StoredEndpoint
    settings: EndpointSettings
    pulse: hourly_counts.Pulse
    waiting: int  # at most attempt_search.COUNTED_AT_MOST
    job: StoredJob | None  # the running job, which sends again or cancels
    latest: Sequence[AttemptOutcome]  # its newest attempts, without test sends
    now: datetime
    disable_after: timedelta  # the duration of an outage after which it is disabled

    @property
    def id(self) -> str:
        return str(self.row.id)

    @property
    def path(self) -> str:
        return f"{WEBHOOKS}/{self.row.id}"

    @property
    def state(self) -> str:
        return endpoint_state(self.row, self.latest, self.now)

    @property
    def disabled_at(self) -> datetime | None:
        """The time at which the endpoint is disabled if its outage goes on."""
        return self.row.parked_at + self.disable_after if self.row.parked_at else None


def endpoint_state(row: StoredEndpoint, latest: Sequence[AttemptOutcome], now: datetime) -> str:
    """Return the first of `parked`, `paused` and `failing` that holds, else the stored state, such as `enabled`.

    An endpoint is failing when none of its latest attempts succeeded and it is not parked yet.
    """
    if row.parked_at:
        return "parked"
    if store.is_paused(row, now):
        return "paused"
    only_fails = bool(latest) and all(attempt.error for attempt in latest)
    return "failing" if row.state == "enabled" and only_fails else str(row.state)


def endpoint_facts(tx: Tx, visit: Visit, endpoint_id: str) -> EndpointFacts:
    """Return the facts for the frame. Raise `NotFound` when the account has no such endpoint."""
    row = store.find(tx, visit.account.id, endpoint_id)
    return EndpointFacts(
        row,
        actions.settings_of(visit.tools, row),
        hourly_counts.pulses(tx, [endpoint_id])[endpoint_id],
        attempt_search.count_waiting(tx, endpoint_id),
        jobs.running(tx, endpoint_id),
        message_log.latest_attempts(tx, [endpoint_id])[endpoint_id],
        tx.now,
        visit.settings.disable_after,
    )
