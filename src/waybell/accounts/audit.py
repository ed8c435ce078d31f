"""The audit trail: who did what to the settings of an account, kept for good."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from waybell.accounts.model import Account, Actor
from waybell.accounts.tables import audit_entries
from waybell.db.database import Tx
from waybell.ids import new_id


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`act` reads as "<who> <act>"; `about` is the id of what it was done to; `detail` names what else is known."""

    id: str
    at: datetime
    who: str
    act: str
    about: str
    detail: str


def record(tx: Tx, actor: Actor, act: str, about: str, detail: str = "") -> None:
    """Note what the actor did, in the transaction that does it. Nothing secret belongs in `detail`."""
    row = {"id": new_id("aud"), "account_id": actor.account.id, "at": tx.now, "who": actor.name}
    tx.execute(audit_entries.insert(), row | {"act": act, "about": about, "detail": detail})


def entries(
    tx: Tx, account: Account, about: str | None = None, before: str | None = None, limit: int = 50
) -> list[AuditEntry]:
    """The newest entries, of one thing or of all, older than the entry `before`."""
    table = audit_entries.c
    query = select(table.id, table.at, table.who, table.act, table.about, table.detail)
    query = query.where(table.account_id == account.id)
    if about is not None:
        query = query.where(table.about == about)
    if before is not None:
        query = query.where(table.id < before)
    return [AuditEntry(*row) for row in tx.execute(query.order_by(table.id.desc()).limit(limit))]
