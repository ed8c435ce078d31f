"""Actions on addresses and on the lists of `entry_kinds.py`. They fire no events."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from waybell.accounts.model import Actor
from waybell.db.advisory_locks import take_lock
from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.directory import entry_store
from waybell.directory.address_book import Key, folded
from waybell.directory.entry_kinds import Entry, Kind, changed
from waybell.directory.model import NewAddress
from waybell.directory.tables import addresses
from waybell.ground.clock import Moment
from waybell.ground.errors import Invalid, NotFound
from waybell.ground.ids import new_uuid
from waybell.wire.model import is_time_of_day, local_time, member_name


def keep(tx: Tx, actor: Actor, kind: Kind, sent: Entry) -> bool:
    """Add an entry, or change the sent members of an existing entry with the same Id; return whether the entry is new.

    Raise `Invalid` for an unusable entry, and `Forbidden` for an entry outside the scope.
    """
    outcome = keep_many(tx, actor, kind, [sent])[0]
    if isinstance(outcome, Invalid):
        raise outcome
    return outcome


def keep_many(tx: Tx, actor: Actor, kind: Kind, sent: Sequence[Entry]) -> list[bool | Invalid]:
    """Add or change entries one by one; return for each whether the entry is new, or the reason for refusing it.

    Raise `Forbidden` for an entry outside the scope.
    """
    for entry in sent:
        tx.scope.check_entry(kind.name, entry.id)
    _begin(tx, actor, kind)
    known = entry_store.find(tx, actor.account.id, [(kind.name, entry.id) for entry in sent if entry.id])
    kept: dict[Key, Entry] = {}
    outcomes: list[bool | Invalid] = []
    for entry in sent:
        key = (kind.name, entry.id or "")
        is_new = key not in known
        try:
            after = changed(kind, known.get(key), entry)
        except Invalid as error:
            outcomes.append(error)
            continue
        known[key] = kept[key] = after
        outcomes.append(is_new)
    entry_store.put(tx, actor.account.id, kept)
    return outcomes


def delete(tx: Tx, actor: Actor, kind: Kind, ext_id: str) -> None:
    """Delete an entry of a list; orders that carry its id stay as they are.

    Raise `NotFound` when there is none.
    """
    _begin(tx, actor, kind)
    if not entry_store.remove(tx, actor.account.id, (kind.name, ext_id)):
        raise unknown(kind, ext_id)


def get(tx: Tx, actor: Actor, kind: Kind, ext_id: str) -> Entry:
    """Return an entry of a list.

    Raise `NotFound` when there is none.
    """
    key = (kind.name, ext_id)
    found = entry_store.find(tx, actor.account.id, [key]).get(key)
    if found is None:
        raise unknown(kind, ext_id)
    return found


def unknown(kind: Kind, ext_id: str) -> NotFound:
    return NotFound(f"{kind} {ext_id} is not there.")


def _begin(tx: Tx, actor: Actor, kind: Kind) -> None:
    """Lock the list for this transaction, and store the default entries before an account's first change."""
    take_lock(tx, "entries", actor.account.id, kind.name)
    if kind.defaults and not entry_store.has_any(tx, actor.account.id, kind):
        own = {(kind.name, entry.id or ""): entry for entry in kind.defaults}
        entry_store.insert(tx, actor.account.id, own)


_IN_COLUMNS = {"id", "full_address", "zone", "lat", "lon"}


def keep_address(tx: Tx, actor: Actor, request: NewAddress) -> bool:
    """Add an address, or change the sent members of the one with its Id, or without an Id, with its text.

    Return whether the address is new. Unlike an order, this moves a known address. Raise `Invalid` when the time slot
    has dates and ends before it begins.

    Operation: AddAddress.
    """
    sent = {"full_address": request.full_address, "key": folded(request.full_address), "changed_at": tx.now}
    sent |= {name: value for name in ("lat", "lon", "zone") if (value := getattr(request, name)) is not None}
    sent |= dict.fromkeys(request.emptied.intersection(("lat", "lon", "zone")))
    more: dict[str, Any] = request.model_dump(by_alias=True, exclude_none=True, exclude=_IN_COLUMNS)
    more |= _slot(request, Moment(tx.now, actor.account.zone))
    known = _find_address(tx, actor, request)
    if known is None:
        row = {"id": new_uuid(), "account_id": actor.account.id, "ext_id": request.id, "created_at": tx.now, **sent}
        insert = insert_into(addresses, on_postgres=tx.on_postgres).on_conflict_do_nothing()
        if tx.execute(insert.returning(addresses.c.seq), row | {"document": more or None}).first():
            return True
        known = _find_address(tx, actor, request)  # an order that mentions the address was stored first
    assert known is not None
    bare = {member_name(name) for name in request.emptied}
    document = {name: value for name, value in ((known.document or {}) | more).items() if name not in bare}
    change = update(addresses).where(addresses.c.seq == known.seq)
    tx.execute(change.values(**sent, document=document or None))
    return False


def _slot(request: NewAddress, moment: Moment) -> dict[str, str]:
    """Return the time slot as times of day in the account's zone, used for orders at the address."""
    sent = {"TimeSlotFrom": request.time_slot_from, "TimeSlotTo": request.time_slot_to}
    read = {name: local_time(text, moment.zone, moment.today) for name, text in sent.items() if text}
    dated = not any(is_time_of_day(text) for text in sent.values() if text)
    if dated and len(read) == len(sent) and read["TimeSlotTo"] < read["TimeSlotFrom"]:
        raise Invalid("TimeSlotTo: lies before TimeSlotFrom. Send both as HH:mm for a slot over midnight.")
    return {name: time.time().isoformat() for name, time in read.items()}


def _find_address(tx: Tx, actor: Actor, request: NewAddress) -> Row[Any] | None:
    by_id, by_text = addresses.c.ext_id == request.id, addresses.c.key == folded(request.full_address)
    query = select(addresses.c.seq, addresses.c.document).where(addresses.c.account_id == actor.account.id)
    return tx.execute(query.where(by_id if request.id else by_text).order_by(addresses.c.seq).limit(1)).first()
