"""The page that sends a test event to an endpoint and shows the exchange at once."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from waybell.ground.errors import Conflict, Invalid
from waybell.web.ui.endpoint_frame import WEBHOOKS, endpoint_facts
from waybell.web.ui.event_types import offered
from waybell.web.ui.forms import Sent
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Viewer, Visit
from waybell.webhooks.history import message_log, test_send
from waybell.webhooks.messages.records import StoredAttempt

router = APIRouter()


@router.get(WEBHOOKS + "/{endpoint_id}/test")
def show(visit: Viewer, endpoint_id: str, event: Annotated[str, Query()] = "") -> Response:
    return _page(visit, endpoint_id, event, None)


@router.post(WEBHOOKS + "/{endpoint_id}/test")
def send(request: Request, visit: Dispatcher, endpoint_id: str, sent: Sent) -> Response:
    event_type = sent.text("EventType")
    try:
        sender = request.app.state.sender
        made = test_send.send_test(
            visit.database, visit.change, visit.tools, sender, visit.account.id, endpoint_id, event_type
        )
    except (Invalid, Conflict) as error:
        return go_to(f"{WEBHOOKS}/{endpoint_id}/test", str(error), failed=True)
    return _page(visit, endpoint_id, event_type, made)


def _page(visit: Visit, endpoint_id: str, chosen: str, attempt: StoredAttempt | None) -> Response:
    with visit.read() as tx:
        endpoint = endpoint_facts(tx, visit, endpoint_id)
        types = offered(tx, visit)
        message = message_log.message(tx, visit.account.id, attempt.message_id) if attempt else None
    chosen = chosen if chosen in [one.name for one in types] else types[0].name
    facts: dict[str, Any] = {"offered": types, "chosen": chosen, "attempt": attempt, "message": message}
    return page(visit, "endpoint/test.html", endpoint=endpoint, tab="test", **facts)
