"""The due times of waiting messages: read them, make messages due after an outage, and follow the clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    Update,
    bindparam,
    case,
    column,
    literal_column,
    select,
    text,
    update,
)

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.instants import moved_back
from waybell.db.prepared import Among, each, stored
from waybell.db.schema import Instant
from waybell.webhooks.messages.conditions import WAITING
from waybell.webhooks.messages.locks import Target, hold
from waybell.webhooks.messages.tables import messages

AT_ONCE = 1000  # messages of one transaction, so that others do not wait long for it


_READ_AT_ONCE = 1000  # endpoints
_next_due = text("""
    WITH RECURSIVE heads(endpoint_id) AS (
        SELECT min(endpoint_id) FROM messages
         WHERE due_at IS NOT NULL AND finished_at IS NULL AND endpoint_id > :after
        UNION ALL
        SELECT (SELECT min(endpoint_id) FROM messages
                 WHERE due_at IS NOT NULL AND finished_at IS NULL
                   AND endpoint_id > heads.endpoint_id)
          FROM heads WHERE heads.endpoint_id IS NOT NULL
    )
    SELECT heads.endpoint_id, (SELECT min(due_at) FROM messages
                                WHERE due_at IS NOT NULL AND finished_at IS NULL AND state = 'waiting'
                                  AND messages.endpoint_id = heads.endpoint_id) AS due_at
      FROM heads WHERE heads.endpoint_id IS NOT NULL LIMIT :most
""").columns(column("endpoint_id", Text), column("due_at", Instant))


def next_due(tx: Tx) -> dict[str, datetime]:
    """Return the earliest due time of each endpoint that has a message to send, now or later."""
    found: dict[str, datetime] = {}
    after: str | None = ""
    while after is not None:
        due, after = next_due_after(tx, after, _READ_AT_ONCE)
        found |= due
    return found


def next_due_after(tx: Tx, after: str, most: int) -> tuple[dict[str, datetime], str | None]:
    """Return the same for up to `most` endpoints whose ids follow `after`, and the id to continue after, or None.

    The statement jumps along the index from endpoint to endpoint instead of reading the messages between them.
    """
    rows = tx.execute(_next_due, {"after": after, "most": most}).all()
    due = {row.endpoint_id: row.due_at for row in rows if row.due_at is not None}
    return due, rows[-1].endpoint_id if len(rows) == most else None


_put_off = Among(
    select(messages.c.endpoint_id)
    .where(messages.c.due_at > bindparam("by"), messages.c.finished_at.is_(None))
    .where(messages.c.state == WAITING, messages.c.failures > literal_column("0"))
    .distinct(),
    messages.c.endpoint_id,
)


def put_off(tx: Tx, endpoint_ids: Sequence[str]) -> list[str]:
    """Return the ones of these endpoints that have a failed message waiting for its retry."""
    return [row.endpoint_id for row in _put_off.run(tx, endpoint_ids, by=stored(tx.now))]


@each({"message": Text(), "lost": Integer(), "now": BigInteger()})
def _give_back(row: Any) -> Update:
    left = case((messages.c.failures > row.lost, messages.c.failures - row.lost), else_=literal_column("0"))
    return (
        update(messages)
        .where(messages.c.id == row.message, messages.c.state == WAITING, messages.c.due_at.is_not(None))
        .values(failures=left, due_at=row.now)
    )


def give_back(tx: Tx, failures: Mapping[str, int]) -> None:
    """Subtract the failures that an outage has cost these messages, and make the messages due now."""
    now = stored(tx.now)
    _give_back.run(tx, [{"message": message_id, "lost": count, "now": now} for message_id, count in failures.items()])


def find_early(tx: Tx, endpoint_ids: Sequence[str]) -> list[str]:
    """Return the ids of at most `AT_ONCE` messages of these endpoints that are due later though nothing put them off.

    Only a failure puts a message off. A message without a failure that is due later was stored by a machine whose
    clock is ahead.
    """
    found: list[str] = []
    for some in chunks(endpoint_ids):
        query = select(messages.c.id).where(messages.c.endpoint_id.in_(some), *_is_early(tx))
        found += tx.execute(query.limit(AT_ONCE - len(found))).scalars()
        if len(found) == AT_ONCE:
            break
    return found


def release_early(tx: Tx, message_ids: Sequence[str]) -> int:
    """Make these messages due now unless they have changed since `find_early`; return how many became due."""
    released = 0
    for some in chunks(message_ids):
        free = select(messages.c.id).where(messages.c.id.in_(some), *_is_early(tx)).with_for_update(skip_locked=True)
        statement = update(messages).where(messages.c.id.in_(free), messages.c.state == WAITING)
        released += tx.execute(statement.values(due_at=tx.now)).rowcount
    return released


def _is_early(tx: Tx) -> list[ColumnElement[bool]]:
    return [
        messages.c.due_at > tx.now,
        messages.c.state == WAITING,
        messages.c.failures == 0,
        messages.c.finished_at.is_(None),
    ]


def release_lanes(tx: Tx, to: Target, most: int) -> int:
    """Make up to `most` messages due that wait behind others at an endpoint that is no longer ordered.

    They leave their lanes; the heads stay as they are. Return how many messages were read; call this until that is 0.
    """
    query = (
        select(messages.c.id)
        .where(messages.c.endpoint_id == to.endpoint_id, messages.c.state == "waiting", messages.c.due_at.is_(None))
        .order_by(messages.c.lane, messages.c.version)
        .limit(most)
    )
    ids = tx.execute(query).scalars().all()
    # `hold` locks the heads, so no lane promotes a message while we release it.
    rows, _ = hold(tx, to, ids)
    for some in chunks([row.id for row in rows if row.state == "waiting" and row.due_at is None]):
        tx.execute(update(messages).where(messages.c.id.in_(some)).values(lane=None, due_at=tx.now))
    return len(ids)


def move_back(tx: Tx, endpoint_ids: Iterable[str], back: timedelta) -> None:
    """Move due times in the future back by as much as the clock was set back, but not before now."""
    for some in chunks(sorted(endpoint_ids)):
        heads = update(messages).where(messages.c.endpoint_id.in_(some), messages.c.finished_at.is_(None))
        tx.execute(heads.where(messages.c.due_at > tx.now).values(moved_back(messages.c.due_at, back, tx.now)))
