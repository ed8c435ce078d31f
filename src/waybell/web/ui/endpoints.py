"""Manage Webhooks: the list of endpoints, and adding one in two steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Row

from waybell.db.database import Tx
from waybell.errors import Invalid
from waybell.web.ui.endpoint import WEBHOOKS, standing
from waybell.web.ui.event_types import offered
from waybell.web.ui.forms import Fields, Sent, faults, once
from waybell.web.ui.own_receiver import LISTEN_URL, may_listen_here
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Viewer, Visit
from waybell.webhooks import hours
from waybell.webhooks.address import check_url
from waybell.webhooks.endpoints import actions
from waybell.webhooks.endpoints.settings import check_description
from waybell.webhooks.messages import log, search

router = APIRouter()

_ON_A_PAGE = 50
_WAITING_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    row: Row[Any]
    pulse: hours.Pulse
    waiting: int  # at most _WAITING_COUNTED
    latest: Sequence[Row[Any]]  # its newest attempts, but for tests
    now: datetime

    @property
    def state(self) -> str:
        return standing(self.row, self.latest, self.now)


@router.get(WEBHOOKS)
def show(visit: Viewer, after: Annotated[str | None, Query()] = None) -> Response:
    with visit.look() as tx:
        found = log.list_endpoints(tx, visit.account.id, after, _ON_A_PAGE)
        ids = [row.id for row in found.rows]
        pulses, latest = hours.pulses(tx, ids), log.latest_attempts(tx, ids)
        listed = [
            Listed(row, pulses[row.id], search.count_waiting(tx, row.id, _WAITING_COUNTED), latest[row.id], tx.now)
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


@router.get(f"{WEBHOOKS}/new")
def new(visit: Admin) -> Response:
    return _first_step(visit, {})


@router.post(f"{WEBHOOKS}/new")
def add(visit: Admin, sent: Sent) -> Response:
    """The first step sends the URL; the second sends it again, with the event types. Back keeps all of it."""
    if sent.text("back"):
        return _first_step(visit, {}, sent)
    try:
        url = check_url(sent.text("Url"), visit.means.policy) if sent.text("Url") else _no_url()
        check_description(sent.text("Description"))
    except Invalid as error:
        return _first_step(visit, faults(error), sent)
    if sent.text("step") != "types":
        with visit.look() as tx:
            return _second_step(visit, tx, {}, sent, url)
    try:
        wanted = {"url": url, "description": sent.text("Description"), "event_types": chosen_types(sent)}
        endpoint_id = once(visit, sent, lambda tx: actions.add(tx, visit.means, visit.actor, wanted))
    except Invalid as error:
        with visit.look() as tx:
            return _second_step(visit, tx, faults(error), sent, url)
    return go_to(
        f"{WEBHOOKS}/{endpoint_id}/settings",
        "The endpoint is added. Next: give its secret to your receiver, then send a test.",
    )


def _no_url() -> str:
    raise Invalid("Url: say where the webhooks go, such as https://example.com/webhooks.")


def chosen_types(sent: Fields) -> tuple[str, ...]:
    """The names that were chosen; none at all stands for all types. Raises `Invalid` when neither was said."""
    if sent.text("Which") == "all":
        return ()
    if not sent.all("EventTypes"):
        raise Invalid("EventTypes: choose at least one, or all.")
    return tuple(sent.all("EventTypes"))


def _first_step(visit: Visit, wrong: Mapping[str, str], sent: Fields | None = None) -> Response:
    facts: dict[str, Any] = {"sent": sent or Fields([]), "faults": wrong}
    facts["listen_url"] = LISTEN_URL if may_listen_here(visit.means.policy) else None
    return page(visit, "endpoints/new.html", 400 if wrong else 200, nav="webhooks", step=1, **facts)


def _second_step(visit: Visit, tx: Tx, wrong: Mapping[str, str], sent: Fields, url: str) -> Response:
    return page(
        visit,
        "endpoints/new.html",
        400 if wrong else 200,
        nav="webhooks",
        step=2,
        sent=sent,
        faults=wrong,
        url=url,
        offered=offered(tx, visit),
        all_types=sent.text("Which") != "some",
        chosen=sent.all("EventTypes"),
    )
