"""The outbox: events and their messages are stored in the transaction of the change that they report.

Actions call `record`. Just before the commit, `Outbox.flush` stores all recorded events, numbers them per subject, and
hands them to the fan-out. Storing them last and in the order of subjects keeps row locks short and avoids deadlocks,
and one statement serves a whole bulk request.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, cast, func, literal_column, select

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Prepared, insert_each, stored
from waybell.events.model import Event, StoredEvent, body
from waybell.events.tables import event_keys, events, subjects
from waybell.installation import epoch

FanOut = Callable[[Tx, Sequence[StoredEvent]], None]


def record(tx: Tx, event: Event) -> None:
    """Record an event. When `tx` commits, it is stored and fanned out; when `tx` rolls back, it is dropped."""
    tx.pending_events.append(event)


class Outbox:
    def __init__(self, fan_out: FanOut) -> None:
        self._fan_out = fan_out
        self._counting = threading.Lock()
        self.accepted = 0  # events that this process has committed

    def flush(self, tx: Tx) -> None:
        """Store the events recorded in `tx`; `Database` calls this before each commit."""
        if tx.pending_events:
            stored = _append(tx, tx.pending_events)
            self._fan_out(tx, stored)
            tx.after_commit(partial(self._count, len(stored)))
            tx.pending_events = []

    def _count(self, many: int) -> None:
        with self._counting:
            self.accepted += many


_insert = Prepared(events.insert().inline(), [name for name in events.c.keys() if name != "seq"])  # noqa: SIM118
_insert_keys = insert_each(event_keys, event_keys.c.keys())


def _append(tx: Tx, recorded: Sequence[Event]) -> list[StoredEvent]:
    last = _take_versions(tx, recorded)
    here = _here[tx.on_postgres].run(tx, {})[0][0] if any(event.subject is None for event in recorded) else 0
    remaining = Counter((event.account_id, event.subject) for event in recorded)
    made, rows = [], []
    for event in recorded:
        place = (event.account_id, event.subject)
        version, horizon = last.get(place, (1, here))
        if event.subject is not None:
            remaining[place] -= 1
            version -= remaining[place]
        fact = StoredEvent(
            event.id,
            event.account_id,
            event.type,
            event.subject if event.subject is not None else event.id,
            version,
            tx.now,
            body(_called(event, tx.names.of(event.type).called), version, tx.now),
            event.test,
            event.opt_in,
        )
        made.append(fact)
        rows.append(
            {
                "id": fact.id,
                "account_id": fact.account_id,
                "type": fact.type,
                "subject": fact.subject,
                "version": version,
                "created_at": stored(tx.now),
                "body": fact.body,
                "horizon": horizon,
                "test": event.test,
                "opt_in": event.opt_in,
                "trace": tx.trace,
            }
        )
    _insert.run_many(tx, rows)
    keyed = [event for event in recorded if event.key is not None]
    _insert_keys.run(tx, [{"account_id": event.account_id, "key": event.key, "event_id": event.id} for event in keyed])
    return made


def _called(event: Event, name: str) -> Event:
    return event if event.type == name else replace(event, type=name)


def _take_versions(tx: Tx, recorded: Sequence[Event]) -> dict[tuple[str, str | None], tuple[int, int]]:
    """Advance each subject's counter and lock it until the commit, so that events of one subject commit in order.

    Return the newest version and the horizon of each subject.
    """
    counts = Counter((event.account_id, event.subject) for event in recorded if event.subject is not None)
    last: dict[tuple[str, str | None], tuple[int, int]] = {}
    for (account_id, subject), count in sorted(counts.items(), key=lambda item: item[0]):
        [(version, horizon)] = _count[tx.on_postgres].run(tx, {"account": account_id, "about": subject, "count": count})
        last[account_id, subject] = (version, horizon)
    return last


def _place(*, on_postgres: bool) -> ColumnElement[int]:
    """Return the SQL expression for the horizon of the events that this transaction writes, see `feed.py`."""
    own = cast(cast(func.pg_current_xact_id(), Text), BigInteger) if on_postgres else literal_column("0", BigInteger)
    return epoch.current() * epoch.PLACES + own


def _counting(*, on_postgres: bool) -> Prepared:
    begun, count = epoch.current() * epoch.VERSIONS, bindparam("count", type_=BigInteger)
    statement = insert_into(subjects, on_postgres=on_postgres).values(
        account_id=bindparam("account"),
        subject=bindparam("about"),
        version=begun + count,
        horizon=_place(on_postgres=on_postgres),
    )
    greatest = func.greatest if on_postgres else func.max
    return Prepared(
        statement.on_conflict_do_update(
            index_elements=[subjects.c.account_id, subjects.c.subject],
            set_={
                "version": greatest(subjects.c.version, begun) + count,
                "horizon": greatest(subjects.c.horizon, statement.excluded.horizon),
            },
        ).returning(subjects.c.version, subjects.c.horizon)
    )


_count = {on_postgres: _counting(on_postgres=on_postgres) for on_postgres in (True, False)}
_here = {on_postgres: Prepared(select(_place(on_postgres=on_postgres))) for on_postgres in (True, False)}
