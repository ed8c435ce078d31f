"""Fan-out: each event becomes a message for each endpoint that wants it, in the transaction of the change."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from waybell.db.database import Tx
from waybell.events.model import StoredEvent
from waybell.events.subjects import parsed
from waybell.webhooks.endpoints.subscriptions import kind_of, listeners
from waybell.webhooks.messages.fan_in import insert_messages, new_message
from waybell.webhooks.messages.lanes import taken_lanes
from waybell.webhooks.model import Hint


class FanOut:
    def __init__(self, hint: Hint) -> None:
        """Make a fan-out; it calls `hint` after each commit with the ids of the endpoints that got a message."""
        self._hint = hint

    def __call__(self, tx: Tx, events: Sequence[StoredEvent]) -> None:
        rows = _messages(tx, [event for event in events if not event.test])
        if rows:
            insert_messages(tx, rows)
            # Endpoints of messages behind a head get a hint too: a claim may have skipped the head that we had locked.
            tx.after_commit(partial(self._hint, {row["endpoint_id"] for row in rows}))


def _messages(tx: Tx, events: Sequence[StoredEvent]) -> list[dict[str, Any]]:
    listening = listeners(tx, events)
    pairs = [
        (event, listener)
        for event, itself in zip(events, map(_endpoint_of, events), strict=True)
        for listener in listening[kind_of(event)]
        if listener.endpoint_id != itself  # an endpoint gets no event about itself
    ]
    # The first event of a subject has none before it, so a bulk of new orders needs no query.
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
