"""The order in which messages are locked, so that publishers, dispatchers and people never deadlock.

A publisher locks subjects, then heads, and may wait while it holds other locks. Therefore a dispatcher waits only while
it holds none. The actions of people take locks in the publisher's order, and lock the messages themselves last.
"""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select, true

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.prepared import Prepared
from waybell.events.tables import subjects
from waybell.webhooks.messages.lanes import Lane, taken_lanes
from waybell.webhooks.messages.records import HELD, HeldMessage
from waybell.webhooks.messages.tables import messages

# From this statement on the transaction waits at most a second for a lock. While the dispatcher waits, its transport
# stands still, and an answer that came in time would count as a timeout. The limit is set within the statement, because
# each statement is a round trip to the server.
_patience = select(func.set_config("lock_timeout", "1s", true()).label("set")).cte("patience")
_lock_one = Prepared(
    select(messages.c.id)
    .select_from(_patience.prefix_with("MATERIALIZED").join(messages, true()))
    .where(messages.c.id == bindparam("message"))
    .with_for_update(of=messages)
)
_lock_free = Prepared(
    select(messages.c.id)
    .where(messages.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
    .with_for_update(skip_locked=True)
)


def lock(tx: Tx, message_ids: Sequence[str]) -> set[str]:
    """Lock the first of these messages, and all others that are free; return the ids of the locked ones.

    Until our commit no other transaction changes the locked messages or locks them. We wait for the first message only,
    because then we hold no lock yet. A publisher holds heads and may ask for one more that was promoted meanwhile: if
    we held that head and waited for another, we would deadlock with the publisher. Raise `OperationalError` when the
    first message stays locked for longer than a second; a later wait of the transaction ends in the same way.
    """
    if not tx.on_postgres:  # SQLite has one writer at a time
        return set(message_ids)
    _lock_one.run(tx, {"message": message_ids[0]})
    free = _lock_free.run(tx, {"ids": list(message_ids[1:])}) if len(message_ids) > 1 else []
    return {message_ids[0], *(row.id for row in free)}


def held_by_others(tx: Tx, message_ids: Sequence[str]) -> set[str]:
    """Lock these messages as far as they are free, without waiting; return the ids of the messages locked elsewhere."""
    if not tx.on_postgres:
        return set()
    free = {row.id for row in _lock_free.run(tx, {"ids": list(message_ids)})}
    there: set[str] = set()
    for some in chunks(message_ids):
        there.update(tx.execute(select(messages.c.id).where(messages.c.id.in_(some))).scalars())
    return there - free


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint that messages go to. `ordered` is its present setting, which may differ from when they were made."""

    endpoint_id: str
    account_id: str
    ordered: bool


def hold(
    tx: Tx, to: Target, message_ids: Collection[str], about: AbstractSet[str] = frozenset()
) -> tuple[list[HeldMessage], set[Lane]]:
    """Lock these messages of the endpoint; return their present rows, and the lanes among theirs that have a head.

    `about` adds subjects whose lanes are checked too. The order of the locks prevents deadlocks: first the subjects, so
    that no publisher holds a head of theirs; then all heads, so that no dispatcher finishes a head and then waits for a
    message behind it that we hold; last the messages.
    """
    about = about | {row.subject for row in _rows(tx, to, message_ids, lock=False)}
    _lock_subjects(tx, to.account_id, about)
    taken = taken_lanes(tx, {(to.endpoint_id, subject) for subject in about})
    return _rows(tx, to, message_ids, lock=True), taken


def _rows(tx: Tx, to: Target, message_ids: Collection[str], *, lock: bool) -> list[HeldMessage]:
    found: list[HeldMessage] = []
    for some in chunks(sorted(message_ids)):
        query = (
            select(*HELD.columns)
            .where(messages.c.id.in_(some), messages.c.endpoint_id == to.endpoint_id)
            .order_by(messages.c.id)
        )
        found += HELD.all(tx, query.with_for_update() if lock else query)
    return found


def _lock_subjects(tx: Tx, account_id: str, about: Collection[str]) -> None:
    if tx.on_postgres:  # SQLite has one writer at a time
        for some in chunks(sorted(about)):
            query = select(subjects.c.subject).where(subjects.c.account_id == account_id, subjects.c.subject.in_(some))
            tx.execute(query.order_by(subjects.c.subject).with_for_update())
