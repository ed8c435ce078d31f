"""Cancel one message because a person asks: it is not sent, and the messages behind it go on."""

from functools import partial

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.errors import Conflict
from waybell.webhooks.endpoints import store
from waybell.webhooks.history import lane_positions, message_log
from waybell.webhooks.messages.canceling import cancel_held
from waybell.webhooks.messages.locks import hold
from waybell.webhooks.model import Hint

CANCELED = "canceled a message for the endpoint"  # the words of the audit record
_TOO_LATE = {
    "sending": "This message is being sent right now: an attempt cannot be taken back. If it fails, cancel it then.",
    "succeeded": "This message was sent: the receiver has it. There is nothing to cancel.",
    "failed": "This message was given up: it is not sent by itself, and nothing waits for it.",
}


def cancel_one(tx: Tx, hint: Hint, actor: Actor, message_id: str) -> int:
    """Cancel one message; return how many messages behind it go on now, counted up to `lane_positions.COUNTED`.

    A message that is canceled already stays canceled. Raise `NotFound` for an unknown message, and `Conflict` for one
    that is being sent or is finished.
    """
    row = message_log.message(tx, actor.account.id, message_id)
    to = store.target(tx, row.endpoint_id)
    rows, _ = hold(tx, to, [message_id])
    for held in rows:
        if held.state in _TOO_LATE:
            raise Conflict(_TOO_LATE[held.state])
    behind = lane_positions.behind(tx, row)
    if cancel_held(tx, to, rows):
        audit.record(tx, actor, CANCELED, row.endpoint_id, f"{row.event_type.own}, {message_id}")
        tx.after_commit(partial(hint, {row.endpoint_id}))
    return behind
