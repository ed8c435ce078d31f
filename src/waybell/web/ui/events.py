"""The pages of events: the list, and for each event the endpoints that got it and the reasons why others did not."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.db.failures import ALREADY_THERE
from waybell.events import listing
from waybell.ground.errors import Conflict
from waybell.web.ui.event_filter import filter_of, find
from waybell.web.ui.event_types import offered
from waybell.web.ui.first_request import first_request
from waybell.web.ui.forms import Asked, Sent
from waybell.web.ui.objects import names_of
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Viewer
from waybell.webhooks.endpoints import store
from waybell.webhooks.history import explain_facts, resend

router = APIRouter()

_ON_A_PAGE = 50


@router.get("/events")
def show(visit: Viewer, asked: Asked) -> Response:
    chosen, after = filter_of(asked), asked.text("after") or None
    with visit.read() as tx:
        found = find(tx, visit, chosen, after, _ON_A_PAGE)
        facts: dict[str, Any] = {
            "found": found,
            "states": explain_facts.states_of(tx, [row.id for row in found.rows]),
            "names": names_of(tx, visit.account.id, {row.subject for row in found.rows}),
            "types": [one.name for one in offered(tx, visit)],
            "endpoints": store.list_endpoints(tx, visit.account.id, None, explain_facts.MOST_ENDPOINTS).rows,
        }
    facts |= {"chosen": chosen, "on_first_page": not after}
    facts["curl"] = first_request(visit.settings.base_url)
    return page(visit, "events.html", nav="events", live="events", **facts)


@router.get("/events/{event_id}")
def why(visit: Viewer, event_id: str) -> Response:
    with visit.read() as tx:
        event = listing.find(tx, visit.account.id, event_id)
        explained = explain_facts.explain_event(tx, event, len(visit.settings.retry_pauses))
        named = names_of(tx, visit.account.id, {event.subject})[event.subject]
    facts: dict[str, Any] = {
        "event": event,
        "explained": explained,
        "named": named,
        "most": explain_facts.MOST_ENDPOINTS,
    }
    return page(visit, "event.html", nav="events", live=f"event/{event.id}", **facts)


@router.post("/events/{event_id}/send")
def send(visit: Dispatcher, sent: Sent, event_id: str) -> Response:
    to = f"/events/{event_id}"
    try:
        with visit.change() as tx:
            resend.send_there(tx, visit.tools.hint, visit.account.id, event_id, sent.text("EndpointId"))
    except Conflict as error:
        return go_to(to, str(error), failed=True)
    except ALREADY_THERE:  # a double click: the other request has just made it
        pass
    return go_to(to, "It is on its way there.")
