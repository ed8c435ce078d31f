"""The page of a message: its state in words, each attempt, and the button that sends it again."""

from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.db.database import Tx
from waybell.events.subjects import is_a
from waybell.ground.errors import Conflict, NotFound
from waybell.web.ui.endpoint_frame import WEBHOOKS
from waybell.web.ui.forms import Asked, Fields, Sent
from waybell.web.ui.objects import names_of
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Dispatcher, Viewer, Visit
from waybell.webhooks.history import lane_positions, message_log, resend
from waybell.webhooks.messages.records import MessageWithBody, StoredAttempt, StoredMessage

router = APIRouter()

ONE = WEBHOOKS + "/{endpoint_id}/messages/{message_id}"
_ATTEMPTS_SHOWN = 50
_DIGITS = 9  # no number of an attempt has as many digits


@router.get(ONE)
def show(visit: Viewer, asked: Asked, endpoint_id: str, message_id: str) -> Response:
    """Show all attempts. The one that the URL names is unfolded, so that a link to it works after a reload."""
    with visit.read() as tx:
        message = message_of(tx, visit, endpoint_id, message_id)
        endpoint = message_log.endpoint_of(tx, message)
        attempts = message_log.last_attempts_of(tx, message.id, _ATTEMPTS_SHOWN)
        opened = _attempt_asked(tx, message, attempts, asked.text("attempt"))
        named = names_of(tx, visit.account.id, {message.subject})[message.subject]
        behind = lane_positions.behind(tx, message)
    return page(
        visit,
        "message.html",
        nav="webhooks",
        live=f"message/{message.id}",
        message=message,
        endpoint=endpoint,
        attempts=attempts if opened is None or opened in attempts else [*attempts, opened],
        opened=opened or next(iter(attempts), None),
        named=named,
        behind=behind,
        is_test=is_a("test", message.subject),
        most=len(visit.settings.retry_pauses),
    )


@router.post(f"{ONE}/retry")
def retry(visit: Dispatcher, sent: Sent, endpoint_id: str, message_id: str) -> Response:
    to = back_to(sent, endpoint_id, message_id)
    try:
        with visit.change() as tx:
            message = message_of(tx, visit, endpoint_id, message_id)
            resend.retry_one(tx, visit.tools.hint, visit.account.id, message.id)
    except Conflict as error:
        return go_to(to, str(error), failed=True)
    return go_to(to, "It is resent now, or as soon as those before it of its object are through.")


def _attempt_asked(tx: Tx, message: StoredMessage, shown: Sequence[StoredAttempt], number: str) -> StoredAttempt | None:
    """Return the attempt with this number, also when it is older than the shown attempts."""
    if not (number.isascii() and number.isdigit() and 0 < int(number[:_DIGITS]) <= message.attempt):
        return None
    wanted = int(number[:_DIGITS])
    among = next((attempt for attempt in shown if attempt.number == wanted), None)
    return among or message_log.attempt_of(tx, message.id, wanted)


def back_to(asked: Fields, endpoint_id: str, message_id: str) -> str:
    """Return the path from which the user came to act on a message: the page of its event, or of the message."""
    to = asked.text("to")
    return to if to.startswith("/events/") else f"{WEBHOOKS}/{endpoint_id}/messages/{message_id}"


def message_of(tx: Tx, visit: Visit, endpoint_id: str, message_id: str) -> MessageWithBody:
    message = message_log.message(tx, visit.account.id, message_id)
    if message.endpoint_id != endpoint_id:
        raise NotFound(f"The endpoint has no message {message_id}.")
    return message
