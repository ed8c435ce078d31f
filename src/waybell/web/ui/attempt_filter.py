"""The filters of the list of attempts: from the parameters of the URL to a search."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from waybell.db.database import Tx
from waybell.web.ui.forms import Fields
from waybell.web.ui.objects import subjects_of
from waybell.web.ui.visit import Visit
from waybell.webhooks.history import attempt_search
from waybell.webhooks.history.causes import in_a_word
from waybell.webhooks.model import ErrorWord

_STATES = ("succeeded", "failed", "waiting")
# Each value in the URL has the words that the page offers for it.
OUTCOMES = {
    "succeeded": "Succeeded",
    "failed": "Failed",
    **{one: f"Answered {one}" for one in attempt_search.STATUS_CLASSES},
    **{word.value: in_a_word(word) for word in ErrorWord if word is not ErrorWord.HTTP_STATUS},
}
PERIODS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters in the URL. Values that are not understood are left out."""

    state: str
    event: str
    object: str
    outcome: str
    period: str
    since: str
    until: str

    @property
    def is_set(self) -> bool:
        return any((self.event, self.object, self.outcome, self.period, self.since, self.until))

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the URL that are set."""
        pairs = {
            name: getattr(self, name) for name in ("state", "event", "object", "outcome", "period", "since", "until")
        }
        return {name: value for name, value in pairs.items() if value}


def filter_of(asked: Fields) -> Filter:
    state, outcome, period = asked.text("state"), asked.text("outcome"), asked.text("period")
    return Filter(
        state if state in _STATES else "",
        asked.text("event"),
        asked.text("object"),
        outcome if outcome in OUTCOMES else "",
        period if period in PERIODS else "",
        asked.text("since"),
        asked.text("until"),
    )


def wanted_by(tx: Tx, visit: Visit, chosen: Filter) -> attempt_search.Wanted:
    since, until = moments(tx, visit, chosen.period, chosen.since, chosen.until)
    state: Any = next((one for one in ("succeeded", "failed") if one in (chosen.state, chosen.outcome)), None)
    outcome = chosen.outcome if chosen.outcome in attempt_search.OUTCOMES else None
    subjects = subjects_of(tx, visit.account.id, chosen.object) if chosen.object else None
    event_type = tx.names.typed(chosen.event) if chosen.event else None
    return attempt_search.Wanted(state, event_type, subjects, outcome, since, until)


def moments(tx: Tx, visit: Visit, period: str, since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """Return the beginning and the end of the time to search; `period` takes precedence over `since`."""
    return tx.now - PERIODS[period] if period else _local(visit, since), _local(visit, until)


def _local(visit: Visit, text: str) -> datetime | None:
    """Return the time that an `<input type=datetime-local>` sent, in the zone of the account; None for other text."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=visit.account.zone) if text else None
    except (ValueError, OverflowError):
        return None
