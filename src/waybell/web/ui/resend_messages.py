"""The pages for sending failed, missed or selected messages again. A page shows their count first; a job sends them."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.web.ui.attempt_filter import filter_of, wanted_by
from waybell.web.ui.endpoint_frame import WEBHOOKS, endpoint_facts
from waybell.web.ui.forms import Asked, Fields, Sent
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Visit
from waybell.webhooks.endpoints import store
from waybell.webhooks.history import attempt_search, jobs
from waybell.webhooks.model import Narrowed

router = APIRouter()

_ONE = WEBHOOKS + "/{endpoint_id}"


@router.get(f"{_ONE}/retry")
def ask(visit: Dispatcher, asked: Asked, endpoint_id: str) -> Response:
    """Show how many messages would be sent again."""
    with visit.read() as tx:
        endpoint = endpoint_facts(tx, visit, endpoint_id)
        fault, total = "", 0
        try:
            total = _plan(tx, visit, endpoint_id, asked).total
        except (Conflict, Invalid) as error:
            fault = str(error)
        past = jobs.list_jobs(tx, endpoint_id, None, 10, "retry").rows
    chosen = filter_of(asked)
    what = asked.text("What") if asked.text("What") in ("missed", "waiting") else "failed"
    facts: dict[str, Any] = {"chosen": chosen, "what": what, "total": total, "fault": fault, "past": past}
    return page(visit, "endpoint/retry.html", endpoint=endpoint, tab="attempts", **facts)


@router.post(f"{_ONE}/retry")
def begin(visit: Dispatcher, sent: Sent, endpoint_id: str) -> Response:
    chosen = filter_of(sent).query
    to = f"{WEBHOOKS}/{endpoint_id}" + (f"?{urlencode(chosen)}" if chosen else "")
    return begin_job(
        visit, endpoint_id, to, lambda tx: _plan(tx, visit, endpoint_id, sent), "There is nothing to resend.", "resent"
    )


def begin_job(
    visit: Visit, endpoint_id: str, to: str, plan_in: Callable[[Tx], jobs.Plan], nothing: str, done: str
) -> Response:
    """Begin the job that `plan_in` plans, and go to the page `to` with a notice: what was begun, or why nothing was."""
    with visit.read() as tx:
        store.find(tx, visit.account.id, endpoint_id)
    try:
        with visit.read() as tx:  # counting takes a while, so it holds no lock
            plan = plan_in(tx)
        if not plan.total:
            return go_to(to, nothing)
        with visit.change() as tx:
            jobs.begin(tx, plan, visit.actor)
    except (Conflict, Invalid, NotFound) as error:
        return go_to(to, str(error), failed=True)
    return go_to(to, f"{plan.total:,} {'message is' if plan.total == 1 else 'messages are'} being {done}.")


def _plan(tx: Tx, visit: Visit, endpoint_id: str, asked: Fields) -> jobs.Plan:
    if asked.text("What") == "selected":
        if not asked.all("MessageIds"):
            raise Invalid("Select at least one message.")
        return jobs.plan_selected(tx, visit.account.id, endpoint_id, asked.all("MessageIds"))
    wanted = wanted_by(tx, visit, filter_of(asked))
    since = wanted.since or tx.now - visit.settings.keep_events
    if asked.text("What") == "missed":
        return jobs.plan_since(tx, visit.account.id, endpoint_id, "missed", since, wanted.until)
    narrowed = narrowed_by(wanted)
    if asked.text("What") == "waiting":
        return jobs.plan_waiting(tx, visit.account.id, endpoint_id, "retry", wanted.since, wanted.until, narrowed)
    return jobs.plan_since(tx, visit.account.id, endpoint_id, "failed", since, wanted.until, narrowed)


def narrowed_by(wanted: attempt_search.Wanted) -> Narrowed | None:
    given: Mapping[str, Any] = {
        "event_type": wanted.event_type and wanted.event_type.own,
        "subjects": list(wanted.subjects) if wanted.subjects is not None else None,
        "outcome": wanted.outcome,
    }
    narrowed: Any = {name: value for name, value in given.items() if value is not None}
    return narrowed or None


@router.post(f"{_ONE}/retry/{{job_id}}/cancel")
def cancel(visit: Dispatcher, endpoint_id: str, job_id: str) -> Response:
    with visit.change() as tx:
        jobs.cancel(tx, visit.account.id, endpoint_id, job_id)
    return go_to(f"{WEBHOOKS}/{endpoint_id}", "Canceled. What it has done by then stays done.")
