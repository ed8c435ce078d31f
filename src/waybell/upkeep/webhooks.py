"""The upkeep of webhooks: claims that expired, and endpoints that stay down or were deleted."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, select, update

from waybell.db import day_partitions
from waybell.db.chunks import chunks
from waybell.db.database import Database, Tx
from waybell.settings import Settings
from waybell.upkeep import retention
from waybell.upkeep.timekeeping import Timekeeping
from waybell.webhooks import canceling
from waybell.webhooks.endpoints import store as endpoint_store
from waybell.webhooks.operational import record_disabled, record_down
from waybell.webhooks.sending import store
from waybell.webhooks.tables import endpoints, messages

log = structlog.get_logger()

_WARN_AT = (0.5, 0.9)  # shares of the time after which a parked endpoint is disabled
_AT_ONCE = 1000  # rows of one transaction, so that others do not wait long for it


def keep_up(timekeeping: Timekeeping, settings: Settings) -> bool:
    """Do one round, as far as the clock is trusted; return whether there is more to do at once."""
    database, behind, course = timekeeping.read_clocks()
    with database.transaction() as tx:
        shorten_claims(tx, settings.lease + behind)
    ends_claims = not course.was_set_forward_within(settings.lease)
    return run_once(database, settings, is_steady=course.is_steady, ends_claims=ends_claims)


def run_once(database: Database, settings: Settings, *, is_steady: bool = True, ends_claims: bool = True) -> bool:
    """Do one round, each part in a short transaction; return whether there is more to do at once.

    While the clock is not steady, nothing is disabled or deleted, and no warning is given.
    """
    with database.transaction() as tx:
        released = release_expired(tx) if ends_claims else 0
        if is_steady:
            warn_of_long_parked(tx, settings)
            disable_long_parked(tx, settings)
    if released:
        log.warning("messages.claims_ran_out", count=released)
    with database.transaction() as tx:
        more_early = release_early(tx) == _AT_ONCE
    with database.transaction() as tx:
        canceled = cancel_of_deleted(tx)
    day_partitions.make_ahead(database, retention.DIVIDED)
    pruned = retention.run_once(database, settings) if is_steady else 0
    return more_early or canceled + pruned > 0


def shorten_claims(tx: Tx, longest: timedelta) -> None:
    """Shorten claims that would last longer than a lease; a clock that is ahead made them."""
    until = tx.now + longest
    some = _claimed(messages.c.lease_until > until)
    tx.execute(update(messages).where(messages.c.id.in_(some)).values(lease_until=until))


def release_expired(tx: Tx) -> int:
    """Make messages due again whose claim has expired; return how many there were."""
    return _release(tx, messages.c.lease_until <= tx.now)


def release_all(tx: Tx) -> int:
    """End all claims, where no other dispatcher can be running; return how many there were."""
    return _release(tx, messages.c.lease_until.is_not(None))


def _release(tx: Tx, which: ColumnElement[bool]) -> int:
    statement = update(messages).where(messages.c.id.in_(_claimed(which)), messages.c.state == store.SENDING)
    return tx.execute(statement.values(state="waiting", due_at=tx.now, lease_until=None)).rowcount


def _claimed(which: ColumnElement[bool]) -> Select[Any]:
    """Return the claimed messages. Locked rows are skipped: waiting for one while holding others could deadlock."""
    return select(messages.c.id).where(messages.c.state == store.SENDING, which).with_for_update(skip_locked=True)


def release_early(tx: Tx) -> int:
    """Make a batch of messages due that wait although no failure put them off; return how many there were.

    Only a failure delays a message. One that waits without a failure was stored by a machine whose clock is ahead.
    """
    released = 0
    for endpoint_ids in chunks(list(store.next_due(tx))):
        some = (
            select(messages.c.id)
            .where(messages.c.endpoint_id.in_(endpoint_ids), messages.c.due_at > tx.now)
            .where(messages.c.state == store.WAITING, messages.c.failures == 0, messages.c.finished_at.is_(None))
            .limit(_AT_ONCE - released)
            .with_for_update(skip_locked=True)
        )
        statement = update(messages).where(messages.c.id.in_(some), messages.c.state == store.WAITING)
        released += tx.execute(statement.values(due_at=tx.now)).rowcount
        if released == _AT_ONCE:
            break
    return released


def warn_of_long_parked(tx: Tx, settings: Settings) -> int:
    """Warn the accounts of endpoints that will be disabled soon; return how many warnings were given."""
    given = 0
    for count, share in reversed(list(enumerate(_WARN_AT, 1))):
        query = select(endpoints.c.id, endpoints.c.account_id, endpoints.c.parked_at).where(
            endpoints.c.parked_at <= tx.now - settings.disable_after * share,
            endpoints.c.parked_at > tx.now - settings.disable_after,
            endpoints.c.warnings < count,
            endpoints.c.state == "enabled",
        )
        for row in tx.execute(query).all():
            if endpoint_store.warned(tx, row.id, count):
                disabled_at = row.parked_at + settings.disable_after
                record_down(tx, row.account_id, row.id, disabled_at)
                log.warning(
                    "endpoint.down_for_long",
                    account=row.account_id,
                    endpoint=row.id,
                    disabled_at=disabled_at.isoformat(),
                )
                given += 1
    return given


def disable_long_parked(tx: Tx, settings: Settings) -> int:
    """Disable endpoints that were down for too long, and record an event for each; return how many there were."""
    query = select(endpoints.c.id, endpoints.c.account_id).where(
        endpoints.c.parked_at <= tx.now - settings.disable_after, endpoints.c.state == "enabled"
    )
    disabled = 0
    for row in tx.execute(query).all():
        if endpoint_store.disable(tx, row.id, "parked too long"):
            record_disabled(tx, row.account_id, row.id, "parked too long")
            log.warning("endpoint.disabled", account=row.account_id, endpoint=row.id, reason="parked too long")
            disabled += 1
    return disabled


def cancel_of_deleted(tx: Tx) -> int:
    """Cancel a batch of the messages that wait for a deleted endpoint; return how many were canceled."""
    endpoint_id = _deleted_one(tx, list(store.next_due(tx)))
    if endpoint_id is None:
        return 0
    return canceling.cancel_of_deleted(tx, endpoint_id)


def _deleted_one(tx: Tx, endpoint_ids: Sequence[str]) -> str | None:
    for some in chunks(endpoint_ids):
        query = select(endpoints.c.id).where(endpoints.c.id.in_(some), endpoints.c.state == "deleted")
        found: str | None = tx.execute(query.limit(1)).scalar()
        if found is not None:
            return found
    return None
