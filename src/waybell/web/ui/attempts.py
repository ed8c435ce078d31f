"""The pages of an endpoint's attempts: the live list with its filters, failed messages, and waiting messages."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.web.ui.attempt_filter import OUTCOMES, filter_of, wanted_by
from waybell.web.ui.endpoint_frame import WEBHOOKS, endpoint_facts
from waybell.web.ui.event_types import offered
from waybell.web.ui.forms import Asked
from waybell.web.ui.objects import names_of
from waybell.web.ui.render import page
from waybell.web.ui.resend_messages import narrowed_by
from waybell.web.ui.visit import Viewer
from waybell.webhooks.history import attempt_search, failed_messages
from waybell.webhooks.history.waiting_messages import waiting
from waybell.webhooks.messages.records import ListedAttempt, StoredMessage

router = APIRouter()

_ON_A_PAGE = 50
_WAITING_SHOWN = 100
_FAILED_COUNTED = 1000


@router.get(WEBHOOKS + "/{endpoint_id}")
def show(visit: Viewer, asked: Asked, endpoint_id: str) -> Response:
    chosen = filter_of(asked)
    with visit.read() as tx:
        endpoint = endpoint_facts(tx, visit, endpoint_id)
        facts: dict[str, Any] = {"endpoint": endpoint, "tab": "attempts", "chosen": chosen, "outcomes": OUTCOMES}
        facts["types"] = [one.name for one in offered(tx, visit)]
        facts |= {
            "failed_count": failed_messages.count(tx, endpoint_id, _FAILED_COUNTED),
            "failed_counted": _FAILED_COUNTED,
        }
        wanted, after = wanted_by(tx, visit, chosen), asked.text("after") or None
        if chosen.state == "waiting":
            waits = waiting(tx, endpoint_id, _WAITING_SHOWN, wanted.since, wanted.until, narrowed_by(wanted))
            names = names_of(tx, visit.account.id, {one.message.subject for one in waits})
            facts |= {"waiting": waits, "names": names, "found": None, "most": len(visit.settings.retry_pauses)}
        else:
            found: attempt_search.Found[StoredMessage] | attempt_search.Found[ListedAttempt]
            if chosen.state == "failed":
                given_up = failed_messages.find(tx, endpoint_id, wanted, after, _ON_A_PAGE)
                retrying = [] if after else failed_messages.retrying(tx, endpoint_id, wanted)
                found = replace(given_up, rows=[*retrying, *given_up.rows])
            else:
                found = attempt_search.search(tx, visit.account.id, endpoint_id, wanted, after, _ON_A_PAGE)
            names = names_of(tx, visit.account.id, {row.subject for row in found.rows})
            facts |= {"found": found, "names": names, "on_first_page": not after}
            facts["most"] = len(visit.settings.retry_pauses)
    return page(visit, "endpoint/attempts.html", **facts)
