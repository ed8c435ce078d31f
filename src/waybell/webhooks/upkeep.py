"""What nobody has to do: claims that ran out, endpoints that stay down, rows that are old."""

import structlog
from sqlalchemy import select, update

from waybell.db.database import Database, Tx
from waybell.settings import Settings
from waybell.webhooks import store
from waybell.webhooks.operational import record_disabled
from waybell.webhooks.tables import endpoints, messages

log = structlog.get_logger()


def release_expired(tx: Tx) -> int:
    """Messages whose dispatcher did not come back in time are due again; how many there were."""
    return _release(tx, messages.c.lease_until <= tx.now)


def release_all(tx: Tx) -> int:
    """The same for all claims: only where no other dispatcher can be running."""
    return _release(tx, messages.c.lease_until.is_not(None))


def _release(tx: Tx, which: object) -> int:
    statement = (
        update(messages)
        .where(messages.c.state == store.SENDING, which)  # type: ignore[arg-type]
        .values(state="waiting", due_at=tx.now, lease_until=None)
    )
    return tx.execute(statement).rowcount


def disable_long_parked(tx: Tx, settings: Settings) -> int:
    """Endpoints that were down for too long are disabled, and their accounts told; how many there were."""
    query = select(endpoints.c.id, endpoints.c.account_id).where(
        endpoints.c.parked_at <= tx.now - settings.disable_after, endpoints.c.state == "enabled"
    )
    disabled = 0
    for row in tx.execute(query).all():
        if store.disable(tx, row.id, "parked too long"):
            record_disabled(tx, row.account_id, row.id, "parked too long")
            log.warning("endpoint.disabled", endpoint=row.id, reason="parked too long")
            disabled += 1
    return disabled


def run_once(database: Database, settings: Settings) -> None:
    """One round of all of it."""
    with database.transaction() as tx:
        released = release_expired(tx)
        disable_long_parked(tx, settings)
    if released:
        log.warning("messages.claims_ran_out", count=released)
