"""Manage Webhooks: the list of endpoints, and adding one in two steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from waybell.db.database import Tx
from waybell.ground.errors import Invalid
from waybell.web.ui import form_drafts
from waybell.web.ui.endpoint_frame import WEBHOOKS, endpoint_state
from waybell.web.ui.event_types import offered
from waybell.web.ui.forms import Fields, Sent, faults, submit_once
from waybell.web.ui.own_receiver import LISTEN_URL, may_listen_here
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Viewer, Visit
from waybell.webhooks.address import check_url
from waybell.webhooks.endpoints import actions, hourly_counts, store
from waybell.webhooks.endpoints.records import StoredEndpoint
from waybell.webhooks.endpoints.settings import check_description
from waybell.webhooks.history import attempt_search, message_log
from waybell.webhooks.messages.records import AttemptOutcome

router = APIRouter()

_NEW = f"{WEBHOOKS}/new"
_ON_A_PAGE = 50
_WAITING_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    row: StoredEndpoint
    pulse: hourly_counts.Pulse
    waiting: int  # counted up to _WAITING_COUNTED
    latest: Sequence[AttemptOutcome]  # its newest attempts, without test sends
    now: datetime

    @property
    def state(self) -> str:
        return endpoint_state(self.row, self.latest, self.now)


@router.get(WEBHOOKS)
def show(visit: Viewer, after: Annotated[str | None, Query()] = None) -> Response:
    with visit.read() as tx:
        found = store.list_endpoints(tx, visit.account.id, after, _ON_A_PAGE)
        ids = [row.id for row in found.rows]
        pulses, latest = hourly_counts.pulses(tx, ids), message_log.latest_attempts(tx, ids)
        listed = [
            Listed(
                row, pulses[row.id], attempt_search.count_waiting(tx, row.id, _WAITING_COUNTED), latest[row.id], tx.now
            )
            for row in found.rows
        ]
        example = None if listed else offered(tx, visit)[0]
    return page(
        visit,
        "endpoints/list.html",
        nav="webhooks",
        live="endpoints",
        endpoints=listed,
        cursor=found.cursor,
        example=example,
    )


@router.get(_NEW)
def new(visit: Admin, draft: Annotated[str, Query()] = "") -> Response:
    """Show the step that the draft has come to, with its errors; without a draft, show the first step."""
    found = form_drafts.opened(visit.tools.vault, draft)
    return _step(visit, Fields(found.pairs if found else []))


def _step(visit: Visit, sent: Fields) -> Response:
    if not sent.text("step"):
        return _first_step(visit, {}, sent)
    try:
        url = _checked_url(visit, sent)
    except Invalid as error:
        return _first_step(visit, faults(error), sent)
    wrong: Mapping[str, str] = {}
    try:
        if sent.text("tried"):
            chosen_types(sent)
    except Invalid as error:
        wrong = faults(error)
    with visit.read() as tx:
        return _second_step(visit, tx, wrong, sent, url)


@router.post(_NEW)
def add(visit: Admin, sent: Sent) -> Response:
    """Take the first step to the second, or add the endpoint.

    Each answer is a redirect, so that Back never asks to send a form again; a draft carries the typed values.
    """
    if sent.text("back"):
        return _redirect(visit, sent, step="")
    try:
        url = _checked_url(visit, sent)
        if sent.text("step") != "types":
            return _redirect(visit, sent, step="types")
        wanted = {"url": url, "description": sent.text("Description"), "event_types": chosen_types(sent)}
        endpoint_id = submit_once(visit, sent, lambda tx: actions.add(tx, visit.tools, visit.actor, wanted))
    except Invalid:
        return _redirect(visit, sent, step="types", tried="yes")
    return go_to(
        f"{WEBHOOKS}/{endpoint_id}/settings",
        "The endpoint is added. Next: give its secret to your receiver, then send a test.",
    )


def _redirect(visit: Visit, sent: Fields, **said: str) -> Response:
    kept = [pair for pair in sent.pairs if pair[0] not in ("step", "tried", "back")]
    pairs = [*kept, *said.items()]
    path = form_drafts.path_with(visit.tools.vault, _NEW, form_drafts.Draft(pairs))
    return go_to(path) if path else _step(visit, Fields(pairs))


def _checked_url(visit: Visit, sent: Fields) -> str:
    """Return the URL in the form in which it is stored. Raise `Invalid` for a bad URL or description."""
    url = check_url(sent.text("Url"), visit.tools.policy) if sent.text("Url") else _no_url()
    check_description(sent.text("Description"))
    return url


def _no_url() -> str:
    raise Invalid("Url: say where the webhooks go, such as https://example.com/webhooks.")


def chosen_types(sent: Fields) -> tuple[str, ...]:
    """Return the chosen event types; an empty result stands for all types. Raise `Invalid` when none was chosen."""
    if sent.text("Which") == "all":
        return ()
    if not sent.all("EventTypes"):
        raise Invalid("EventTypes: choose at least one, or all.")
    return tuple(sent.all("EventTypes"))


def _first_step(visit: Visit, wrong: Mapping[str, str], sent: Fields | None = None) -> Response:
    facts: dict[str, Any] = {"sent": sent or Fields([]), "faults": wrong}
    facts["listen_url"] = LISTEN_URL if may_listen_here(visit.tools.policy) else None
    return page(visit, "endpoints/new.html", nav="webhooks", step=1, **facts)


def _second_step(visit: Visit, tx: Tx, wrong: Mapping[str, str], sent: Fields, url: str) -> Response:
    return page(
        visit,
        "endpoints/new.html",
        nav="webhooks",
        step=2,
        sent=sent,
        faults=wrong,
        url=url,
        offered=offered(tx, visit),
        all_types=sent.text("Which") != "some",
        chosen=sent.all("EventTypes"),
    )
