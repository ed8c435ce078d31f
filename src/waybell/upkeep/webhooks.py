"""The upkeep of webhooks: claims that expired, and endpoints that stay down or were deleted."""

import structlog

from waybell.db import day_partitions
from waybell.db.database import Database, Tx
from waybell.settings import Settings
from waybell.upkeep import retention
from waybell.upkeep.timekeeping import Timekeeping
from waybell.webhooks.endpoints import parking, store
from waybell.webhooks.endpoints.operational_events import record_disabled, record_down
from waybell.webhooks.messages import canceling, claims, due_times

log = structlog.get_logger()

_WARN_AT = (0.5, 0.9)  # shares of the time after which a parked endpoint is disabled


def keep_up(timekeeping: Timekeeping, settings: Settings) -> bool:
    """Do one round, as far as the clock is trusted; return whether there is more to do at once."""
    database, behind, course = timekeeping.read_clocks()
    with database.transaction() as tx:
        claims.shorten_claims(tx, settings.lease + behind)
    ends_claims = not course.was_set_forward_within(settings.lease)
    return run_once(database, settings, is_steady=course.is_steady, ends_claims=ends_claims)


def run_once(database: Database, settings: Settings, *, is_steady: bool = True, ends_claims: bool = True) -> bool:
    """Do one round, each part in a short transaction; return whether there is more to do at once.

    While the clock is not steady, nothing is disabled or deleted, and no warning is given.
    """
    with database.transaction() as tx:
        expired = claims.release_expired(tx) if ends_claims else 0
        if is_steady:
            warn_of_long_parked(tx, settings)
            disable_long_parked(tx, settings)
    if expired:
        log.warning("messages.claims_ran_out", count=expired)
    with database.reading() as tx:  # with many endpoints this takes long, and no writer is to wait for it
        with_messages = list(due_times.next_due(tx))
        early = due_times.find_early(tx, with_messages)
        deleted = store.first_deleted(tx, with_messages)
    released = canceled = 0
    if early:
        with database.transaction() as tx:
            released = due_times.release_early(tx, early)
    if deleted is not None:
        with database.transaction() as tx:
            canceled = canceling.cancel_of_deleted(tx, deleted)
    day_partitions.make_ahead(database, retention.DIVIDED)
    pruned = retention.run_once(database, settings) if is_steady else 0
    return released == due_times.AT_ONCE or canceled + pruned > 0


def warn_of_long_parked(tx: Tx, settings: Settings) -> int:
    """Warn the accounts of endpoints that will be disabled soon; return how many warnings were given."""
    given = 0
    for count, share in reversed(list(enumerate(_WARN_AT, 1))):
        too_long, long = tx.now - settings.disable_after, tx.now - settings.disable_after * share
        for row in parking.parked_between(tx, too_long, long):
            if row.warnings < count and parking.warned(tx, row.id, count):
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
    disabled = 0
    for row in parking.parked_between(tx, None, tx.now - settings.disable_after):
        if parking.disable(tx, row.id, "parked too long"):
            record_disabled(tx, row.account_id, row.id, "parked too long")
            log.warning("endpoint.disabled", account=row.account_id, endpoint=row.id, reason="parked too long")
            disabled += 1
    return disabled
