"""Endpoints as the sending path sees them: how each stands, its settings with the secrets in the clear, its outages.

Statements that change how an endpoint stands name the state that they change; whoever comes late matches no row.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.vault import Vault
from waybell.webhooks.model import Endpoint, Secret
from waybell.webhooks.tables import endpoint_secrets, endpoints


@dataclass(frozen=True, slots=True)
class Standing:
    """What a dispatcher asks about an endpoint before each claim."""

    revision: int
    enabled: bool
    parked_at: datetime | None
    probe_at: datetime | None
    probes: int


def standings(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, Standing]:
    found = {}
    for some in chunks(endpoint_ids):
        query = select(
            endpoints.c.id,
            endpoints.c.revision,
            endpoints.c.state,
            endpoints.c.parked_at,
            endpoints.c.probe_at,
            endpoints.c.probes,
        ).where(endpoints.c.id.in_(some))
        for row in tx.execute(query):
            found[row.id] = Standing(row.revision, row.state == "enabled", row.parked_at, row.probe_at, row.probes)
    return found


def load_endpoints(tx: Tx, vault: Vault, endpoint_ids: Iterable[str]) -> dict[str, Endpoint]:
    """The endpoints with their secrets in the clear, newest first; expired secrets are left out."""
    found = {}
    for some in chunks(list(endpoint_ids)):
        secrets = _secrets(tx, vault, some)
        for row in tx.execute(select(endpoints).where(endpoints.c.id.in_(some))):
            found[row.id] = Endpoint(
                id=row.id,
                account_id=row.account_id,
                url=row.url,
                headers=tuple(json.loads(vault.open(row.headers)).items()) if row.headers else (),
                ordered=row.ordered,
                concurrency=row.concurrency,
                rate_limit=row.rate_limit,
                secrets=tuple(secrets.get(row.id, ())),
                hex_header=row.hex_header,
                state=row.state,
                revision=row.revision,
            )
    return found


def _secrets(tx: Tx, vault: Vault, endpoint_ids: Sequence[str]) -> dict[str, list[Secret]]:
    query = (
        select(endpoint_secrets.c.endpoint_id, endpoint_secrets.c.scheme, endpoint_secrets.c.secret)
        .where(endpoint_secrets.c.endpoint_id.in_(endpoint_ids))
        .where(or_(endpoint_secrets.c.expires_at.is_(None), endpoint_secrets.c.expires_at > tx.now))
        .order_by(endpoint_secrets.c.created_at.desc(), endpoint_secrets.c.id.desc())
    )
    found: dict[str, list[Secret]] = {}
    for row in tx.execute(query):
        found.setdefault(row.endpoint_id, []).append(Secret(row.scheme, vault.open(row.secret)))
    return found


def park(tx: Tx, endpoint_id: str, reason: str, probe_at: datetime) -> bool:
    """Mark an endpoint as down; whether it was not already."""
    statement = (
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.state == "enabled", endpoints.c.parked_at.is_(None))
        .values(parked_at=tx.now, parked_reason=reason, probe_at=probe_at, probes=0)
    )
    return tx.execute(statement).rowcount == 1


def take_probe(tx: Tx, endpoint_id: str, probe_at: datetime) -> bool:
    """Be the one who probes a parked endpoint now; whoever asks next is put off until `probe_at`."""
    statement = (
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.state == "enabled", endpoints.c.probe_at <= tx.now)
        .values(probe_at=probe_at)
    )
    return tx.execute(statement).rowcount == 1


def set_probe(tx: Tx, endpoint_id: str, probe_at: datetime) -> None:
    """Move the next probe of the endpoint, if it is parked."""
    tx.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.parked_at.is_not(None))
        .values(probe_at=probe_at)
    )


def probe_failed(tx: Tx, endpoint_id: str, probe_at: datetime) -> None:
    tx.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.parked_at.is_not(None))
        .values(probe_at=probe_at, probes=endpoints.c.probes + 1)
    )


def resume(tx: Tx, endpoint_id: str) -> None:
    """The outage is over."""
    tx.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.parked_at.is_not(None))
        .values(parked_at=None, parked_reason=None, probe_at=None, probes=0)
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
            parked_at=None,
            parked_reason=None,
            probe_at=None,
            probes=0,
        )
    )
    return tx.execute(statement).rowcount == 1
