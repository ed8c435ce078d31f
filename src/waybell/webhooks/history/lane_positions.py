"""The messages before and behind a message in its lane."""

from typing import Any

from sqlalchemy import Select, select

from waybell.db.counting import count_up_to
from waybell.db.database import Tx
from waybell.webhooks.messages.records import MESSAGES, StoredMessage
from waybell.webhooks.messages.tables import messages

COUNTED = 1000  # messages counted at most; pages show more as "1,000+"


def head(tx: Tx, message: StoredMessage) -> StoredMessage | None:
    """Return the head of the lane that this message waits in; None when it waits behind no other."""
    if message.lane is None or message.finished_at is not None or message.due_at is not None:
        return None
    of_lane = (messages.c.endpoint_id == message.endpoint_id) & (messages.c.lane == message.lane)
    query = select(*MESSAGES.columns).where(of_lane, messages.c.due_at.is_not(None))
    return MESSAGES.first(tx, query.limit(1))


def behind(tx: Tx, message: StoredMessage) -> int:
    """Count the messages that wait for this one, up to `COUNTED`."""
    if message.lane is None or message.finished_at is not None:
        return 0
    query = _waiting_in(message)
    if message.due_at is None:
        query = query.where(messages.c.version > message.version)
    return count_up_to(tx, query, COUNTED)


def before(tx: Tx, message: StoredMessage) -> int:
    """Count the messages that this one waits for, including the head."""
    if message.lane is None or message.finished_at is not None or message.due_at is not None:
        return 0
    return 1 + count_up_to(tx, _waiting_in(message).where(messages.c.version < message.version), COUNTED)


def go_on(behind: int) -> str:
    """Say in words how many messages go on that waited behind a canceled one."""
    if not behind:
        return "nothing waits behind it"
    return f"{behind:,}{'+' if behind >= COUNTED else ''} behind it {'goes' if behind == 1 else 'go'} on"


def _waiting_in(message: StoredMessage) -> Select[Any]:
    return (
        select(messages.c.id)
        .where(messages.c.endpoint_id == message.endpoint_id, messages.c.lane == message.lane)
        .where(messages.c.due_at.is_(None), messages.c.finished_at.is_(None))
    )
