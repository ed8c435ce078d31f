"""The lists of `entry_kinds.py` in the database."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic_core import to_json
from sqlalchemy import ColumnElement, Row, Select, delete, or_, select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Prepared, stored
from waybell.directory.address_book import Key, folded
from waybell.directory.entry_kinds import BY_NAME, REJECT_REASON, Entry, Kind, RejectReasonEntry
from waybell.directory.reject_reasons import DEFAULT, RejectReasonsList, in_lists
from waybell.directory.tables import names

_COLUMNS = {"id", "name"}


def find(tx: Tx, account_id: str, wanted: Iterable[Key]) -> dict[Key, Entry]:
    """Return the existing entries among `wanted`, inside the scope."""
    found: dict[Key, Entry] = {}
    for some in chunks(sorted(wanted)):
        by_kind: dict[str, list[str]] = {}
        for kind, ext_id in some:
            by_kind.setdefault(kind, []).append(ext_id)
        these = or_(*((names.c.kind == kind) & names.c.ext_id.in_(ids) for kind, ids in by_kind.items()))
        for row in tx.execute(_entries(tx, account_id).where(these)):
            found[row.kind, row.ext_id] = _entry(row)
    return found


def listed(tx: Tx, account_id: str, kind: Kind, after: str, limit: int) -> list[Entry]:
    """Return up to `limit` entries with ids after `after`, ordered by id."""
    query = _entries(tx, account_id).where(names.c.kind == kind.name, names.c.ext_id > after)
    return [_entry(row) for row in tx.execute(query.order_by(names.c.ext_id).limit(limit))]


def reject_reasons(tx: Tx, account_id: str) -> RejectReasonsList:
    """Return the reject reasons of the account, or the default ones.

    Operation: GetRejectReasonsList.
    """
    own = [entry for entry in _all(tx, account_id, REJECT_REASON) if isinstance(entry, RejectReasonEntry)]
    return in_lists(own) if own else DEFAULT


def named(tx: Tx, account_id: str, kind: Kind, name: str) -> list[Entry]:
    """Return the entries with this name, compared as addresses are. It reads all entries, so use it for short lists."""
    return [entry for entry in _all(tx, account_id, kind) if entry.name and folded(entry.name) == folded(name)]


def _all(tx: Tx, account_id: str, kind: Kind) -> list[Entry]:
    query = _entries(tx, account_id).where(names.c.kind == kind.name).order_by(names.c.ext_id)
    return [_entry(row) for row in tx.execute(query)]


def has_any(tx: Tx, account_id: str, kind: Kind) -> bool:
    query = select(names.c.ext_id).where(names.c.account_id == account_id, names.c.kind == kind.name).limit(1)
    return tx.execute(query).first() is not None


def insert(tx: Tx, account_id: str, new: Mapping[Key, Entry]) -> None:
    """Add entries; an entry that another transaction stored meanwhile is kept."""
    rows = _rows(tx, account_id, new)
    for row in rows:  # as the driver takes them, because a request may bring thousands
        row["document"] = to_json(row["document"]).decode() if row["document"] else None
        row["created_at"] = stored(row["created_at"])
    _insert_new[tx.on_postgres].run_many(tx, rows)


def put(tx: Tx, account_id: str, entries: Mapping[Key, Entry]) -> None:
    """Write entries, replacing existing ones."""
    if entries:
        statement = _insert(tx)
        over = {name: statement.excluded[name] for name in ("name", "document")}
        tx.execute(
            statement.on_conflict_do_update(index_elements=list(names.primary_key), set_=over),
            _rows(tx, account_id, entries),
        )


_insert_new = {
    on_postgres: Prepared(insert_into(names, on_postgres=on_postgres).on_conflict_do_nothing(), list(names.c.keys()))
    for on_postgres in (True, False)
}


def _insert(tx: Tx) -> Any:
    return insert_into(names, on_postgres=tx.on_postgres)


def _rows(tx: Tx, account_id: str, entries: Mapping[Key, Entry]) -> list[dict[str, Any]]:
    """Return the rows in one order, so that concurrent transactions do not deadlock."""
    return [
        {
            "account_id": account_id,
            "kind": kind,
            "ext_id": ext_id,
            "name": entry.name,
            "document": entry.model_dump(by_alias=True, exclude_none=True, exclude=_COLUMNS) or None,
            "created_at": tx.now,
        }
        for (kind, ext_id), entry in sorted(entries.items(), key=lambda item: item[0])
    ]


def remove(tx: Tx, account_id: str, key: Key) -> bool:
    """Delete an entry; return whether it existed inside the scope."""
    kind, ext_id = key
    these = (names.c.account_id == account_id, names.c.kind == kind, names.c.ext_id == ext_id)
    return tx.execute(delete(names).where(*these, *_in_scope(tx))).rowcount > 0


def _entries(tx: Tx, account_id: str) -> Select[Any]:
    columns = (names.c.kind, names.c.ext_id, names.c.name, names.c.document)
    return select(*columns).where(names.c.account_id == account_id, *_in_scope(tx))


def _in_scope(tx: Tx) -> Iterator[ColumnElement[bool]]:
    for kind in BY_NAME:
        if ids := tx.scope.entries_of(kind):
            yield (names.c.kind != kind) | names.c.ext_id.in_(ids)


def _entry(row: Row[Any]) -> Entry:
    return BY_NAME[row.kind].shape.model_validate({**(row.document or {}), "id": row.ext_id, "name": row.name})
