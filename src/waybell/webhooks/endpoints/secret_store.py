"""The rows of the secrets that endpoints sign with."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from waybell.db.database import Tx
from waybell.ground.ids import new_id
from waybell.webhooks.endpoints.records import SECRETS, StoredSecret
from waybell.webhooks.endpoints.tables import endpoint_secrets
from waybell.webhooks.model import Scheme


def in_force(tx: Tx, endpoint_id: str) -> list[StoredSecret]:
    """Return the secrets in force, encrypted as they are stored, newest first in each scheme."""
    table = endpoint_secrets.c
    query = select(*SECRETS.columns).where(
        table.endpoint_id == endpoint_id, table.expires_at.is_(None) | (table.expires_at > tx.now)
    )
    return SECRETS.all(tx, query.order_by(table.scheme, table.created_at.desc(), table.id.desc()))


def insert(tx: Tx, endpoint_id: str, scheme: Scheme, sealed: str) -> None:
    """Store a new secret, which the caller has encrypted."""
    row = {"id": new_id("sec"), "endpoint_id": endpoint_id, "scheme": scheme, "secret": sealed, "created_at": tx.now}
    tx.execute(endpoint_secrets.insert(), row)


def expire(tx: Tx, endpoint_id: str, scheme: Scheme, at: datetime) -> None:
    """Let the secrets of this scheme that have no end yet expire at that moment; delete the expired ones."""
    these, expires_at = _of_scheme(endpoint_id, scheme), endpoint_secrets.c.expires_at
    tx.execute(delete(endpoint_secrets).where(these, expires_at <= tx.now))
    tx.execute(update(endpoint_secrets).where(these, expires_at.is_(None)).values(expires_at=at))


def remove(tx: Tx, endpoint_id: str, scheme: Scheme | None = None) -> None:
    """Delete the secrets of the endpoint: of one scheme, or all of them."""
    these = _of_scheme(endpoint_id, scheme) if scheme else endpoint_secrets.c.endpoint_id == endpoint_id
    tx.execute(delete(endpoint_secrets).where(these))


def _of_scheme(endpoint_id: str, scheme: Scheme) -> ColumnElement[bool]:
    return (endpoint_secrets.c.endpoint_id == endpoint_id) & (endpoint_secrets.c.scheme == scheme)
