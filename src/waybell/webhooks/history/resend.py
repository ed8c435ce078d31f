"""Send a message again because a person asks, or an event to an endpoint that has no message of it."""

from collections.abc import Collection, Sequence
from functools import partial

from waybell.db.database import Tx
from waybell.events import listing
from waybell.events.model import StoredEvent
from waybell.events.subjects import is_a
from waybell.ground.errors import Conflict
from waybell.webhooks.endpoints import parking, store
from waybell.webhooks.history import message_log
from waybell.webhooks.messages import resending
from waybell.webhooks.model import Hint, MessageState


def send_again(
    tx: Tx,
    endpoint_id: str,
    message_ids: Collection[str],
    never_made: Sequence[StoredEvent] = (),
    states: Collection[MessageState] = resending.ANY_BUT_SENDING,
) -> int:
    """Start a fresh round as `resending.send_again` does, and probe the endpoint now if it is parked.

    A person who sends messages again believes that the receiver is back. Return how many messages will be sent.
    """
    count = resending.send_again(tx, store.target(tx, endpoint_id), message_ids, never_made, states)
    if count:
        parking.set_probe(tx, endpoint_id, tx.now)
    return count


def retry_one(tx: Tx, hint: Hint, account_id: str, message_id: str) -> None:
    """Send one message again now, or as soon as the messages before it in its lane are finished.

    Raise `NotFound`, and `Conflict` for a test, for a message that is being sent, and for a disabled endpoint.
    """
    row = message_log.message(tx, account_id, message_id)
    if is_a("test", row.subject):
        raise Conflict("This was a test, which is sent once. Send another with POST /api/Webhook/<id>/Test.")
    check_enabled(tx, account_id, row.endpoint_id)
    if send_again(tx, row.endpoint_id, [message_id]) == 0:
        raise Conflict("This message is being sent right now. Look at its attempts before you retry it.")
    tx.after_commit(partial(hint, {row.endpoint_id}))


def check_enabled(tx: Tx, account_id: str, endpoint_id: str) -> None:
    """Raise `NotFound` for an unknown endpoint, and `Conflict` for a disabled one."""
    if store.find(tx, account_id, endpoint_id).state != "enabled":
        raise Conflict(f"Endpoint {endpoint_id} is disabled: nothing is sent there. Enable it first, then retry.")


def send_there(tx: Tx, hint: Hint, account_id: str, event_id: str, endpoint_id: str) -> None:
    """Send an event to an endpoint that has no message of it.

    Raise `NotFound`, and `Conflict` for a test, for a disabled endpoint, and when there is a message already.
    """
    found = listing.find(tx, account_id, event_id)
    if found.test:
        raise Conflict("This was a test, which is sent once. Send another from the endpoint's page.")
    if store.find(tx, account_id, endpoint_id).state != "enabled":
        raise Conflict("The endpoint is disabled: nothing is sent there. Enable it first.")
    stored = StoredEvent(found.id, account_id, found.type.own, found.subject, found.version, found.created_at, b"")
    if not send_again(tx, endpoint_id, [], [stored]):
        raise Conflict("The endpoint has a message of this event already.")
    tx.after_commit(partial(hint, {endpoint_id}))
