"""The attempts at an endpoint: the live list with its filters, and sending again what matches them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.db.database import Tx
from waybell.errors import Conflict, Invalid, NotFound
from waybell.web.ui.endpoint import WEBHOOKS, endpoint_facts
from waybell.web.ui.event_types import offered
from waybell.web.ui.forms import Asked, Fields, Sent
from waybell.web.ui.objects import names_of, subjects_of
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Viewer, Visit
from waybell.webhooks import jobs, search
from waybell.webhooks.again import TEST_SUBJECT

router = APIRouter()

_ONE = WEBHOOKS + "/{endpoint_id}"
_ON_A_PAGE = 50
_WAITING_SHOWN = 100
_STATES = ("succeeded", "failed", "waiting")
PERIODS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters as they stand in the URL; what is not understood is left out."""

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
        """The parameters that are set, as the URL has them."""
        pairs = {
            name: getattr(self, name) for name in ("state", "event", "object", "outcome", "period", "since", "until")
        }
        return {name: value for name, value in pairs.items() if value}


def _filter(asked: Fields) -> Filter:
    state, outcome, period = asked.text("state"), asked.text("outcome"), asked.text("period")
    return Filter(
        state if state in _STATES else "",
        asked.text("event"),
        asked.text("object"),
        outcome if outcome in search.OUTCOMES else "",
        period if period in PERIODS else "",
        asked.text("since"),
        asked.text("until"),
    )


def _wanted(tx: Tx, visit: Visit, chosen: Filter) -> search.Wanted:
    since = tx.now - PERIODS[chosen.period] if chosen.period else _local(visit, chosen.since)
    state: Any = chosen.state if chosen.state in ("succeeded", "failed") else None
    subjects = subjects_of(tx, visit.account.id, chosen.object) if chosen.object else None
    until = _local(visit, chosen.until)
    return search.Wanted(state, chosen.event or None, subjects, chosen.outcome or None, since, until)


def _local(visit: Visit, text: str) -> datetime | None:
    """A moment as `<input type=datetime-local>` sends it, in the zone of the account."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=visit.account.zone) if text else None
    except (ValueError, OverflowError):
        return None


@router.get(_ONE)
def show(visit: Viewer, asked: Asked, endpoint_id: str) -> Response:
    chosen = _filter(asked)
    with visit.look() as tx:
        endpoint = endpoint_facts(tx, visit, endpoint_id)
        facts: dict[str, Any] = {"endpoint": endpoint, "tab": "attempts", "chosen": chosen, "outcomes": search.OUTCOMES}
        facts["types"] = [one.name for one in offered(tx, visit)]
        if chosen.state == "waiting":
            waiting = search.waiting(tx, endpoint_id, _WAITING_SHOWN)
            names = names_of(tx, visit.account.id, {one.row.subject for one in waiting})
            facts |= {"waiting": waiting, "names": names, "found": None, "most": len(visit.settings.retry_pauses)}
        else:
            wanted = _wanted(tx, visit, chosen)
            found = search.search(tx, visit.account.id, endpoint_id, wanted, asked.text("after") or None, _ON_A_PAGE)
            names = names_of(tx, visit.account.id, {row.subject for row in found.rows})
            facts |= {"found": found, "names": names, "on_first_page": not asked.text("after")}
    return page(visit, "endpoint/attempts.html", test_subject=TEST_SUBJECT, **facts)


@router.get(f"{_ONE}/retry")
def ask(visit: Dispatcher, asked: Asked, endpoint_id: str) -> Response:
    """What would be sent again, counted, before it is."""
    with visit.look() as tx:
        endpoint = endpoint_facts(tx, visit, endpoint_id)
        fault, total = "", 0
        try:
            total = _plan(tx, visit, endpoint_id, asked).total
        except (Conflict, Invalid) as error:
            fault = str(error)
        past = jobs.list_jobs(tx, endpoint_id, None, 10).rows
    chosen = _filter(asked)
    what = "missed" if asked.text("What") == "missed" else "failed"
    facts: dict[str, Any] = {"chosen": chosen, "what": what, "total": total, "fault": fault, "past": past}
    return page(visit, "endpoint/retry.html", endpoint=endpoint, tab="attempts", **facts)


@router.post(f"{_ONE}/retry")
def begin(visit: Dispatcher, sent: Sent, endpoint_id: str) -> Response:
    chosen = _filter(sent).query
    to = f"{WEBHOOKS}/{endpoint_id}" + (f"?{urlencode(chosen)}" if chosen else "")
    if sent.text("What") == "selected" and not sent.all("MessageIds"):
        return go_to(to, "Select at least one message.", failed=True)
    try:
        with visit.look() as tx:  # counting takes its time: nobody is to wait for it
            plan = _plan(tx, visit, endpoint_id, sent)
        if not plan.total:
            return go_to(to, "There is nothing to send again.")
        with visit.change() as tx:
            jobs.begin(tx, plan)
    except (Conflict, Invalid) as error:
        return go_to(to, str(error), failed=True)
    except NotFound as error:
        if not sent.all("MessageIds"):
            raise
        return go_to(to, str(error), failed=True)
    return go_to(to, f"{plan.total:,} {'message is' if plan.total == 1 else 'messages are'} being sent again.")


def _plan(tx: Tx, visit: Visit, endpoint_id: str, asked: Fields) -> jobs.Plan:
    if asked.text("What") == "selected":
        return jobs.plan_selected(tx, visit.account.id, endpoint_id, asked.all("MessageIds"))
    wanted = _wanted(tx, visit, _filter(asked))
    since = wanted.since or tx.now - visit.settings.keep_events
    if asked.text("What") == "missed":
        return jobs.plan_since(tx, visit.account.id, endpoint_id, "missed", since, wanted.until)
    narrowed = _narrowed(wanted)
    return jobs.plan_since(tx, visit.account.id, endpoint_id, "failed", since, wanted.until, narrowed)


def _narrowed(wanted: search.Wanted) -> jobs.Narrowed | None:
    given: Mapping[str, Any] = {
        "event_type": wanted.event_type,
        "subjects": list(wanted.subjects) if wanted.subjects is not None else None,
        "outcome": wanted.outcome,
    }
    narrowed: Any = {name: value for name, value in given.items() if value is not None}
    return narrowed or None


@router.post(f"{_ONE}/retry/{{job_id}}/cancel")
def cancel(visit: Dispatcher, endpoint_id: str, job_id: str) -> Response:
    with visit.change() as tx:
        jobs.cancel(tx, visit.account.id, endpoint_id, job_id)
    return go_to(f"{WEBHOOKS}/{endpoint_id}", "Canceled. What was set to be sent by then is sent.")
