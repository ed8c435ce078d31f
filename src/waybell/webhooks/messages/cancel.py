"""Canceling because a person asks: what waits is sent no more, and what waits behind it goes on."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.errors import Conflict
from waybell.webhooks import canceling
from waybell.webhooks.fanout import Hint
from waybell.webhooks.messages import lane, log, resend
from waybell.webhooks.sending import store

CANCELED = "canceled a message for the endpoint"  # on record
_TOO_LATE = {
    "sending": "This message is being sent right now: an attempt cannot be taken back. If it fails, cancel it then.",
    "succeeded": "This message was sent: the receiver has it. There is nothing to cancel.",
    "failed": "This message was given up: it is not sent by itself, and nothing waits for it.",
}


def cancel_one(tx: Tx, hint: Hint, actor: Actor, message_id: str) -> int:
    """Cancel one message; return how many wait behind it and go on now, counted up to `lane.COUNTED`.

    One that is canceled already stays so. Raises `Conflict` when it is too late.
    """
    row = log.message(tx, actor.account.id, message_id)
    to = resend.target(tx, row.endpoint_id)
    rows, _ = resend.hold(tx, to, [message_id])
    for held in rows:
        if held.state in _TOO_LATE:
            raise Conflict(_TOO_LATE[held.state])
    behind = lane.behind(tx, row)
    if _cancel(tx, to, rows):
        audit.record(tx, actor, CANCELED, row.endpoint_id, f"{row.event_type}, {message_id}")
        tx.after_commit(partial(hint, {row.endpoint_id}))
    return behind


def cancel(tx: Tx, to: resend.Target, message_ids: Collection[str]) -> int:
    """Cancel those of these messages that wait, and promote the next of each lane; return how many were canceled."""
    rows, _ = resend.hold(tx, to, message_ids)
    return _cancel(tx, to, rows)


def _cancel(tx: Tx, to: resend.Target, rows: Sequence[Row[Any]]) -> int:
    canceled = [row for row in rows if row.state == "waiting"]
    canceling.cancel_rows(tx, [row.id for row in canceled])
    headless = {(to.endpoint_id, row.lane) for row in canceled if row.lane is not None and row.due_at is not None}
    store.promote(tx, sorted(headless))
    return len(canceled)
