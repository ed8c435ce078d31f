"""Opening and saving the book of addresses and names."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, or_, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.directory.book import Address, Book, Name, NameKind, folded
from waybell.directory.tables import addresses, names
from waybell.ids import new_uuid

Mention = tuple[str | None, str | None]  # external id and text of an address


def open_book(
    tx: Tx, account_id: str, mentioned: Iterable[Mention], named: Iterable[tuple[NameKind, str | None]]
) -> Book:
    """The book with all that is known of these addresses and external ids."""
    mentioned = list(mentioned)
    ids = {ext_id for ext_id, _ in mentioned if ext_id}
    keys = {folded(text) for _, text in mentioned if text}
    return Book(_addresses(tx, account_id, ids, keys), _names(tx, account_id, set(named)), new_uuid)


def save_book(tx: Tx, account_id: str, book: Book) -> None:
    """Keep what the book has learned. What somebody else taught it at the same time stands."""
    _insert_unknown(
        tx,
        addresses,
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
                "created_at": tx.now,
                "changed_at": tx.now,
            }
            for address in sorted(book.new_addresses.values(), key=lambda one: (one.ext_id or "", one.full_address))
        ],
    )
    _insert_unknown(
        tx,
        names,
        [
            {
                "account_id": account_id,
                "kind": name.kind,
                "ext_id": name.ext_id,
                "name": name.name,
                "created_at": tx.now,
            }
            for name in sorted(book.new_names, key=lambda one: (one.kind, one.ext_id))
        ],
    )
    for _, address in sorted(book.moved_addresses.items()):
        change = update(addresses).where(addresses.c.id == address.id, addresses.c.account_id == account_id)
        tx.execute(change.values(lat=address.lat, lon=address.lon, changed_at=tx.now))


def _insert_unknown(tx: Tx, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        tx.execute(insert_into(table, on_postgres=tx.on_postgres).on_conflict_do_nothing(), rows)


def _addresses(tx: Tx, account_id: str, ids: set[str], keys: set[str]) -> list[Address]:
    columns = [addresses.c[name] for name in ("id", "ext_id", "full_address", "lat", "lon", "zone")]
    found: dict[int, Address] = {}
    for column, wanted in ((addresses.c.ext_id, ids), (addresses.c.key, keys)):
        for some in chunks(sorted(wanted)):
            query = select(addresses.c.seq, *columns).where(addresses.c.account_id == account_id, column.in_(some))
            found |= {row.seq: Address(*row[1:]) for row in tx.execute(query)}
    return [address for _, address in sorted(found.items())]


def _names(tx: Tx, account_id: str, wanted: set[tuple[NameKind, str | None]]) -> list[Name]:
    found = []
    for some in chunks(sorted((kind, ext_id) for kind, ext_id in wanted if ext_id)):
        by_kind: dict[str, list[str]] = {}
        for kind, ext_id in some:
            by_kind.setdefault(kind, []).append(ext_id)
        these = or_(*((names.c.kind == kind) & names.c.ext_id.in_(ids) for kind, ids in by_kind.items()))
        query = select(names.c.kind, names.c.ext_id, names.c.name).where(names.c.account_id == account_id, these)
        found += [Name(*row) for row in tx.execute(query)]
    return found
