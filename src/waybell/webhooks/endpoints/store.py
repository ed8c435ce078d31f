"""The store of endpoints: find, list and write them, and read them as a dispatcher needs them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, Select, bindparam, or_, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.prepared import Among, restored, stored
from waybell.ground import cursors
from waybell.ground.errors import NotFound, SetupError
from waybell.vault import Vault
from waybell.webhooks.endpoints.records import ENDPOINTS, StoredEndpoint
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints
from waybell.webhooks.messages.locks import Target
from waybell.webhooks.model import Endpoint, Secret
from waybell.webhooks.paging import Page, page

log = structlog.get_logger()


def find(tx: Tx, account_id: str, endpoint_id: str, *, lock: bool = False) -> StoredEndpoint:
    """Return an endpoint of this account. Raise `NotFound` when there is none, or it is deleted."""
    query = _of_account(account_id).where(endpoints.c.id == endpoint_id)
    found = ENDPOINTS.first(tx, query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"There is no endpoint {endpoint_id}. GET /api/Webhook lists those of this account.")
    return found


def find_alert_url(tx: Tx, account_id: str) -> StoredEndpoint | None:
    """Return the endpoint that is the alert URL of the account, if there is one."""
    return ENDPOINTS.first(tx, _of_account(account_id).where(endpoints.c.alerts))


def list_endpoints(tx: Tx, account_id: str, after: str | None, limit: int) -> Page[StoredEndpoint]:
    """List the endpoints of the account, oldest first."""
    query = _of_account(account_id)
    if after:
        query = query.where(endpoints.c.id > cursors.decode("endpoints", after, 1)[0])
    return page(tx, ENDPOINTS, query.order_by(endpoints.c.id), limit, lambda one: cursors.encode("endpoints", one.id))


def has_endpoint(tx: Tx, account_id: str) -> bool:
    """Return whether the account has an endpoint other than its alert URL."""
    query = select(endpoints.c.id).where(endpoints.c.account_id == account_id, endpoints.c.state != "deleted")
    return tx.execute(query.where(~endpoints.c.alerts).limit(1)).first() is not None


def has_url(tx: Tx, account_id: str, url: str, *, alerts: bool) -> bool:
    """Return whether an endpoint has this URL: the alert URL of the account with `alerts`, any other one without."""
    same = (endpoints.c.account_id == account_id, endpoints.c.url == url, endpoints.c.state != "deleted")
    query = select(endpoints.c.id).where(*same, endpoints.c.alerts.is_(alerts))
    return tx.execute(query.limit(1)).first() is not None


def list_of_url(tx: Tx, account_id: str, url: str) -> list[StoredEndpoint]:
    """List the endpoints of the account that have this URL, oldest first."""
    return ENDPOINTS.all(tx, _of_account(account_id).where(endpoints.c.url == url).order_by(endpoints.c.id))


def _of_account(account_id: str) -> Select[Any]:
    return select(*ENDPOINTS.columns).where(endpoints.c.account_id == account_id, endpoints.c.state != "deleted")


def insert(tx: Tx, row: Mapping[str, Any]) -> None:
    """Store a new endpoint."""
    tx.execute(endpoints.insert(), {**row, "created_at": tx.now, "changed_at": tx.now})


def change(tx: Tx, endpoint_id: str, values: Mapping[str, Any]) -> None:
    """Change an endpoint, and increase its revision, by which dispatchers see that it has changed."""
    statement = update(endpoints).where(endpoints.c.id == endpoint_id)
    tx.execute(statement.values(**values, changed_at=tx.now, revision=endpoints.c.revision + 1))


def is_paused(row: StoredEndpoint, now: datetime) -> bool:
    """Return whether the endpoint is paused now, because its receiver asked to wait."""
    return row.paused_until is not None and row.paused_until > now


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """The state of an endpoint that a dispatcher reads before each claim."""

    revision: int
    enabled: bool
    parked_at: datetime | None
    probe_at: datetime | None
    probes: int
    paused_until: datetime | None


_statuses = Among(
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


def statuses(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, EndpointStatus]:
    """Return the statuses of these endpoints, by their ids."""
    return {
        row.id: EndpointStatus(
            row.revision,
            row.state == "enabled",
            restored(row.parked_at),
            restored(row.probe_at),
            row.probes,
            restored(row.paused_until),
        )
        for row in _statuses.run(tx, endpoint_ids)
    }


_sent_to = Among(
    select(
        endpoints.c.id,
        endpoints.c.account_id,
        endpoints.c.url,
        endpoints.c.headers,
        endpoints.c.ordered,
        endpoints.c.concurrency,
        endpoints.c.rate_limit,
        endpoints.c.hex_header,
        endpoints.c.state,
        endpoints.c.revision,
    ),
    endpoints.c.id,
)
_valid_secrets = Among(
    select(endpoint_secrets.c.endpoint_id, endpoint_secrets.c.scheme, endpoint_secrets.c.secret)
    .where(or_(endpoint_secrets.c.expires_at.is_(None), endpoint_secrets.c.expires_at > bindparam("now")))
    .order_by(endpoint_secrets.c.created_at.desc(), endpoint_secrets.c.id.desc()),
    endpoint_secrets.c.endpoint_id,
)


def load_endpoints(tx: Tx, vault: Vault, endpoint_ids: Iterable[str]) -> dict[str, Endpoint]:
    """Return the endpoints by their ids, each with its unexpired secrets, decrypted and newest first.

    An endpoint with a secret that our keys cannot decrypt is left out and logged: it must not hold up the others.
    """
    found = {}
    for some in chunks(list(endpoint_ids)):
        # Endpoints are read before their secrets. If one changes in between, its old revision makes us read it again.
        rows = _sent_to.run(tx, some)
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
        ordered=bool(row.ordered),
        concurrency=row.concurrency,
        rate_limit=row.rate_limit,
        secrets=tuple(Secret(one.scheme, vault.open(one.secret)) for one in secrets),
        hex_header=row.hex_header,
        state=row.state,
        revision=row.revision,
    )


def _secrets(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in _valid_secrets.run(tx, endpoint_ids, now=stored(tx.now)):
        found.setdefault(row.endpoint_id, []).append(row)
    return found


def target(tx: Tx, endpoint_id: str) -> Target:
    """Return the endpoint as the target of messages, as the functions of `webhooks/messages` take it."""
    row = tx.execute(select(endpoints.c.account_id, endpoints.c.ordered).where(endpoints.c.id == endpoint_id)).one()
    return Target(endpoint_id, row.account_id, row.ordered)


def first_deleted(tx: Tx, endpoint_ids: Sequence[str]) -> str | None:
    """Return the id of one of these endpoints that is deleted, or None."""
    for some in chunks(endpoint_ids):
        query = select(endpoints.c.id).where(endpoints.c.id.in_(some), endpoints.c.state == "deleted")
        found: str | None = tx.execute(query.limit(1)).scalar()
        if found is not None:
            return found
    return None
