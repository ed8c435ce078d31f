"""The unfinished messages of an endpoint for its page: the ones to be sent next, or the ones that match a filter."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union_all

from waybell.db.database import Tx
from waybell.webhooks.history import lane_positions
from waybell.webhooks.history.attempt_search import MOST_SCANNED
from waybell.webhooks.history.selection import narrowing
from waybell.webhooks.messages.conditions import PARTS
from waybell.webhooks.messages.records import MESSAGES, StoredMessage
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import Narrowed


@dataclass(frozen=True, slots=True)
class Waiting:
    message: StoredMessage
    behind: int  # how many messages wait behind it, at most `lane_positions.COUNTED`


def waiting(
    tx: Tx,
    endpoint_id: str,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
    narrowed: Narrowed | None = None,
) -> list[Waiting]:
    """List the messages that are sent next, the first due first.

    With a filter (`since`, `until`, `narrowed`), list the messages that match it, also those behind others, among the
    first `MOST_SCANNED` heads and the first `MOST_SCANNED` messages behind heads.
    """
    wanted = narrowing(narrowed)
    if since:
        wanted.append(messages.c.created_at >= since)
    if until:
        wanted.append(messages.c.created_at <= until)
    theirs = select(messages.c.id).where(messages.c.endpoint_id == endpoint_id)
    heads = theirs.where(PARTS["heads"]).order_by(messages.c.due_at)
    query = (
        select(*MESSAGES.columns).order_by(messages.c.due_at.is_(None), messages.c.due_at, messages.c.id).limit(limit)
    )
    if wanted:
        behind = theirs.where(PARTS["behind"]).order_by(messages.c.lane, messages.c.version)
        scanned = [select(part.limit(MOST_SCANNED).subquery()) for part in (heads, behind)]
        query = query.where(messages.c.id.in_(union_all(*scanned)), *wanted)
    else:
        query = query.where(messages.c.id.in_(select(heads.limit(limit).subquery())))
    return [Waiting(one, lane_positions.behind(tx, one)) for one in MESSAGES.all(tx, query)]
