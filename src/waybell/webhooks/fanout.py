"""Fan-out: each event becomes a message for each endpoint that wants it, in the transaction of the change."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, or_, select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.prepared import Prepared, insert_each, stored
from waybell.events.model import StoredEvent
from waybell.events.subjects import parsed
from waybell.ground.ids import new_id
from waybell.webhooks.tables import endpoints, messages, subscriptions

ALL_TYPES = "*"

Hint = Callable[[Iterable[str]], None]
Lane = tuple[str, str]  # endpoint and subject


class Listener(NamedTuple):
    endpoint_id: str
    ordered: bool


class FanOut:
    def __init__(self, hint: Hint) -> None:
        """`hint` is told, after the commit, the ids of the endpoints that got a message."""
        self._hint = hint

    def __call__(self, tx: Tx, events: Sequence[StoredEvent]) -> None:
        rows = _messages(tx, [event for event in events if not event.test])
        if rows:
            insert_messages(tx, rows)
            # Also of messages that wait behind a head: a claim may have passed over the head while we had it locked.
            tx.after_commit(partial(self._hint, {row["endpoint_id"] for row in rows}))


def insert_messages(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store messages that were never tried; the rows come from `new_message`."""
    _insert.run(
        tx,
        [{**row, "due_at": stored(row["due_at"]), "created_at": stored(row["created_at"])} for row in rows],
    )


def _messages(tx: Tx, events: Sequence[StoredEvent]) -> list[dict[str, Any]]:
    listeners = _listeners(tx, events)
    pairs = [
        (event, listener)
        for event, itself in zip(events, map(_endpoint_of, events), strict=True)
        for listener in listeners[event.account_id, event.type]
        if listener.endpoint_id != itself  # no endpoint is told about itself
    ]
    # The first event of a subject has nothing before it: a bulk of new orders asks nothing.
    taken = taken_lanes(
        tx,
        {(listener.endpoint_id, event.subject) for event, listener in pairs if listener.ordered and event.version > 1},
    )
    rows = []
    for event, listener in pairs:
        lane = (listener.endpoint_id, event.subject) if listener.ordered else None
        rows.append(
            new_message(event, listener.endpoint_id, lane and lane[1], None if lane in taken else tx.now, tx.now)
        )
        if lane:
            taken.add(lane)  # a second event of the same subject waits behind the first
    return rows


def _endpoint_of(event: StoredEvent) -> str | None:
    """Return the id of the endpoint that an event is about, if it is about one."""
    subject = parsed(event.subject)
    return subject.id if subject and subject.kind == "endpoint" else None


def new_message(event: StoredEvent, endpoint_id: str, lane: str | None, due_at: Any, now: Any) -> dict[str, Any]:
    """The row of a message that was never tried; `due_at` None puts it behind the head of its lane."""
    return {
        "id": new_id("msg"),
        "account_id": event.account_id,
        "endpoint_id": endpoint_id,
        "event_id": event.id,
        "event_type": event.type,
        "subject": event.subject,
        "lane": lane,
        "version": event.version,
        "state": "waiting",
        "due_at": due_at,
        "attempt": 0,
        "failures": 0,
        "manual": False,
        "created_at": now,
    }


_NEVER_SET = ("lease_until", "finished_at", "error", "status")
_insert = insert_each(messages, [name for name in messages.c.keys() if name not in _NEVER_SET])  # noqa: SIM118


_listening = Prepared(
    select(endpoints.c.id, endpoints.c.ordered)
    .join(subscriptions, endpoints.c.id == subscriptions.c.endpoint_id)
    .where(subscriptions.c.account_id == bindparam("account"))
    .where(or_(subscriptions.c.event_type == bindparam("type"), subscriptions.c.event_type == literal_column("'*'")))
    .where(endpoints.c.state == literal_column("'enabled'"))
    .order_by(endpoints.c.id)
)


def _listeners(tx: Tx, events: Sequence[StoredEvent]) -> dict[tuple[str, str], list[Listener]]:
    """Who listens to what, for the accounts and types at hand."""
    kinds = sorted({(event.account_id, event.type) for event in events})
    return {
        (account_id, event_type): list(
            dict.fromkeys(
                Listener(row.id, bool(row.ordered))
                for row in _listening.run(tx, {"account": account_id, "type": event_type})
            )
        )
        for account_id, event_type in kinds
    }


def taken_lanes(tx: Tx, lanes: AbstractSet[Lane]) -> set[Lane]:
    """Those of the lanes that have a head already. The caller holds the locks of their subjects.

    The heads are locked until our commit. Without that a dispatcher on PostgreSQL could finish a head without seeing
    our new message, while we have not seen its finish: the message would wait behind nothing. We wait for heads while
    we hold others, so a dispatcher waits only while it holds none (`store.lock`).
    """
    taken: set[Lane] = set()
    asked = set(lanes)
    while True:
        headed = _headed(tx, asked, lock=False)
        if not tx.on_postgres or not headed:
            return taken | headed
        # Who waits for the lock of a head that is being finished gets no row, and does not see which one was promoted
        # in its place: ask again for these.
        locked = _headed(tx, headed, lock=True)
        taken |= locked
        asked = headed - locked


def _headed(tx: Tx, lanes: AbstractSet[Lane], *, lock: bool) -> set[Lane]:
    subjects_of = defaultdict(list)
    for endpoint_id, subject in sorted(lanes):
        subjects_of[subject].append(endpoint_id)
    # Lanes come as few subjects times many endpoints: ask for the cross product of each.
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
