"""Cancel waiting messages: they are not sent, unless a person sends them again later.

A canceled message is finished, so canceling the head of a lane promotes the next message. When an endpoint is deleted,
all its waiting messages are canceled, and none has to be promoted.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.webhooks.messages.lanes import promote
from waybell.webhooks.messages.locks import Target, hold
from waybell.webhooks.messages.records import HeldMessage
from waybell.webhooks.messages.tables import messages

_AT_ONCE = 1000  # messages of one transaction, so that others do not wait long for it


def cancel(tx: Tx, to: Target, message_ids: Collection[str]) -> int:
    """Cancel the waiting ones of these messages, and promote the next of each lane; return how many were canceled."""
    rows, _ = hold(tx, to, message_ids)
    return cancel_held(tx, to, rows)


def cancel_held(tx: Tx, to: Target, rows: Sequence[HeldMessage]) -> int:
    """Cancel as `cancel` does, given messages that `locks.hold` has locked."""
    canceled = [row for row in rows if row.state == "waiting"]
    _cancel_rows(tx, [row.id for row in canceled])
    headless = {(to.endpoint_id, row.lane) for row in canceled if row.lane is not None and row.due_at is not None}
    promote(tx, sorted(headless))
    return len(canceled)


def cancel_of_deleted(tx: Tx, endpoint_id: str) -> int:
    """Cancel a batch of the messages that wait for a deleted endpoint; return how many were canceled.

    Messages behind others are canceled first, because upkeep finds the endpoint again as long as a head is left. A
    locked message is left for the next time, because the transaction that holds the lock may wait for us.
    """
    waiting = (
        select(messages.c.id)
        .where(messages.c.endpoint_id == endpoint_id, messages.c.state == "waiting", messages.c.finished_at.is_(None))
        .order_by(messages.c.due_at.is_not(None), messages.c.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return _cancel_rows(tx, tx.execute(waiting).scalars().all())


def _cancel_rows(tx: Tx, message_ids: Sequence[str]) -> int:
    """Cancel the waiting ones of these messages, which the caller has locked; return how many were canceled."""
    canceled = 0
    for some in chunks(message_ids):
        change = update(messages).where(messages.c.id.in_(some), messages.c.state == "waiting")
        canceled += tx.execute(change.values(state="canceled", due_at=None, finished_at=tx.now)).rowcount
    return canceled
