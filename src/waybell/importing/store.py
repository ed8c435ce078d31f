"""The store of imports: all statements about their tables."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.ground.ids import first_id
from waybell.importing.records import CHANGES, IMPORTS, Change, Import
from waybell.importing.tables import import_changes, import_mappings, import_parts, import_pieces, imports


def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    tx.execute(imports.insert(), {**row, "created_at": tx.now})


def find(tx: Tx, account_id: str, import_id: str, *, lock: bool = False) -> Import | None:
    query = select(*IMPORTS.columns).where(imports.c.account_id == account_id, imports.c.id == import_id)
    return IMPORTS.first(tx, query.with_for_update() if lock else query)


def change(tx: Tx, import_id: str, **values: Any) -> None:
    tx.execute(update(imports).where(imports.c.id == import_id).values(**values))


def newest(tx: Tx, account_id: str, user_id: str | None, limit: int) -> list[Import]:
    """Return the newest imports of the account, or only those of one user."""
    query = select(*IMPORTS.columns).where(imports.c.account_id == account_id)
    if user_id is not None:
        query = query.where(imports.c.user_id == user_id)
    return IMPORTS.all(tx, query.order_by(imports.c.id.desc()).limit(limit))


def with_hash(tx: Tx, account_id: str, file_hash: str, other_than: str) -> Import | None:
    """Return the newest import of the same bytes that wrote something and was not undone."""
    query = select(*IMPORTS.columns).where(
        imports.c.account_id == account_id,
        imports.c.file_hash == file_hash,
        imports.c.id != other_than,
        imports.c.state.in_(("running", "succeeded", "canceled")),
    )
    return IMPORTS.first(tx, query.order_by(imports.c.id.desc()).limit(1))


def next_active(tx: Tx) -> Import | None:
    """Return the import under way that has done least."""
    query = select(*IMPORTS.columns).where(imports.c.state.in_(("running", "undoing")))
    return IMPORTS.first(tx, query.order_by(imports.c.position + imports.c.undone, imports.c.id).limit(1))


def take(tx: Tx, import_id: str) -> Import | None:
    """Lock an import under way until the commit; None when it is not, or when another process has locked it."""
    query = select(*IMPORTS.columns).where(imports.c.id == import_id, imports.c.state.in_(("running", "undoing")))
    return IMPORTS.first(tx, query.with_for_update(skip_locked=True))


def fingerprint(tx: Tx, account_id: str, import_id: str) -> tuple[Any, ...]:
    """Return a value that changes with the progress of an import, or of all imports of the account."""
    counts = (imports.c.state, imports.c.position, imports.c.undone)
    query = select(*counts).where(imports.c.account_id == account_id)
    query = query.where(imports.c.id == import_id) if import_id else query.order_by(imports.c.id.desc()).limit(20)
    return tuple(tuple(row) for row in tx.execute(query))


# The bytes of the file


def add_piece(tx: Tx, import_id: str, number: int, body: bytes) -> None:
    tx.execute(import_pieces.insert(), {"import_id": import_id, "number": number, "body": body})


def file_of(tx: Tx, import_id: str) -> bytes:
    query = select(import_pieces.c.body).where(import_pieces.c.import_id == import_id)
    return b"".join(tx.execute(query.order_by(import_pieces.c.number)).scalars())


# Parts


def add_part(tx: Tx, import_id: str, number: int, body: bytes, refused: int, warned: int) -> None:
    tx.execute(
        import_parts.insert(),
        {"import_id": import_id, "number": number, "body": body, "refused": refused, "warned": warned},
    )


def change_part(tx: Tx, import_id: str, number: int, body: bytes, refused: int) -> None:
    this = (import_parts.c.import_id == import_id, import_parts.c.number == number)
    tx.execute(update(import_parts).where(*this).values(body=body, refused=refused))


def part(tx: Tx, import_id: str, number: int) -> bytes | None:
    query = select(import_parts.c.body).where(import_parts.c.import_id == import_id, import_parts.c.number == number)
    body: bytes | None = tx.execute(query).scalar()
    return body


def parts_with(tx: Tx, import_id: str, only: str, after: int, limit: int) -> list[tuple[int, bytes]]:
    """Return parts with their numbers from `after` on: all, or those with `refused` orders or `warned` ones."""
    query = select(import_parts.c.number, import_parts.c.body).where(
        import_parts.c.import_id == import_id, import_parts.c.number >= after
    )
    some = {"refused": import_parts.c.refused > 0, "warned": or_(import_parts.c.warned > 0, import_parts.c.refused > 0)}
    if only in some:
        query = query.where(some[only])
    return [(row[0], row[1]) for row in tx.execute(query.order_by(import_parts.c.number).limit(limit))]


def each_part(tx: Tx, import_id: str, only: str = "") -> Iterator[bytes]:
    """Yield the bodies of all parts, one at a time in memory."""
    after = 0
    while rows := parts_with(tx, import_id, only, after, 10):
        yield from (body for _, body in rows)
        after = rows[-1][0] + 1


def remove_parts(tx: Tx, import_id: str) -> None:
    tx.execute(delete(import_parts).where(import_parts.c.import_id == import_id))


# Changes


def add_changes(tx: Tx, changes: Sequence[Change]) -> None:
    if changes:
        names = import_changes.c.keys()
        tx.execute(import_changes.insert(), [{name: getattr(one, name) for name in names} for one in changes])


def count_changes(tx: Tx, import_id: str) -> int:
    query = select(func.coalesce(func.max(import_changes.c.number) + 1, 0))
    return int(tx.execute(query.where(import_changes.c.import_id == import_id)).scalar_one())


def newest_changes(tx: Tx, import_id: str, before: int, limit: int) -> list[Change]:
    """Return the changes before this number, the newest first."""
    query = select(*CHANGES.columns).where(import_changes.c.import_id == import_id, import_changes.c.number < before)
    return CHANGES.all(tx, query.order_by(import_changes.c.number.desc()).limit(limit))


def note_kept(tx: Tx, import_id: str, number: int, why: str) -> None:
    this = (import_changes.c.import_id == import_id, import_changes.c.number == number)
    tx.execute(update(import_changes).where(*this).values(kept=why))


def kept(tx: Tx, import_id: str, limit: int) -> list[Change]:
    """Return the changes that could not be taken back, in the order of the file."""
    query = select(*CHANGES.columns).where(import_changes.c.import_id == import_id, import_changes.c.kept.is_not(None))
    return CHANGES.all(tx, query.order_by(import_changes.c.number).limit(limit))


# Mappings


def remember(tx: Tx, account_id: str, signature: str, columns: Mapping[str, Any]) -> None:
    values = {"columns": columns, "changed_at": tx.now}
    insert = insert_into(import_mappings, on_postgres=tx.on_postgres)
    row = insert.values(account_id=account_id, signature=signature, **values)
    tx.execute(row.on_conflict_do_update(index_elements=["account_id", "signature"], set_=values))


def remembered(tx: Tx, account_id: str, signature: str) -> Mapping[str, Any] | None:
    query = select(import_mappings.c.columns).where(
        import_mappings.c.account_id == account_id, import_mappings.c.signature == signature
    )
    columns: Mapping[str, Any] | None = tx.execute(query).scalar()
    return columns


# Deleting what is old


def old_with_data(tx: Tx, before: datetime, limit: int) -> list[str]:
    """Return the imports that are older than that moment and not under way."""
    query = select(imports.c.id).where(
        and_(imports.c.id < first_id("imp", before), imports.c.state.not_in(("running", "undoing")))
    )
    return list(tx.execute(query.order_by(imports.c.id).limit(limit)).scalars())


def remove(tx: Tx, import_id: str) -> None:
    """Delete an import with its file; the orders that it made stay."""
    for table in (import_pieces, import_parts, import_changes):
        tx.execute(delete(table).where(table.c.import_id == import_id))
    tx.execute(delete(imports).where(imports.c.id == import_id))
