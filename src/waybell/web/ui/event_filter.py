"""The filters of the list of events: from the parameters of the URL to a search."""

from dataclasses import asdict, dataclass
from functools import partial

from waybell.db.database import Tx
from waybell.events import listing
from waybell.web.ui.attempt_filter import PERIODS, moments
from waybell.web.ui.forms import Fields
from waybell.web.ui.objects import subjects_of
from waybell.web.ui.visit import Visit
from waybell.webhooks.history import event_outcomes


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters in the URL. Values that are not understood are left out."""

    event: str
    object: str
    outcome: str
    endpoint: str
    period: str
    since: str
    until: str

    @property
    def is_set(self) -> bool:
        return any(asdict(self).values())


def filter_of(asked: Fields) -> Filter:
    outcome, period = asked.text("outcome"), asked.text("period")
    return Filter(
        asked.text("event"),
        asked.text("object"),
        outcome if outcome in event_outcomes.OUTCOMES else "",
        asked.text("endpoint"),
        period if period in PERIODS else "",
        asked.text("since"),
        asked.text("until"),
    )


def find(tx: Tx, visit: Visit, chosen: Filter, after: str | None, limit: int) -> listing.Listing:
    account_id = visit.account.id
    outcome, endpoint_id = chosen.outcome or None, chosen.endpoint or None
    since, until = moments(tx, visit, chosen.period, chosen.since, chosen.until)
    subjects = subjects_of(tx, account_id, chosen.object) if chosen.object else None
    ids = None if subjects is not None else event_outcomes.few(tx, account_id, outcome, endpoint_id)
    wanted = listing.Wanted(tx.names.typed(chosen.event) if chosen.event else None, subjects, since, until, ids)
    narrow = partial(event_outcomes.came_out, outcome, endpoint_id) if outcome or endpoint_id else None
    return listing.newest(tx, account_id, wanted, after, limit, None if ids is not None else narrow)
