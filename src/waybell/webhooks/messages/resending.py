"""Send messages again: each starts a fresh round of attempts, in the order of its subject.

A finished message becomes the head of its lane when the lane is empty, and otherwise waits behind the head like a new
message. Adding to a lane needs the lock of its subject, as for publishers, and then the locks of the heads.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.events.model import StoredEvent
from waybell.webhooks.messages.fan_in import insert_messages, new_message
from waybell.webhooks.messages.lanes import Lane
from waybell.webhooks.messages.locks import Target, hold
from waybell.webhooks.messages.records import HeldMessage
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import MessageState

ANY_BUT_SENDING: tuple[MessageState, ...] = ("waiting", "succeeded", "failed", "canceled")


def send_again(
    tx: Tx,
    to: Target,
    message_ids: Collection[str],
    never_made: Sequence[StoredEvent] = (),
    states: Collection[MessageState] = ANY_BUT_SENDING,
) -> int:
    """Start a fresh round for these messages of the endpoint, and make messages for the events in `never_made`.

    Messages whose state is not in `states` by now are left alone, and so are events that have a message by now. Return
    how many messages will be sent.
    """
    rows, taken = hold(tx, to, message_ids, {event.subject for event in never_made})
    existing = _with_message(tx, to, never_made)
    candidates: list[HeldMessage | StoredEvent] = [row for row in rows if row.state in states]
    candidates += [event for event in never_made if event.id not in existing]
    plan = _Plan(to, taken)
    for one in sorted(candidates, key=lambda one: (one.version, one.id)):
        plan.add(one)
    plan.carry_out(tx)
    return len(candidates)


class _Plan:
    """A plan that decides which messages become heads and which wait behind one, and then moves them."""

    def __init__(self, to: Target, taken: set[Lane]) -> None:
        self._to = to
        self._taken = taken
        self._waiting: tuple[list[str], list[str]] = ([], [])  # were waiting already: behind, due
        self._finished: tuple[list[str], list[str]] = ([], [])  # had been finished: behind, due
        self._new: list[tuple[StoredEvent, bool]] = []

    def add(self, one: HeldMessage | StoredEvent) -> None:
        if isinstance(one, StoredEvent):
            self._new.append((one, self._take(one.subject)))
        elif one.state == "waiting":
            self._waiting[one.due_at is not None].append(one.id)
        else:
            self._finished[self._take(one.subject)].append(one.id)

    def _take(self, subject: str) -> bool:
        """Return whether the lane of this subject was free, and take it."""
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


def _with_message(tx: Tx, to: Target, found: Sequence[StoredEvent]) -> set[str]:
    ids: set[str] = set()
    for some in chunks([event.id for event in found]):
        query = select(messages.c.event_id).where(messages.c.event_id.in_(some))
        ids.update(tx.execute(query.where(messages.c.endpoint_id == to.endpoint_id)).scalars())
    return ids
