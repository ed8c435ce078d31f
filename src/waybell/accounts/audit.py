"""The audit trail: a permanent record of who changed which setting of an account."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from waybell.accounts.model import Account, Actor
from waybell.accounts.tables import api_keys, audit_entries, users
from waybell.db.database import Tx
from waybell.ground.ids import new_id

TERMINAL = "terminal"  # the actor id of a command on the server


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the audit trail.

    `act` completes the sentence "<who> <act>", `about` is the id of the changed object, and `detail` adds the new
    values.
    """

    id: str
    at: datetime
    who: str
    act: str
    about: str
    detail: str
    actor_id: str  # `usr_…`, `key_…` or `terminal`; empty in entries from before it was stored
    known_by: str | None  # the e-mail address of the user, or the beginning of the key; None after it was deleted

    @property
    def which(self) -> str:
        """The actor in words: `user anna@example.com`, `key wb_x1Yz…`. Names alone need not be unique."""
        if self.actor_id == TERMINAL:
            return "a command"
        if self.actor_id.startswith("key_"):
            return f"key {self.known_by}…" if self.known_by else f"a key that is gone, {self.actor_id}"
        if self.actor_id:
            return f"user {self.known_by}" if self.known_by else f"a user who is gone, {self.actor_id}"
        return ""


def record(tx: Tx, actor: Actor, act: str, about: str, detail: str = "") -> None:
    """Record what the actor did, in the transaction that does it. Keep secrets out of `detail`."""
    row = {"id": new_id("aud"), "account_id": actor.account.id, "at": tx.now, "who": actor.name, "actor_id": actor.id}
    tx.execute(audit_entries.insert(), row | {"act": act, "about": about, "detail": detail})


def entries(
    tx: Tx, account: Account, about: str | None = None, before: str | None = None, limit: int = 50
) -> list[AuditEntry]:
    """Return the newest entries of the account or of one object, older than the entry `before`."""
    table = audit_entries.c
    known_by = func.coalesce(users.c.email, api_keys.c.hint)
    query = (
        select(table.id, table.at, table.who, table.act, table.about, table.detail, table.actor_id, known_by)
        .outerjoin_from(audit_entries, users, (users.c.id == table.actor_id) & (users.c.account_id == account.id))
        .outerjoin(api_keys, (api_keys.c.id == table.actor_id) & (api_keys.c.account_id == account.id))
        .where(table.account_id == account.id)
    )
    if about is not None:
        query = query.where(table.about == about)
    if before is not None:
        query = query.where(table.id < before)
    return [AuditEntry(*row) for row in tx.execute(query.order_by(table.id.desc()).limit(limit))]


def fingerprint(tx: Tx, account_id: str, about: str) -> str | None:
    """Return the id of the newest entry about an object, by which a page sees whether the object has changed."""
    table = audit_entries.c
    query = select(table.id).where(table.account_id == account_id, table.about == about)
    newest: str | None = tx.execute(query.order_by(table.id.desc()).limit(1)).scalar()
    return newest
