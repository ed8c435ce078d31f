"""Sending messages again because a person asks: each starts a fresh round, in the order of its subject.

A finished message becomes the head of its lane when the lane is empty, and otherwise waits behind the head, as a new
one would. Whoever adds to a lane holds the lock of its subject, as publishers do, and then those of the heads.
"""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Row, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Database, Tx
from waybell.events.model import StoredEvent
from waybell.events.tables import subjects
from waybell.webhooks.endpoints import store as endpoint_store
from waybell.webhooks.fanout import Hint, Lane, insert_messages, new_message, taken_lanes
from waybell.webhooks.model import MessageState
from waybell.webhooks.tables import endpoints, messages

ANY_BUT_SENDING: tuple[MessageState, ...] = ("waiting", "succeeded", "failed", "canceled")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the messages go; `ordered` as it is now, whatever it was when they were made."""

    endpoint_id: str
    account_id: str
    ordered: bool


def target(tx: Tx, endpoint_id: str) -> Target:
    row = tx.execute(select(endpoints.c.account_id, endpoints.c.ordered).where(endpoints.c.id == endpoint_id)).one()
    return Target(endpoint_id, row.account_id, row.ordered)


def send_again(
    tx: Tx,
    to: Target,
    message_ids: Collection[str],
    never_made: Sequence[StoredEvent] = (),
    states: Collection[MessageState] = ANY_BUT_SENDING,
) -> int:
    """Start a fresh round for these messages of the endpoint, and a first one for events that have none there.

    Messages that are in none of `states` by now are left alone. Answers how many will be sent.
    """
    rows, taken = hold(tx, to, message_ids, {event.subject for event in never_made})
    existing = _with_message(tx, to, never_made)
    candidates: list[Row[Any] | StoredEvent] = [row for row in rows if row.state in states]
    candidates += [event for event in never_made if event.id not in existing]
    plan = _Plan(to, taken)
    for one in sorted(candidates, key=lambda one: (one.version, one.id)):
        plan.add(one)
    plan.carry_out(tx)
    if candidates:
        endpoint_store.set_probe(tx, to.endpoint_id, tx.now)  # who asks now believes that the receiver is back
    return len(candidates)


def hold(
    tx: Tx, to: Target, message_ids: Collection[str], about: AbstractSet[str] = frozenset()
) -> tuple[list[Row[Any]], set[Lane]]:
    """Lock these messages of the endpoint; return them as they stand now, and the lanes of theirs that have a head.

    `about` adds subjects whose lanes are asked for too. The order of the locks is what keeps us out of circles: first
    the subjects, so that no publisher holds a head of theirs; then all heads, so that no dispatcher that finishes one
    comes to want a message behind it from us; then the messages.
    """
    about = about | {row.subject for row in _rows(tx, to, message_ids, lock=False)}
    _lock_subjects(tx, to.account_id, about)
    taken = taken_lanes(tx, {(to.endpoint_id, subject) for subject in about})
    return _rows(tx, to, message_ids, lock=True), taken


class _Plan:
    """Who becomes a head and who waits behind one."""

    def __init__(self, to: Target, taken: set[Lane]) -> None:
        self._to = to
        self._taken = taken
        self._waiting: tuple[list[str], list[str]] = ([], [])  # were waiting already: behind, due
        self._finished: tuple[list[str], list[str]] = ([], [])  # had been finished: behind, due
        self._new: list[tuple[StoredEvent, bool]] = []

    def add(self, one: Row[Any] | StoredEvent) -> None:
        if isinstance(one, StoredEvent):
            self._new.append((one, self._take(one.subject)))
        elif one.state == "waiting":
            self._waiting[one.due_at is not None].append(one.id)
        else:
            self._finished[self._take(one.subject)].append(one.id)

    def _take(self, subject: str) -> bool:
        """Whether the lane of this subject is free; it is not any more."""
        if not self._to.ordered:
            return True
        lane = (self._to.endpoint_id, subject)
        free = lane not in self._taken
        self._taken.add(lane)
        return free

    def carry_out(self, tx: Tx) -> None:
        fresh = {"failures": 0, "manual": True, "finished_at": None, "error": None, "status": None}
        lane = messages.c.subject if self._to.ordered else None
        for due in (False, True):
            due_at = tx.now if due else None
            for some in chunks(self._waiting[due]):
                change = update(messages).where(messages.c.id.in_(some), messages.c.state == "waiting")
                tx.execute(change.values(due_at=due_at, **fresh))
            for some in chunks(self._finished[due]):
                change = update(messages).where(messages.c.id.in_(some), messages.c.finished_at.is_not(None))
                tx.execute(change.values(state="waiting", due_at=due_at, lane=lane, **fresh))
        if self._new:
            insert_messages(tx, [self._new_row(tx, event, due) for event, due in self._new])

    def _new_row(self, tx: Tx, event: StoredEvent, due: bool) -> dict[str, Any]:  # noqa: FBT001 - one of a pair
        lane = event.subject if self._to.ordered else None
        row = new_message(event, self._to.endpoint_id, lane, tx.now if due else None, tx.now)
        return row | {"manual": True}


_COLUMNS = (
    messages.c.id,
    messages.c.subject,
    messages.c.lane,
    messages.c.version,
    messages.c.state,
    messages.c.due_at,
)


def _rows(tx: Tx, to: Target, message_ids: Collection[str], *, lock: bool) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for some in chunks(sorted(message_ids)):
        query = (
            select(*_COLUMNS)
            .where(messages.c.id.in_(some), messages.c.endpoint_id == to.endpoint_id)
            .order_by(messages.c.id)
        )
        found += tx.execute(query.with_for_update() if lock else query).all()
    return found


def _lock_subjects(tx: Tx, account_id: str, about: Collection[str]) -> None:
    if tx.on_postgres:  # on SQLite writers take turns anyway
        for some in chunks(sorted(about)):
            query = select(subjects.c.subject).where(subjects.c.account_id == account_id, subjects.c.subject.in_(some))
            tx.execute(query.order_by(subjects.c.subject).with_for_update())


def _with_message(tx: Tx, to: Target, found: Sequence[StoredEvent]) -> set[str]:
    ids: set[str] = set()
    for some in chunks([event.id for event in found]):
        query = select(messages.c.event_id).where(messages.c.event_id.in_(some))
        ids.update(tx.execute(query.where(messages.c.endpoint_id == to.endpoint_id)).scalars())
    return ids


def release_lanes(tx: Tx, endpoint_id: str, most: int) -> int:
    """Of an endpoint that is not ordered any more: send up to `most` of those that wait behind others at once.

    Answers at how many it looked; call it until it answers none. The heads stay as they are.
    """
    query = (
        select(messages.c.id)
        .where(messages.c.endpoint_id == endpoint_id, messages.c.state == "waiting", messages.c.due_at.is_(None))
        .order_by(messages.c.lane, messages.c.version)
        .limit(most)
    )
    ids = tx.execute(query).scalars().all()
    # With its head locked, a lane cannot promote a message while we release it.
    rows, _ = hold(tx, target(tx, endpoint_id), ids)
    for some in chunks([row.id for row in rows if row.state == "waiting" and row.due_at is None]):
        tx.execute(update(messages).where(messages.c.id.in_(some)).values(lane=None, due_at=tx.now))
    return len(ids)


def release_all(database: Database, hint: Hint, endpoint_id: str, batch: int) -> None:
    """Of an endpoint that is not ordered any more: let all go that wait behind others, a transaction for each batch."""
    looked_at = batch
    while looked_at:
        with database.transaction() as tx:
            looked_at = release_lanes(tx, endpoint_id, batch)
            tx.after_commit(partial(hint, {endpoint_id}))
