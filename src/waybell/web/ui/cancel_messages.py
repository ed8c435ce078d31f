"""The pages for canceling waiting messages: one, a selection, or all that match; a page first shows their count."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.web.ui.attempt_filter import Filter, filter_of, wanted_by
from waybell.web.ui.endpoint_frame import WEBHOOKS, endpoint_facts
from waybell.web.ui.forms import Asked, Fields, Sent
from waybell.web.ui.message_page import ONE as MESSAGE
from waybell.web.ui.message_page import back_to, message_of
from waybell.web.ui.objects import names_of
from waybell.web.ui.render import go_to, page
from waybell.web.ui.resend_messages import begin_job, narrowed_by
from waybell.web.ui.visit import Dispatcher, Visit
from waybell.webhooks.history import cancel_message, jobs, lane_positions, message_log

router = APIRouter()

_ENDPOINT = WEBHOOKS + "/{endpoint_id}"


@router.get(f"{MESSAGE}/cancel")
def ask_for_one(visit: Dispatcher, asked: Asked, endpoint_id: str, message_id: str) -> Response:
    """Show what skipping the message means, before it is done."""
    with visit.read() as tx:
        message = message_of(tx, visit, endpoint_id, message_id)
        facts: dict[str, Any] = {
            "message": message,
            "endpoint": message_log.endpoint_of(tx, message),
            "behind": lane_positions.behind(tx, message),
            "named": names_of(tx, visit.account.id, {message.subject})[message.subject],
            "back": back_to(asked, endpoint_id, message_id),
            "counted": lane_positions.COUNTED,
        }
    return page(visit, "message_cancel.html", nav="webhooks", live=f"message/{message.id}", **facts)


@router.post(f"{MESSAGE}/cancel")
def cancel_one(visit: Dispatcher, sent: Sent, endpoint_id: str, message_id: str) -> Response:
    to = back_to(sent, endpoint_id, message_id)
    try:
        with visit.change() as tx:
            message = message_of(tx, visit, endpoint_id, message_id)
            behind = cancel_message.cancel_one(tx, visit.tools.hint, visit.actor, message.id)
    except Conflict as error:
        return go_to(to, str(error), failed=True)
    return go_to(to, f"It is skipped; {lane_positions.go_on(behind)}.")


@router.get(f"{_ENDPOINT}/cancel")
def ask(visit: Dispatcher, asked: Asked, endpoint_id: str) -> Response:
    """Show how many messages would be canceled, before they are."""
    with visit.read() as tx:
        endpoint = endpoint_facts(tx, visit, endpoint_id)
        fault, total = "", 0
        try:
            total = _plan(tx, visit, endpoint_id, asked).total
        except (Conflict, Invalid, NotFound) as error:
            fault = str(error)
        past = jobs.list_jobs(tx, endpoint_id, None, 10, "cancel").rows
    facts: dict[str, Any] = {"chosen": filter_of(asked), "selected": _selected(asked), "total": total}
    facts |= {"fault": fault, "past": past, "back": _waiting_at(endpoint_id, filter_of(asked))}
    return page(visit, "endpoint/cancel.html", endpoint=endpoint, tab="attempts", **facts)


@router.post(f"{_ENDPOINT}/cancel")
def begin(visit: Dispatcher, sent: Sent, endpoint_id: str) -> Response:
    to = _waiting_at(endpoint_id, filter_of(sent))
    nothing = "Nothing waits that matches: there is nothing to cancel."
    return begin_job(visit, endpoint_id, to, lambda tx: _plan(tx, visit, endpoint_id, sent), nothing, "canceled")


def _plan(tx: Tx, visit: Visit, endpoint_id: str, asked: Fields) -> jobs.Plan:
    if asked.text("What") == "selected":
        if not _selected(asked):
            raise Invalid("Select at least one message.")
        return jobs.plan_selected(tx, visit.account.id, endpoint_id, _selected(asked), "cancel")
    wanted = wanted_by(tx, visit, filter_of(asked))
    account_id, narrowed = visit.account.id, narrowed_by(wanted)
    return jobs.plan_waiting(tx, account_id, endpoint_id, "cancel", wanted.since, wanted.until, narrowed)


def _selected(asked: Fields) -> list[str]:
    return asked.all("MessageIds") if asked.text("What") == "selected" else []


def _waiting_at(endpoint_id: str, chosen: Filter) -> str:
    """Return the path of the page of waiting messages, with the filter."""
    return f"{WEBHOOKS}/{endpoint_id}?{urlencode({**chosen.query, 'state': 'waiting'})}"
