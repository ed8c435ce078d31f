"""Opening and saving the address book."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.directory import entry_store
from waybell.directory.address_book import Address, Book, folded
from waybell.directory.entry_kinds import KindName
from waybell.directory.tables import addresses
from waybell.ground.ids import new_uuid

Mention = tuple[str | None, str | None]  # external id and text of an address


def open_book(
    tx: Tx, account_id: str, mentioned: Iterable[Mention], named: Iterable[tuple[KindName, str | None]]
) -> Book:
    """Open the book with the entries for these addresses and external ids."""
    mentioned = list(mentioned)
    ids = {ext_id for ext_id, _ in mentioned if ext_id}
    keys = {folded(text) for _, text in mentioned if text}
    wanted = {(kind, ext_id) for kind, ext_id in named if ext_id}
    return Book(_addresses(tx, account_id, ids, keys), entry_store.find(tx, account_id, wanted), new_uuid)


def save_book(tx: Tx, account_id: str, book: Book) -> None:
    """Store what the book has learned. Entries that another transaction stored meanwhile are kept."""
    if book.new_addresses:
        insert = insert_into(addresses, on_postgres=tx.on_postgres).on_conflict_do_nothing()
        tx.execute(
            insert,
            [
                {
                    "id": address.id,
                    "account_id": account_id,
                    "ext_id": address.ext_id,
                    "full_address": address.full_address,
                    "key": folded(address.full_address),
                    "lat": address.lat,
                    "lon": address.lon,
                    "zone": address.zone,
                    "document": _slot_document(address),
                    "created_at": tx.now,
                    "changed_at": tx.now,
                }
                for address in sorted(book.new_addresses.values(), key=lambda one: (one.ext_id or "", one.full_address))
            ],
        )
    entry_store.insert(tx, account_id, book.new_entries)
    entry_store.put(tx, account_id, book.changed_entries)
    if book.moved_addresses:
        change = update(addresses).where(addresses.c.account_id == account_id, addresses.c.id == bindparam("this"))
        tx.execute(
            change.values(lat=bindparam("new_lat"), lon=bindparam("new_lon"), changed_at=tx.now),
            [
                {"this": address.id, "new_lat": address.lat, "new_lon": address.lon}
                for _, address in sorted(book.moved_addresses.items())
            ],
        )


def _addresses(tx: Tx, account_id: str, ids: set[str], keys: set[str]) -> list[Address]:
    columns = [addresses.c[name] for name in ("id", "ext_id", "full_address", "lat", "lon", "zone", "document")]
    found: dict[int, Address] = {}
    for column, wanted in ((addresses.c.ext_id, ids), (addresses.c.key, keys)):
        for some in chunks(sorted(wanted)):
            query = select(addresses.c.seq, *columns).where(addresses.c.account_id == account_id, column.in_(some))
            found |= {row.seq: Address(*row[1:-1], *_slot(row.document)) for row in tx.execute(query)}
    return [address for _, address in sorted(found.items())]


_SLOT = ("TimeSlotFrom", "TimeSlotTo")


def _slot(document: dict[str, Any] | None) -> Iterable[str | None]:
    """Return the times of day of an address; a day that was sent with a time is dropped."""
    return ((document or {}).get(name, "").rpartition("T")[2] or None for name in _SLOT)


def _slot_document(address: Address) -> dict[str, str] | None:
    pairs = zip(_SLOT, (address.opens, address.closes), strict=True)
    return {name: time for name, time in pairs if time} or None
