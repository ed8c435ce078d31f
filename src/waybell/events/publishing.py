"""Publishing events of an account's own types; the publisher's key makes sure that each is stored once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.errors import Invalid
from waybell.events import outbox, types
from waybell.events.model import Event
from waybell.events.tables import events

OUR_SUBJECTS = ("order:", "route:", "endpoint:", "test:", "evt_")  # what others may not say that their events are about


@dataclass(frozen=True, slots=True)
class Wanted:
    """An event that somebody wants to publish; `key` is their own id for it."""

    type: str
    subject: str | None
    data: Any
    key: str | None


@dataclass(frozen=True, slots=True)
class Published:
    id: str
    type: str
    subject: str
    created_at: datetime
    key: str | None
    new: bool  # False: this key was published before, and this is what came of it then


def publish(tx: Tx, catalogue: types.Catalogue, account_id: str, wanted: Sequence[Wanted]) -> list[Published]:
    """Store the events, all or none, and answer in their order.

    Two transactions that bring the same new key at once are told apart by a unique index only at the commit: the
    second one fails there with an `IntegrityError`, and finds the first one's event when it is run again.
    """
    _check(tx, catalogue, account_id, wanted)
    results = []
    known = _known_keys(tx, account_id, [one.key for one in wanted if one.key is not None])
    for one in wanted:
        found = known.get(one.key) if one.key is not None else None
        if found is None:
            event = Event(account_id, one.type, one.subject, one.data, one.key)
            outbox.record(tx, event)
            subject = event.subject if event.subject is not None else event.id
            found = Published(event.id, event.type, subject, tx.now, event.key, new=True)
            if one.key is not None:
                known[one.key] = Published(event.id, event.type, subject, tx.now, event.key, new=False)
        results.append(found)
    return results


def _check(tx: Tx, catalogue: types.Catalogue, account_id: str, wanted: Sequence[Wanted]) -> None:
    asked = {one.type for one in wanted}
    unknown = asked - types.registered(tx, account_id, asked)
    if unknown:
        name = min(unknown)
        if name in {known.name for known in catalogue}:
            raise Invalid(
                f"Event: {name} is built in: Waybell publishes it itself. Register a type of your own with "
                "POST /api/EventType and publish that."
            )
        raise Invalid(
            f"Event: {name} is not registered in this account. Register it first: "
            f'POST /api/EventType {{"Name": "{name}", "Meaning": "..."}}'
        )
    for one in wanted:
        if one.subject is not None and one.subject.lower().startswith(OUR_SUBJECTS):
            beginnings = ", ".join(OUR_SUBJECTS)
            raise Invalid(f"Subject: must not begin with any of {beginnings}: these name objects of Waybell itself.")


def _known_keys(tx: Tx, account_id: str, keys: Sequence[str]) -> dict[str, Published]:
    known = {}
    for some in chunks(keys):
        query = select(events.c.id, events.c.type, events.c.subject, events.c.created_at, events.c.key).where(
            events.c.account_id == account_id, events.c.key.in_(some), events.c.key.is_not(None)
        )
        for row in tx.execute(query):
            known[row.key] = Published(row.id, row.type, row.subject, row.created_at, row.key, new=False)
    return known
