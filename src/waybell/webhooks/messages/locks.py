"""The order in which messages are locked, so that publishers, dispatchers and people never wait in a circle.

A publisher holds subjects, then heads, and may wait while it holds others. A dispatcher therefore waits only while it
holds nothing. Whoever acts for a person takes locks in the publisher's order, and the messages themselves last.
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

# From here on the transaction waits for nobody longer than this: meanwhile nothing of what is under way can move, and
# an answer that came in time would be taken for a timeout. Set in the statement, as each is a message to the server.
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
    """Lock the first of these messages, and of the others those that are free; return the ids of the locked ones.

    Until our commit nobody else changes the locked messages, or reads them to rely on what they say. Only the first is
    waited for, while we hold nothing. A publisher holds heads and may ask for one more that was promoted meanwhile: if
    we held that one and waited for another, we would wait in a circle with the publisher. Raises `OperationalError`
    when the first message stays locked for longer than a second; later waits of the transaction end so too.
    """
    if not tx.on_postgres:  # SQLite has one writer at a time
        return set(message_ids)
    _lock_one.run(tx, {"message": message_ids[0]})
    free = _lock_free.run(tx, {"ids": list(message_ids[1:])}) if len(message_ids) > 1 else []
    return {message_ids[0], *(row.id for row in free)}


def held_by_others(tx: Tx, message_ids: Sequence[str]) -> set[str]:
    """Lock those of these messages that are free, without waiting; return the ids of the others."""
    if not tx.on_postgres:
        return set()
    free = {row.id for row in _lock_free.run(tx, {"ids": list(message_ids)})}
    there: set[str] = set()
    for some in chunks(message_ids):
        there.update(tx.execute(select(messages.c.id).where(messages.c.id.in_(some))).scalars())
    return there - free


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint that messages go to. `ordered` is as the endpoint is now, whatever it was when they were made."""

    endpoint_id: str
    account_id: str
    ordered: bool


def hold(
    tx: Tx, to: Target, message_ids: Collection[str], about: AbstractSet[str] = frozenset()
) -> tuple[list[HeldMessage], set[Lane]]:
    """Lock these messages of the endpoint; return them as they stand now, and those of their lanes that have a head.

    `about` adds subjects whose lanes are asked for too. The order of the locks is what keeps us out of circles: first
    the subjects, so that no publisher holds a head of theirs; then all heads, so that no dispatcher that finishes one
    comes to want a message behind it from us; then the messages.
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
