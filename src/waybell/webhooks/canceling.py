"""Canceling messages: a message that waits is sent no more, unless a person sends it again later.

Who cancels the head of a lane promotes the next one: `messages/cancel.py` does for people. When an endpoint is deleted,
all that waits for it is canceled, and nothing has to be promoted.
"""

from collections.abc import Sequence

from sqlalchemy import select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.webhooks.tables import messages

_AT_ONCE = 1000  # messages of one transaction: nobody waits long behind it


def cancel_rows(tx: Tx, message_ids: Sequence[str]) -> int:
    """Cancel those of these messages that wait; return how many they were. The caller holds their locks."""
    canceled = 0
    for some in chunks(message_ids):
        change = update(messages).where(messages.c.id.in_(some), messages.c.state == "waiting")
        canceled += tx.execute(change.values(state="canceled", due_at=None, finished_at=tx.now)).rowcount
    return canceled


def cancel_of_deleted(tx: Tx, endpoint_id: str) -> int:
    """Cancel some of the messages that wait for a deleted endpoint; return how many were canceled.

    Messages behind others go first: while a head is there, upkeep finds the endpoint again. A message that somebody
    holds is left for the next time, because that somebody may wait for us.
    """
    waiting = (
        select(messages.c.id)
        .where(messages.c.endpoint_id == endpoint_id, messages.c.state == "waiting", messages.c.finished_at.is_(None))
        .order_by(messages.c.due_at.is_not(None), messages.c.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return cancel_rows(tx, tx.execute(waiting).scalars().all())
