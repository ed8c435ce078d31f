"""The built-in inbox: its receiving path, and the pages of received requests."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from waybell.db.database import Tx
from waybell.ground.errors import NotFound
from waybell.inbox import actions as inbox
from waybell.web.ui.endpoint_frame import endpoint_state
from waybell.web.ui.forms import Asked, Sent
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Dispatcher, Viewer, Visit
from waybell.webhooks.endpoints import actions as webhooks
from waybell.webhooks.endpoints.records import StoredEndpoint
from waybell.webhooks.history import message_log

router = APIRouter()

_ON_A_PAGE = 25
_SHOWN_IN_LIST = 16 * 1024  # bytes of a body; the page of the request shows all that is kept
_EVENT = re.compile(rb'"Event": ?"([A-Za-z0-9_.]{1,100})"')


@router.post("/in/{token}")
async def receive(request: Request, token: str) -> Response:
    """Receive a request of any sender. The URL is the permission."""
    return await run_in_threadpool(_keep, request, token, await request.body())


def _keep(request: Request, token: str, body: bytes) -> Response:
    state = request.app.state
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    headers = [(name, value.replace("\0", "")) for name, value in headers]
    try:
        with state.database.reading() as tx:
            box = inbox.by_token(tx, token)
    except NotFound as error:
        return PlainTextResponse(str(error), 404)
    # The commit is not durable, so that it does not hold up other writers: a lost request matters little here.
    with state.database.transaction(durable=False) as tx:
        status = inbox.receive(tx, state.tools, box, state.settings.inbox_url + box.token, headers, body)
    return Response(status_code=status)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A received request for the page. Its body is read as a webhook of Waybell if it is one."""

    id: str
    at: datetime
    event_type: str
    event_id: str
    subject: str
    verified: bool
    verdict: str
    answered: int
    body_bytes: int
    headers: str
    body: bytes
    is_cut: bool  # the body is longer than the shown part


@dataclass(frozen=True, slots=True)
class Contents:
    box: inbox.Inbox | None
    url: str
    senders: list[StoredEndpoint]
    states: Mapping[str, str]  # the state of each sender, a word of `endpoint_frame.endpoint_state`
    arrived: list[Arrived]


def contents(tx: Tx, visit: Visit, limit: int, before: str | None = None) -> Contents:
    """Return the inbox of the account with the endpoints that send to it and the received requests, newest first."""
    box = inbox.find(tx, visit.account)
    if box is None:
        return Contents(None, "", [], {}, [])
    url = visit.settings.inbox_url + box.token
    rows = inbox.requests(tx, box, limit, before)
    senders = inbox.senders(tx, box, url)
    latest = message_log.latest_attempts(tx, [row.id for row in senders])
    states = {row.id: endpoint_state(row, latest[row.id], tx.now) for row in senders}
    return Contents(box, url, senders, states, [_arrived(row, _SHOWN_IN_LIST) for row in rows])


def _arrived(row: inbox.Arrival, shown: int) -> Arrived:
    return Arrived(
        id=row.id,
        at=row.received_at,
        event_type=_event_type(row.body),
        event_id=next((value for name, value in row.headers if name == "webhook-id"), "") if row.verified else "",
        subject=_subject(row.body),
        verified=row.verified,
        verdict=row.verdict,
        answered=row.answered,
        body_bytes=row.body_bytes,
        headers="\n".join(f"{name}: {value}" for name, value in row.headers),
        body=row.body[:shown],
        is_cut=row.body_bytes > len(row.body[:shown]),
    )


def _event_type(body: bytes) -> str:
    """Return the event type from the beginning of a body, where Waybell puts it: a long body was cut."""
    found = _EVENT.search(body[:1000])
    return found[1].decode() if found else "a request"


def _subject(body: bytes) -> str:
    """Return the number of the order or the code of the route in the body, if there is one."""
    try:
        data = json.loads(body)["Data"]
        return str(data.get("Number") or data.get("Code") or "")[:100]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


@router.get("/inbox")
def show(visit: Viewer, asked: Asked) -> Response:
    after = asked.text("after") or None
    with visit.read() as tx:
        found = contents(tx, visit, _ON_A_PAGE + 1, after)
    more = found.arrived[_ON_A_PAGE - 1].id if len(found.arrived) > _ON_A_PAGE else None
    arrived = found.arrived[:_ON_A_PAGE]
    return page(
        visit, "inbox.html", nav="inbox", inbox=found, arrived=arrived, cursor=more, older=after, answers=inbox.ANSWERS
    )


@router.get("/inbox/{request_id}")
def show_one(visit: Viewer, request_id: str) -> Response:
    with visit.read() as tx:
        row = inbox.request(tx, visit.account, request_id)
    return page(visit, "inbox_request.html", nav="inbox", one=_arrived(row, inbox.KEPT_BYTES))


@router.post("/inbox/start")
def start(visit: Admin, sent: Sent) -> Response:
    """Make an inbox, and an endpoint for all event types that sends to it, unless they exist."""
    with visit.change() as tx:
        box = inbox.open_inbox(tx, visit.actor)
        url = visit.settings.inbox_url + box.token
        if not inbox.senders(tx, box, url):
            webhooks.add(tx, visit.tools, visit.actor, {"url": url, "description": "Built-in inbox"})
    to = "/welcome" if sent.text("to") == "/welcome" else "/inbox"
    return go_to(to, "The inbox is open, and an endpoint sends every event there. Now change something.")


@router.post("/inbox/answer")
def set_answer(visit: Dispatcher, sent: Sent) -> Response:
    text = sent.text("Answer")
    with visit.change() as tx:
        inbox.set_answer(tx, visit.actor, int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0)  # noqa: PLR2004 - digits of a status
    return go_to("/inbox", f"The inbox answers {text} from now on.")


@router.post("/inbox/clear")
def clear(visit: Dispatcher) -> Response:
    with visit.change() as tx:
        inbox.clear(tx, visit.actor)
    return go_to("/inbox", "The inbox is empty.")
