"""Park, pause, probe, resume and disable endpoints, as their receivers fare.

Each statement names the state that it changes an endpoint from, so a change that comes too late matches no row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, or_, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.instants import moved_back
from waybell.db.schema import Instant
from waybell.webhooks.endpoints.records import PARKED, ParkedEndpoint
from waybell.webhooks.endpoints.tables import endpoints

# The columns of an endpoint that is neither parked nor paused.
UNTROUBLED: dict[str, Any] = {
    "parked_at": None,
    "parked_reason": None,
    "probe_at": None,
    "probes": 0,
    "warnings": 0,
    "paused_until": None,
}


def park(tx: Tx, reasons: Mapping[str, str], probe_at: datetime) -> set[str]:
    """Park these endpoints, each for its reason; return the ids of the endpoints that were not parked yet.

    A pause that the receiver asked for delays the first probe too.
    """
    paused = endpoints.c.paused_until
    newly: set[str] = set()
    for some in chunks(sorted(reasons)):
        statement = (
            update(endpoints)
            .where(endpoints.c.id.in_(some), endpoints.c.state == "enabled", endpoints.c.parked_at.is_(None))
            .values(
                parked_at=tx.now,
                parked_reason=case({one: reasons[one] for one in some}, value=endpoints.c.id),
                probe_at=case((paused > probe_at, paused), else_=bindparam("probe_at", probe_at, Instant)),
                probes=0,
                warnings=0,
                paused_until=None,
            )
            .returning(endpoints.c.id)
        )
        newly.update(tx.execute(statement).scalars())
    return newly


def pause(tx: Tx, endpoint_id: str, until: datetime) -> bool:
    """Pause an enabled endpoint until that moment; return False when it is paused for as long already."""
    statement = (
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.state == "enabled")
        .where(or_(endpoints.c.paused_until.is_(None), endpoints.c.paused_until < until))
        .values(paused_until=until)
    )
    return tx.execute(statement).rowcount == 1


def end_pause(tx: Tx, endpoint_id: str) -> None:
    tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(paused_until=None))


def take_probes(tx: Tx, endpoint_ids: Sequence[str], probe_at: datetime) -> set[str]:
    """Claim the probes of these parked endpoints that are due; return the endpoints that this dispatcher may probe.

    Another dispatcher that asks has to wait until `probe_at`. An endpoint whose row is locked is left for later.
    """
    ours: set[str] = set()
    for some in chunks(endpoint_ids):
        due = (endpoints.c.id.in_(some), endpoints.c.state == "enabled", endpoints.c.probe_at <= tx.now)
        free = select(endpoints.c.id).where(*due).with_for_update(skip_locked=True)
        statement = update(endpoints).where(endpoints.c.id.in_(free)).values(probe_at=probe_at)
        ours.update(tx.execute(statement.returning(endpoints.c.id)).scalars())
    return ours


def set_probe(tx: Tx, endpoint_id: str, probe_at: datetime) -> None:
    """Move the next probe of the endpoint, if it is parked."""
    tx.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.parked_at.is_not(None))
        .values(probe_at=probe_at)
    )


def warned(tx: Tx, endpoint_id: str, count: int) -> bool:
    """Note that this outage was warned of `count` times; return False when another process has noted it already."""
    statement = (
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.parked_at.is_not(None), endpoints.c.warnings < count)
        .values(warnings=count)
    )
    return tx.execute(statement).rowcount == 1


def probes_failed(tx: Tx, next_probes: Mapping[str, datetime]) -> None:
    """Count a failed probe of each of these endpoints, and set when the next one goes out."""
    statement = (
        update(endpoints)
        .where(endpoints.c.id == bindparam("endpoint"), endpoints.c.parked_at.is_not(None))
        .values(probe_at=bindparam("at", type_=Instant), probes=endpoints.c.probes + 1)
    )
    if next_probes:
        tx.execute(statement, [{"endpoint": one, "at": next_probes[one]} for one in sorted(next_probes)])


def resume(tx: Tx, endpoint_id: str) -> None:
    """End the outage of the endpoint."""
    tx.execute(
        update(endpoints).where(endpoints.c.id == endpoint_id, endpoints.c.parked_at.is_not(None)).values(UNTROUBLED)
    )


def disable(tx: Tx, endpoint_id: str, reason: str) -> bool:
    """Disable the endpoint until a person enables it again; return whether it was enabled."""
    statement = (
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.state == "enabled")
        .values(
            state="disabled",
            disabled_reason=reason,
            changed_at=tx.now,
            revision=endpoints.c.revision + 1,
            **UNTROUBLED,
        )
    )
    return tx.execute(statement).rowcount == 1


def parked_between(tx: Tx, after: datetime | None, until: datetime) -> list[ParkedEndpoint]:
    """Return the enabled endpoints that were parked after `after`, if it is given, and not later than `until`."""
    query = select(*PARKED.columns).where(endpoints.c.parked_at <= until, endpoints.c.state == "enabled")
    if after is not None:
        query = query.where(endpoints.c.parked_at > after)
    return PARKED.all(tx, query)


def held_up(tx: Tx) -> set[str]:
    """Return the ids of the endpoints that are parked or paused."""
    query = select(endpoints.c.id).where(or_(endpoints.c.probe_at.is_not(None), endpoints.c.paused_until.is_not(None)))
    return set(tx.execute(query).scalars())


def move_back(tx: Tx, endpoint_ids: Sequence[str], back: timedelta) -> None:
    """Move the ends of pauses and the next probes back by as much as the clock was set back, but not before now."""
    for some in chunks(endpoint_ids):
        for column in (endpoints.c.probe_at, endpoints.c.paused_until):
            change = update(endpoints).where(endpoints.c.id.in_(some), column > tx.now)
            tx.execute(change.values(moved_back(column, back, tx.now)))
