"""Publishing events of an account's own types; the publisher's key ensures that each is stored once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import ARRAY, Integer, bindparam, func, select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.prepared import Prepared
from waybell.events import outbox, types
from waybell.events.model import Event
from waybell.events.schema_process import check
from waybell.events.subjects import RESERVED, is_reserved
from waybell.events.tables import event_keys, events
from waybell.ground.errors import Invalid


@dataclass(frozen=True, slots=True)
class Wanted:
    """An event to publish; `key` is the publisher's own id for it."""

    type: str
    subject: str | None
    data: Any
    key: str | None
    exact: bool = False  # its data may hold numbers that a float would change


@dataclass(frozen=True, slots=True)
class Published:
    id: str
    type: str
    subject: str
    created_at: datetime
    key: str | None
    new: bool  # False when this key was published before; the other fields are then those of the earlier event


def publish(
    tx: Tx,
    catalogue: types.Catalogue,
    account_id: str,
    wanted: Sequence[Wanted],
    checked: Collection[str] = (),
) -> list[Published]:
    """Store all the events, or none, and return the results in the same order.

    When two transactions publish the same key at once, the second waits for the first and returns its event. `checked`
    holds the Schemas that the events were checked against already. Raise `Invalid` for an unusable event, `Forbidden`
    for Data outside the scope, and `LaboriousError` when the check must be done outside of the transaction.
    """
    schemas = _check(tx, catalogue, account_id, wanted)
    to_check = {at: (schemas[one.type] or "", one.data) for at, one in enumerate(wanted) if schemas[one.type]}
    check({at: (schema, data) for at, (schema, data) in to_check.items() if schema not in checked})
    results = []
    keys = [one.key for one in wanted if one.key is not None]
    _wait_for_others(tx, account_id, keys)
    known = _known_keys(tx, account_id, keys)
    for one in wanted:
        found = known.get(one.key) if one.key is not None else None
        if found is None:
            event = Event(account_id, one.type, one.subject, one.data, one.key, exact=one.exact)
            outbox.record(tx, event)
            subject = event.subject if event.subject is not None else event.id
            found = Published(event.id, event.type, subject, tx.now, event.key, new=True)
            if one.key is not None:
                known[one.key] = Published(event.id, event.type, subject, tx.now, event.key, new=False)
        results.append(found)
    return results


def _check(tx: Tx, catalogue: types.Catalogue, account_id: str, wanted: Sequence[Wanted]) -> Mapping[str, str | None]:
    """Return the Schema of each type, or None where Data are not checked.

    Raise as `publish` does, except for Data that do not fit.
    """
    asked = {one.type for one in wanted}
    schemas = types.registered(tx, account_id, asked)
    unknown = asked - schemas.keys()
    if unknown:
        name = min(unknown)
        if name in {known.called for known in catalogue}:
            raise Invalid(
                f"Event: {name} is built in: Waybell publishes it itself. Register a type of your own with "
                "POST /api/EventType and publish that."
            )
        raise Invalid(
            f"Event: {name} is not registered in this account. Register it first: "
            f'POST /api/EventType {{"Name": "{name}", "Meaning": "..."}}'
        )
    for one in wanted:
        tx.scope.check_order(one.data.get("ShipperId"), one.data.get("DepotId"), one.data.get("TeamCode"))
        if one.subject is not None and is_reserved(one.subject):
            beginnings = ", ".join(RESERVED)
            raise Invalid(f"Subject: must not begin with any of {beginnings}: these name objects of Waybell itself.")
    return schemas


def _wait_for_others(tx: Tx, account_id: str, keys: Sequence[str]) -> None:
    """Lock these keys until the commit, so that no other transaction publishes them meanwhile.

    The primary key alone would detect the conflict, but two transactions that insert keys in opposite orders would
    deadlock, and deadlock again when both are retried. Keys share a few locks, taken in one order, because a server's
    locks are limited.
    """
    if tx.on_postgres and keys:  # SQLite has one writer at a time
        _take_locks.run(tx, {"account": account_id, "buckets": sorted({crc32(key.encode()) % _LOCKS for key in keys})})


_LOCKS = 64  # for the keys of one account
_bucket = func.unnest(bindparam("buckets", type_=ARRAY(Integer))).column_valued("bucket")
_take_locks = Prepared(select(func.pg_advisory_xact_lock(func.hashtext(bindparam("account")), _bucket)))


def _known_keys(tx: Tx, account_id: str, keys: Sequence[str]) -> dict[str, Published]:
    key_of: dict[str, str] = {}
    for some in chunks(keys):
        query = select(event_keys.c.event_id, event_keys.c.key)
        query = query.where(event_keys.c.account_id == account_id, event_keys.c.key.in_(some))
        key_of.update({row.event_id: row.key for row in tx.execute(query)})
    known = {}
    for ids in chunks(list(key_of)):  # by id, which leads to the partition of each
        found = select(events.c.id, events.c.type, events.c.subject, events.c.created_at).where(events.c.id.in_(ids))
        for row in tx.execute(found):
            key = key_of[row.id]
            known[key] = Published(row.id, row.type, row.subject, row.created_at, key, new=False)
    return known
