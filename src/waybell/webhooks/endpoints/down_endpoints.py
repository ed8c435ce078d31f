"""The endpoints of an account that are down: parked, or disabled by Waybell itself."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from waybell.db.database import Tx
from waybell.db.schema import Instant
from waybell.webhooks.endpoints.tables import DOWN, endpoints

MOST = 20  # endpoints listed at most


@dataclass(frozen=True, slots=True)
class Down:
    id: str
    name: str  # its description, or its URL
    since: datetime
    parked_reason: str | None  # None unless it is parked
    disabled_reason: str | None  # None unless Waybell has disabled it


def list_down(tx: Tx, account_id: str) -> list[Down]:
    """List up to `MOST` endpoints of the account that are down. Each page asks this, so there is a partial index."""
    table = endpoints.c
    name = func.coalesce(func.nullif(table.description, ""), table.url)
    since = func.coalesce(table.parked_at, table.changed_at, type_=Instant)
    query = select(table.id, name, since, table.parked_reason, table.disabled_reason)
    query = query.where(table.account_id == account_id, DOWN, table.state != "deleted")
    return [Down(*row) for row in tx.execute(query.order_by(table.id).limit(MOST))]
