"""Pictures in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.pictures.tables import pictures


@dataclass(frozen=True, slots=True)
class Kept:
    id: str
    kind: str
    content: bytes


Kind = Literal["photo", "signature", "logo", "check"]


def insert(
    tx: Tx,
    account_id: str,
    picture_id: str,
    kind: Kind,
    content: bytes,
    track_id: str | None,
    sent_hash: str | None = None,
) -> None:
    row = {"id": picture_id, "account_id": account_id, "track_id": track_id, "kind": kind, "content": content}
    tx.execute(pictures.insert(), row | {"sent_hash": sent_hash, "created_at": tx.now})


def sent_as(tx: Tx, account_id: str, track_id: str, sent_hash: str) -> set[str]:
    """Return the ids of the pictures of an order that were sent as a file with this hash."""
    of_order = (pictures.c.account_id == account_id, pictures.c.track_id == track_id)
    return set(tx.execute(select(pictures.c.id).where(*of_order, pictures.c.sent_hash == sent_hash)).scalars())


def get(tx: Tx, picture_id: str) -> Kept | None:
    """Return a picture of any account; the link to it is the permission."""
    query = select(pictures.c.id, pictures.c.kind, pictures.c.content).where(pictures.c.id == picture_id)
    row = tx.execute(query).one_or_none()
    return Kept(*row) if row else None


def many(tx: Tx, account_id: str, picture_ids: Sequence[str]) -> list[bytes]:
    """Return the contents of these pictures, oldest first."""
    query = select(pictures.c.content).where(pictures.c.account_id == account_id, pictures.c.id.in_(picture_ids))
    return list(tx.execute(query.order_by(pictures.c.id)).scalars()) if picture_ids else []


def delete_one(tx: Tx, account_id: str, picture_id: str) -> None:
    tx.execute(delete(pictures).where(pictures.c.account_id == account_id, pictures.c.id == picture_id))


def delete_of(tx: Tx, account_id: str, track_ids: Sequence[str]) -> None:
    """Delete all pictures of these orders."""
    for some in chunks(track_ids):
        tx.execute(delete(pictures).where(pictures.c.account_id == account_id, pictures.c.track_id.in_(some)))


def logo(tx: Tx, account_id: str) -> Kept | None:
    query = select(pictures.c.id, pictures.c.kind, pictures.c.content)
    row = tx.execute(query.where(pictures.c.account_id == account_id, pictures.c.kind == "logo")).one_or_none()
    return Kept(*row) if row else None


def delete_logo(tx: Tx, account_id: str) -> None:
    tx.execute(delete(pictures).where(pictures.c.account_id == account_id, pictures.c.kind == "logo"))
