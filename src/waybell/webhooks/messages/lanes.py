"""Lanes: a lane holds the unfinished messages of one endpoint about one subject, and only its head may be sent."""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import BigInteger, Text, Update, literal_column, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.prepared import each, stored
from waybell.webhooks.messages.tables import messages

Lane = tuple[str, str]  # endpoint and subject


def taken_lanes(tx: Tx, lanes: AbstractSet[Lane]) -> set[Lane]:
    """Return the lanes among these that have a head already. The caller holds the locks of their subjects.

    The heads are locked until our commit. Otherwise a dispatcher on PostgreSQL could finish a head without seeing our
    new message, while we do not see that the head is finished: the message would wait for ever. We wait for locks of
    heads while we hold others; therefore a dispatcher waits only while it holds none (`locks.lock`).
    """
    taken: set[Lane] = set()
    asked = set(lanes)
    while True:
        headed = _headed(tx, asked, lock=False)
        if not tx.on_postgres or not headed:
            return taken | headed
        # If a head is finished while we wait for its lock, the query returns no row for it, and misses the message that
        # was promoted in its place. So ask again for these lanes.
        locked = _headed(tx, headed, lock=True)
        taken |= locked
        asked = headed - locked


def _headed(tx: Tx, lanes: AbstractSet[Lane], *, lock: bool) -> set[Lane]:
    subjects_of = defaultdict(list)
    for endpoint_id, subject in sorted(lanes):
        subjects_of[subject].append(endpoint_id)
    # Usually there are few subjects and many endpoints, so query groups of subjects with the same endpoints.
    by_endpoints: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for subject, endpoint_ids in subjects_of.items():
        by_endpoints[tuple(endpoint_ids)].append(subject)
    found: set[Lane] = set()
    for group, subjects in by_endpoints.items():
        for some_endpoints in chunks(group):
            for some_subjects in chunks(subjects):
                query = (
                    select(messages.c.endpoint_id, messages.c.lane)
                    .where(messages.c.endpoint_id.in_(some_endpoints))
                    .where(messages.c.lane.in_(some_subjects))
                    .where(messages.c.due_at.is_not(None))
                )
                if lock:
                    query = query.order_by(messages.c.id).with_for_update(read=True)
                found.update((row.endpoint_id, row.lane) for row in tx.execute(query))
    return found


@each({"endpoint": Text(), "about": Text(), "now": BigInteger()})
def _promote(lane: Any) -> Update:
    behind, head = messages.alias("behind"), messages.alias("head")
    of_lane = select(behind.c.id).where(
        behind.c.endpoint_id == lane.endpoint,
        behind.c.lane == lane.about,
        behind.c.due_at.is_(None),
        behind.c.finished_at.is_(None),
    )
    first = of_lane.order_by(behind.c.version).limit(literal_column("1")).scalar_subquery()
    # The limit keeps PostgreSQL from a join, which would read the whole table for the heads of a few lanes.
    headed = select(head.c.id).where(
        head.c.endpoint_id == lane.endpoint, head.c.lane == lane.about, head.c.due_at.is_not(None)
    )
    unheaded = headed.limit(literal_column("1")).scalar_subquery().is_(None)
    return update(messages).where(messages.c.id == first, unheaded).values(due_at=lane.now)


def promote(tx: Tx, lanes: Iterable[Lane]) -> None:
    """Make the next message of each lane its head, if the lane has no head any more."""
    now = stored(tx.now)
    _promote.run(tx, [{"endpoint": endpoint_id, "about": subject, "now": now} for endpoint_id, subject in lanes])
