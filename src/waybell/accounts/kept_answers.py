"""The answers to requests that carried an Idempotency-Key, kept for a week for the repeats of these requests.

A caller that got no answer cannot know whether its change was made, so it sends the request again with the same key.
The answer is stored in the transaction of the change: there is an answer exactly when there is a change.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, tuple_, update

from waybell.accounts.tables import kept_answers
from waybell.db.database import Tx
from waybell.db.inserting import insert_into

KEPT = timedelta(days=7)
_PRUNED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An Idempotency-Key as it is stored: by whom it was sent, and the digests of the key and of its request."""

    account_id: str
    actor_id: str
    key_hash: str
    request: str


def request_key(account_id: str, actor_id: str, key: str, parts: tuple[bytes, ...]) -> RequestKey:
    """Return the key as stored; `parts` are what makes two requests the same: method, path, query and body.

    A body may hold a password, so its digest is salted with the key, of which only a hash is stored.
    """
    digest = hmac.new(key.encode(), digestmod=sha256)
    for part in parts:
        digest.update(sha256(part).digest())
    return RequestKey(account_id, actor_id, sha256(key.encode()).hexdigest(), digest.hexdigest())


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to an earlier request; `request` is the digest of that request."""

    request: str
    status: int
    answer: dict[str, Any]


def find(tx: Tx, key: RequestKey) -> KeptAnswer | None:
    query = select(kept_answers.c.request, kept_answers.c.status, kept_answers.c.answer).where(_is(key))
    row = tx.execute(query.where(kept_answers.c.created_at >= tx.now - KEPT)).one_or_none()
    return KeptAnswer(*row) if row else None


def claim(tx: Tx, key: RequestKey) -> bool:
    """Claim the key for this transaction, and return whether nobody has used it before.

    A second transaction with the same key waits here for the first, and gets False when the first has committed.
    """
    tx.execute(delete(kept_answers).where(_is(key), kept_answers.c.created_at < tx.now - KEPT))
    row = {"account_id": key.account_id, "actor_id": key.actor_id, "key_hash": key.key_hash, "request": key.request}
    claiming = insert_into(kept_answers, on_postgres=tx.on_postgres).values(**row, created_at=tx.now)
    claimed = tx.execute(claiming.on_conflict_do_nothing().returning(kept_answers.c.key_hash))
    return claimed.first() is not None


def keep(tx: Tx, key: RequestKey, status: int, answer: dict[str, Any]) -> None:
    """Store the answer to the request whose key this transaction has claimed."""
    tx.execute(update(kept_answers).where(_is(key)).values(status=status, answer=answer))


def prune(tx: Tx) -> int:
    """Delete a batch of the answers that were kept long enough; return how many there were."""
    place = (kept_answers.c.account_id, kept_answers.c.actor_id, kept_answers.c.key_hash)
    old = select(*place).where(kept_answers.c.created_at < tx.now - KEPT).limit(_PRUNED_AT_ONCE)
    return tx.execute(delete(kept_answers).where(tuple_(*place).in_(old))).rowcount


def _is(key: RequestKey) -> Any:
    return (
        (kept_answers.c.account_id == key.account_id)
        & (kept_answers.c.actor_id == key.actor_id)
        & (kept_answers.c.key_hash == key.key_hash)
    )
