"""The built-in inbox: where it receives, and the page that shows what arrived."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy import Row

from waybell.db.database import Tx
from waybell.inbox import actions as inbox
from waybell.web.ui.forms import Sent
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Dispatcher, Viewer, Visit
from waybell.webhooks import actions as webhooks

router = APIRouter()


@router.post("/in/{token}", include_in_schema=False)
async def receive(request: Request, token: str) -> Response:
    """Takes what any sender posts; who knows the URL may."""
    body = await request.body()
    status = await run_in_threadpool(_keep, request, token, body)
    return Response(status_code=status)


def _keep(request: Request, token: str, body: bytes) -> int:
    state = request.app.state
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    headers = [(name, value) for name, value in headers if "\0" not in value]
    with state.database.transaction(durable=False) as tx:
        box = inbox.by_token(tx, token)
        return inbox.receive(tx, state.means, box, state.settings.inbox_url + box.token, headers, body)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request as the page shows it; what stands in its body is read as one of our webhooks if it is one."""

    id: str
    at: datetime
    event_type: str
    event_id: str
    number: str
    verified: bool
    verdict: str
    answered: int
    body_bytes: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Contents:
    box: inbox.Inbox | None
    url: str
    senders: list[Row[Any]]
    arrived: list[Arrived]


def contents(tx: Tx, visit: Visit, limit: int = 50) -> Contents:
    """The inbox of the account, who sends there, and what arrived, newest first."""
    box = inbox.find(tx, visit.account)
    if box is None:
        return Contents(None, "", [], [])
    url = visit.settings.inbox_url + box.token
    return Contents(box, url, inbox.senders(tx, box, url), [_arrived(row) for row in inbox.requests(tx, box, limit)])


def _arrived(row: Row[Any]) -> Arrived:
    try:
        document = json.loads(row.body)
        metadata, data = document["Metadata"], document["Data"]
        told = str(metadata["Event"]), str(metadata["Id"]), str(data.get("Number") or data.get("Code") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        told = "not a webhook of ours", "", ""
    return Arrived(
        row.id, row.received_at, *told, row.verified, row.verdict, row.answered, row.body_bytes, row.headers, row.body
    )


@router.get("/inbox")
def show(visit: Viewer) -> Response:
    with visit.look() as tx:
        found = contents(tx, visit)
    return page(visit, "inbox.html", nav="inbox", live="inbox", inbox=found, answers=inbox.ANSWERS)


@router.post("/inbox/start")
def start(visit: Admin, sent: Sent) -> Response:
    """An inbox, and an endpoint for all event types that sends there, if there is none yet."""
    with visit.change() as tx:
        box = inbox.open_inbox(tx, visit.actor)
        url = visit.settings.inbox_url + box.token
        if not inbox.senders(tx, box, url):
            webhooks.add(tx, visit.means, visit.actor, {"url": url, "description": "Built-in inbox"})
    to = "/welcome" if sent.text("to") == "/welcome" else "/inbox"
    return go_to(to, "The inbox is open, and an endpoint sends every event there. Now change something.")


@router.post("/inbox/answer")
def set_answer(visit: Dispatcher, sent: Sent) -> Response:
    text = sent.text("Answer")
    with visit.change() as tx:
        inbox.set_answer(tx, visit.actor, int(text) if text.isascii() and text.isdigit() else 0)
    return go_to("/inbox", f"The inbox answers {text} from now on.")


@router.post("/inbox/clear")
def clear(visit: Dispatcher) -> Response:
    with visit.change() as tx:
        inbox.clear(tx, visit.actor)
    return go_to("/inbox", "The inbox is empty.")
