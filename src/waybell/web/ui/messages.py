"""The page of a message: its state in words, every attempt, and sending it again."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Row

from waybell.db.database import Tx
from waybell.errors import Conflict, NotFound
from waybell.web.ui.endpoint import WEBHOOKS
from waybell.web.ui.forms import Sent
from waybell.web.ui.objects import names_of
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Viewer, Visit
from waybell.webhooks.messages import jobs, log
from waybell.webhooks.messages.again import TEST_SUBJECT

router = APIRouter()

_ONE = WEBHOOKS + "/{endpoint_id}/messages/{message_id}"
_ATTEMPTS_SHOWN = 50


@router.get(_ONE)
def show(visit: Viewer, endpoint_id: str, message_id: str) -> Response:
    with visit.look() as tx:
        message = _find(tx, visit, endpoint_id, message_id)
        endpoint = log.endpoint_of(tx, message)
        attempts = log.last_attempts_of(tx, message.id, _ATTEMPTS_SHOWN)
        named = names_of(tx, visit.account.id, {message.subject})[message.subject]
    return page(
        visit,
        "message.html",
        nav="webhooks",
        live=f"message/{message.id}",
        message=message,
        endpoint=endpoint,
        attempts=attempts,
        named=named,
        is_test=message.subject.startswith(TEST_SUBJECT),
        most=len(visit.settings.retry_pauses),
    )


@router.post(f"{_ONE}/retry")
def retry(visit: Dispatcher, sent: Sent, endpoint_id: str, message_id: str) -> Response:
    to = f"{WEBHOOKS}/{endpoint_id}/messages/{message_id}"
    if sent.text("to").startswith("/events/"):
        to = sent.text("to")
    try:
        with visit.change() as tx:
            message = _find(tx, visit, endpoint_id, message_id)
            jobs.retry_one(tx, visit.means.hint, visit.account.id, message.id)
    except Conflict as error:
        return go_to(to, str(error), failed=True)
    return go_to(to, "It is sent again now, or as soon as those before it of its object are through.")


def _find(tx: Tx, visit: Visit, endpoint_id: str, message_id: str) -> Row[Any]:
    message = log.message(tx, visit.account.id, message_id)
    if message.endpoint_id != endpoint_id:
        raise NotFound(f"The endpoint has no message {message_id}.")
    return message
