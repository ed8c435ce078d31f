"""Endpoints as the sending path sees them: how each stands, its settings with the secrets in the clear, its outages.

Statements that change how an endpoint stands name the state that they change; whoever comes late matches no row.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, case, or_, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.prepared import Among, restored
from waybell.db.schema import Instant
from waybell.ground.errors import SetupError
from waybell.vault import Vault
from waybell.webhooks.model import Endpoint, Secret
from waybell.webhooks.tables import endpoint_secrets, endpoints

log = structlog.get_logger()

# What an endpoint is when nothing is known against its receiver.
UNTROUBLED: dict[str, Any] = {
    "parked_at": None,
    "parked_reason": None,
    "probe_at": None,
    "probes": 0,
    "warnings": 0,
    "paused_until": None,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a dispatcher asks about an endpoint before each claim."""

    revision: int
    enabled: bool
    parked_at: datetime | None
    probe_at: datetime | None
    probes: int
    paused_until: datetime | None


_standings = Among(
    select(
        endpoints.c.id,
        endpoints.c.revision,
        endpoints.c.state,
        endpoints.c.parked_at,
        endpoints.c.probe_at,
        endpoints.c.probes,
        endpoints.c.paused_until,
    ),
    endpoints.c.id,
)


def standings(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, Standing]:
    return {
        row.id: Standing(
            row.revision,
            row.state == "enabled",
            restored(row.parked_at),
            restored(row.probe_at),
            row.probes,
            restored(row.paused_until),
        )
        for row in _standings.run(tx, endpoint_ids)
    }


def load_endpoints(tx: Tx, vault: Vault, endpoint_ids: Iterable[str]) -> dict[str, Endpoint]:
    """The endpoints with their secrets in the clear, newest first; expired secrets are left out.

    An endpoint with a secret that our keys do not open is left out too, and logged: it must not hold up the others.
    """
    found = {}
    for some in chunks(list(endpoint_ids)):
        # Before their secrets, so that a change in between shows by the revision: old secrets never pass for new ones.
        rows = tx.execute(select(endpoints).where(endpoints.c.id.in_(some))).all()
        secrets = _secrets(tx, some)
        for row in rows:
            try:
                found[row.id] = _opened(row, secrets.get(row.id, []), vault)
            except SetupError as error:
                keys = {"account": row.account_id, "endpoint": row.id}
                log.error("endpoint.secret_unreadable", error=str(error), **keys)  # noqa: TRY400 - no fault of ours
    return found


def _opened(row: Row[Any], secrets: Sequence[Row[Any]], vault: Vault) -> Endpoint:
    return Endpoint(
        id=row.id,
        account_id=row.account_id,
        url=row.url,
        headers=tuple(json.loads(vault.open(row.headers)).items()) if row.headers else (),
        ordered=row.ordered,
        concurrency=row.concurrency,
        rate_limit=row.rate_limit,
        secrets=tuple(Secret(one.scheme, vault.open(one.secret)) for one in secrets),
        hex_header=row.hex_header,
        state=row.state,
        revision=row.revision,
    )


def _secrets(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    query = (
        select(endpoint_secrets.c.endpoint_id, endpoint_secrets.c.scheme, endpoint_secrets.c.secret)
        .where(endpoint_secrets.c.endpoint_id.in_(endpoint_ids))
        .where(or_(endpoint_secrets.c.expires_at.is_(None), endpoint_secrets.c.expires_at > tx.now))
        .order_by(endpoint_secrets.c.created_at.desc(), endpoint_secrets.c.id.desc())
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in tx.execute(query):
        found.setdefault(row.endpoint_id, []).append(row)
    return found


def park(tx: Tx, reasons: Mapping[str, str], probe_at: datetime) -> set[str]:
    """Mark these endpoints as down, each for its reason; answers those that were not yet.

    A pause that the receiver asked for holds probes too.
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
    """Send nothing there before that moment, as its receiver asked; whether that is later than what it asked before."""
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
    """Be the one who probes these parked endpoints now: answers those that are ours to probe.

    Whoever asks next is put off until `probe_at`. An endpoint that somebody changes just now is left for later.
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
    """Note that the account was warned of this outage so many times; whether nobody else has noted it already."""
    statement = (
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.parked_at.is_not(None), endpoints.c.warnings < count)
        .values(warnings=count)
    )
    return tx.execute(statement).rowcount == 1


def probes_failed(tx: Tx, next_probes: Mapping[str, datetime]) -> None:
    """These endpoints are still down, and are asked again at these times."""
    statement = (
        update(endpoints)
        .where(endpoints.c.id == bindparam("endpoint"), endpoints.c.parked_at.is_not(None))
        .values(probe_at=bindparam("at", type_=Instant), probes=endpoints.c.probes + 1)
    )
    if next_probes:
        tx.execute(statement, [{"endpoint": one, "at": next_probes[one]} for one in sorted(next_probes)])


def resume(tx: Tx, endpoint_id: str) -> None:
    """The outage is over."""
    tx.execute(
        update(endpoints).where(endpoints.c.id == endpoint_id, endpoints.c.parked_at.is_not(None)).values(UNTROUBLED)
    )


def disable(tx: Tx, endpoint_id: str, reason: str) -> bool:
    """Send nothing there until a person enables it again; whether it was enabled."""
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
