"""The rows of endpoints, read: how each fares, and its settings with the secrets in the clear."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, or_, select

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.prepared import Among, restored
from waybell.ground.errors import SetupError
from waybell.vault import Vault
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints
from waybell.webhooks.messages.locks import Target
from waybell.webhooks.model import Endpoint, Secret

log = structlog.get_logger()


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


def target(tx: Tx, endpoint_id: str) -> Target:
    """Return the endpoint as one that messages go to."""
    row = tx.execute(select(endpoints.c.account_id, endpoints.c.ordered).where(endpoints.c.id == endpoint_id)).one()
    return Target(endpoint_id, row.account_id, row.ordered)


def first_deleted(tx: Tx, endpoint_ids: Sequence[str]) -> str | None:
    """Return one of these endpoints that is deleted, if there is one."""
    for some in chunks(endpoint_ids):
        query = select(endpoints.c.id).where(endpoints.c.id.in_(some), endpoints.c.state == "deleted")
        found: str | None = tx.execute(query.limit(1)).scalar()
        if found is not None:
            return found
    return None
