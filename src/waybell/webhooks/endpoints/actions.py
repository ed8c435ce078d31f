"""What people do to endpoints: add, change, switch off and on, delete, and keep their secrets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, select, update

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.database import Database, Tx
from waybell.events import types
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.ground.ids import new_id
from waybell.vault import Vault
from waybell.webhooks import signing
from waybell.webhooks.address import Policy
from waybell.webhooks.endpoints import parking, store
from waybell.webhooks.endpoints import settings as endpoint_settings
from waybell.webhooks.endpoints.records import ENDPOINTS, SECRETS, StoredEndpoint, StoredSecret
from waybell.webhooks.endpoints.settings import EndpointSettings
from waybell.webhooks.endpoints.subscriptions import ALL_TYPES
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints, subscriptions
from waybell.webhooks.jobs import store as job_store
from waybell.webhooks.messages import canceling, due_times
from waybell.webhooks.model import Hint, Scheme

# Acts on record that others look for: since when an endpoint is as it is.
ADDED, ENABLED, DISABLED = "added the endpoint", "enabled the endpoint", "disabled the endpoint"

BY_HAND = "by hand"  # why an endpoint is disabled

MAX_OVERLAP = timedelta(days=7)
MAX_SECRETS = 5  # of one scheme at once: each of them signs every attempt


@dataclass(frozen=True)
class Means:
    """What managing endpoints needs beside a transaction; made where the app is assembled."""

    database: Database  # for what is done after the commit, in transactions of its own
    vault: Vault
    policy: Policy
    catalogue: types.Catalogue  # as it is called outside
    hint: Hint
    default_concurrency: int
    secret_overlap: timedelta
    batch: int


@dataclass(frozen=True, slots=True)
class RevealedSecret:
    scheme: Scheme
    value: str
    public_key: str | None  # of v1a: what receivers verify with
    created_at: datetime
    expires_at: datetime | None  # set by a rotation: until then it signs too


def add(tx: Tx, means: Means, actor: Actor, wanted: Mapping[str, Any], *, alerts: bool = False) -> str:
    """A new endpoint, enabled, with a secret for each scheme. Answers its id.

    `wanted` holds fields of `EndpointSettings`; all but `url` have defaults. `alerts` makes it the alert URL of the
    account. Raises `Invalid`.
    """
    defaults = EndpointSettings("", "", (), {}, True, means.default_concurrency, None, ("v1",), None)
    if not wanted.get("url"):
        raise Invalid("Url: say where the webhooks go, such as https://example.com/webhooks.")
    wanted = {**wanted, "headers": _kept_values({}, wanted.get("headers", {}))}
    settings = _checked(tx, means, actor.account.id, replace(defaults, **wanted))
    _keep_apart(tx, actor.account.id, settings.url, alerts=alerts)
    endpoint_id = new_id("ep")
    row = _columns(tx, means, settings) | {
        "id": endpoint_id,
        "account_id": actor.account.id,
        "state": "enabled",
        "alerts": alerts,
        "revision": 1,
    }
    tx.execute(endpoints.insert(), row | {"created_at": tx.now, "changed_at": tx.now})
    _subscribe(tx, actor.account.id, endpoint_id, settings)
    for scheme in settings.schemes:
        _add_secret(tx, means, endpoint_id, scheme)
    audit.record(tx, actor, ADDED, endpoint_id, settings.url)
    return endpoint_id


def change(tx: Tx, means: Means, actor: Actor, endpoint_id: str, wanted: Mapping[str, Any]) -> None:
    """Change the settings that `wanted` holds and leave the others. A header whose value is None keeps its value.

    When the endpoint is not ordered any more, messages that wait behind others are let go after the commit.
    """
    row = find(tx, actor.account.id, endpoint_id, lock=True)
    before = settings_of(means, row)
    if row.alerts and wanted.get("event_types", before.event_types) != before.event_types:
        raise Invalid("EventTypes: this is the alert URL of the account, which gets operational events alone.")
    if "headers" in wanted:
        wanted = {**wanted, "headers": _kept_values(before.headers, wanted["headers"])}
    # A type that is gone from the catalogue by now may stay.
    after = _checked(tx, means, actor.account.id, replace(before, **wanted), also_known=before.event_types)
    if after == before:
        return
    if after.url != before.url:
        _keep_apart(tx, actor.account.id, after.url, alerts=row.alerts)
    _touch(tx, endpoint_id, _columns(tx, means, after))
    if after.event_types != before.event_types:
        tx.execute(delete(subscriptions).where(subscriptions.c.endpoint_id == endpoint_id))
        _subscribe(tx, actor.account.id, endpoint_id, after)
    for scheme in set(before.schemes) - set(after.schemes):
        secrets = endpoint_secrets
        tx.execute(delete(secrets).where(secrets.c.endpoint_id == endpoint_id, secrets.c.scheme == scheme))
    for scheme in set(after.schemes) - set(before.schemes):
        _add_secret(tx, means, endpoint_id, scheme)
    audit.record(tx, actor, "changed the endpoint", endpoint_id, _differences(before, after))
    tx.after_commit(partial(means.hint, {endpoint_id}))
    if before.ordered and not after.ordered:
        tx.after_commit(partial(_release_lanes, means, endpoint_id))


def _release_lanes(means: Means, endpoint_id: str) -> None:
    """Let all messages go that wait behind others, in a transaction for each batch."""
    looked_at = means.batch
    while looked_at:
        with means.database.transaction() as tx:
            looked_at = due_times.release_lanes(tx, store.target(tx, endpoint_id), means.batch)
            tx.after_commit(partial(means.hint, {endpoint_id}))


def enable(tx: Tx, means: Means, actor: Actor, endpoint_id: str) -> None:
    """Send again, whatever made it stop; an outage is forgotten."""
    row = find(tx, actor.account.id, endpoint_id, lock=True)
    _touch(tx, endpoint_id, {"state": "enabled", "disabled_reason": None, **parking.UNTROUBLED})
    audit.record(tx, actor, ENABLED, endpoint_id, row.url)
    tx.after_commit(partial(means.hint, {endpoint_id}))


def disable(tx: Tx, means: Means, actor: Actor, endpoint_id: str) -> None:
    """Send nothing more and make no messages; those that wait are kept until it is enabled or deleted.

    One that we have disabled is from now on as if by hand: its account is reminded of it no more.
    """
    row = find(tx, actor.account.id, endpoint_id, lock=True)
    if row.state == "enabled":
        audit.record(tx, actor, DISABLED, endpoint_id, row.url)
        _touch(tx, endpoint_id, {"state": "disabled", "disabled_reason": BY_HAND, **parking.UNTROUBLED})
        tx.after_commit(partial(means.hint, {endpoint_id}))
    elif row.disabled_reason != BY_HAND:
        # On record by another name: that it was enabled until now would be untrue.
        audit.record(tx, actor, "left the endpoint disabled", endpoint_id, row.url)
        _touch(tx, endpoint_id, {"disabled_reason": BY_HAND})


def remove(tx: Tx, means: Means, actor: Actor, endpoint_id: str) -> None:
    """Delete an endpoint with its secrets. What was sent stays in the log; what waits is canceled.

    At most 1,000 waiting messages are canceled here; upkeep cancels the others, due or behind, in batches.
    """
    row = find(tx, actor.account.id, endpoint_id, lock=True)
    audit.record(tx, actor, "deleted the endpoint", endpoint_id, row.url)
    _touch(tx, endpoint_id, {"state": "deleted", "headers": None, **parking.UNTROUBLED})
    tx.execute(delete(subscriptions).where(subscriptions.c.endpoint_id == endpoint_id))
    tx.execute(delete(endpoint_secrets).where(endpoint_secrets.c.endpoint_id == endpoint_id))
    job_store.stop_of_endpoint(tx, endpoint_id)
    canceling.cancel_of_deleted(tx, endpoint_id)
    tx.after_commit(partial(means.hint, {endpoint_id}))


def reveal(tx: Tx, means: Means, actor: Actor, endpoint_id: str) -> list[RevealedSecret]:
    """The secrets in force, in the clear: newest first in each scheme. That somebody saw them goes on record.

    Raises `Forbidden` for a key that only reads.
    """
    if actor.grant:
        actor.grant.check_secrets()
    row = find(tx, actor.account.id, endpoint_id)
    audit.record(tx, actor, "revealed the secrets of the endpoint", endpoint_id, row.url)
    return secrets_in_force(tx, means, endpoint_id)


def secrets_in_force(tx: Tx, means: Means, endpoint_id: str) -> list[RevealedSecret]:
    secrets = []
    for row in stored_secrets(tx, endpoint_id):
        value = means.vault.open(row.secret)
        public = signing.public_key(value) if row.scheme == "v1a" else None
        secrets.append(RevealedSecret(row.scheme, value, public, row.created_at, row.expires_at))
    return secrets


def rotate(
    tx: Tx,
    means: Means,
    actor: Actor,
    endpoint_id: str,
    scheme: Scheme | None = None,
    overlap: timedelta | None = None,
) -> list[RevealedSecret]:
    """A new secret for the scheme, or for each; the old ones sign beside it for `overlap`, at once nothing when 0.

    Raises `Conflict` when too many old ones are still in force. Answers what is in force now.
    """
    row = find(tx, actor.account.id, endpoint_id, lock=True)
    schemes = settings_of(means, row).schemes
    if scheme is not None and scheme not in schemes:
        raise Invalid(f"Scheme: this endpoint does not sign with {scheme}. Add it to its Schemes first.")
    overlap = means.secret_overlap if overlap is None else overlap
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise Invalid(f"OverlapHours: must be from 0 to {MAX_OVERLAP // timedelta(hours=1)}.")
    in_force = stored_secrets(tx, endpoint_id)
    for one in [scheme] if scheme else schemes:
        _retire(tx, endpoint_id, one, overlap, len([row for row in in_force if row.scheme == one]))
        _add_secret(tx, means, endpoint_id, one)
    _touch(tx, endpoint_id, {})
    audit.record(tx, actor, "rotated the secrets of the endpoint", endpoint_id, row.url)
    tx.after_commit(partial(means.hint, {endpoint_id}))
    return secrets_in_force(tx, means, endpoint_id)


def probe_now(tx: Tx, means: Means, actor: Actor, endpoint_id: str) -> None:
    """Do not wait for the next probe of a parked endpoint, nor for the end of a pause that the receiver asked for.

    Raises `Conflict` when the endpoint is neither parked nor paused.
    """
    row = find(tx, actor.account.id, endpoint_id, lock=True)
    if row.parked_at is not None:
        parking.set_probe(tx, endpoint_id, tx.now)
        audit.record(tx, actor, "probed the endpoint", endpoint_id, row.url)
    elif is_paused(row, tx.now):
        parking.end_pause(tx, endpoint_id)
        audit.record(tx, actor, "ended the pause of the endpoint", endpoint_id, row.url)
    else:
        raise Conflict("This endpoint is neither parked nor paused: what is due goes out by itself.")
    tx.after_commit(partial(means.hint, {endpoint_id}))


def is_paused(row: StoredEndpoint, now: datetime) -> bool:
    """Whether the receiver of this endpoint asked to be left alone for now."""
    return row.paused_until is not None and row.paused_until > now


def _retire(tx: Tx, endpoint_id: str, scheme: Scheme, overlap: timedelta, in_force: int) -> None:
    secrets = endpoint_secrets
    of_scheme = (secrets.c.endpoint_id == endpoint_id) & (secrets.c.scheme == scheme)
    if not overlap:
        tx.execute(delete(secrets).where(of_scheme))
        return
    if in_force >= MAX_SECRETS:
        raise Conflict(
            f"{in_force} secrets of {scheme} are in force already. Wait until the oldest has expired, or end them all "
            "now by sending OverlapHours 0."
        )
    tx.execute(delete(secrets).where(of_scheme, secrets.c.expires_at <= tx.now))
    tx.execute(update(secrets).where(of_scheme, secrets.c.expires_at.is_(None)).values(expires_at=tx.now + overlap))


def find(tx: Tx, account_id: str, endpoint_id: str, *, lock: bool = False) -> StoredEndpoint:
    """Return an endpoint of this account that is not deleted. Raises `NotFound`."""
    query = select(*ENDPOINTS.columns).where(
        endpoints.c.id == endpoint_id, endpoints.c.account_id == account_id, endpoints.c.state != "deleted"
    )
    found = ENDPOINTS.first(tx, query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"There is no endpoint {endpoint_id}. GET /api/Webhook lists those of this account.")
    return found


def settings_of(means: Means, row: StoredEndpoint) -> EndpointSettings:
    """Return what people have set of an endpoint, with the names of event types as they are called outside."""
    return EndpointSettings(
        url=row.url,
        description=row.description,
        event_types=tuple(name.called for name in row.event_types),
        headers=json.loads(means.vault.open(row.headers)) if row.headers else {},
        ordered=row.ordered,
        concurrency=row.concurrency,
        rate_limit=row.rate_limit,
        schemes=tuple(row.schemes),
        hex_header=row.hex_header,
    )


def _checked(
    tx: Tx, means: Means, account_id: str, wanted: EndpointSettings, also_known: tuple[str, ...] = ()
) -> EndpointSettings:
    for name in wanted.event_types:
        if (called := tx.names.of(name).called) != name:
            raise Invalid(f"EventTypes: {name} is called {called} on this server. Ask for {called}.")
    known = types.names(tx, means.catalogue, account_id).union(also_known) if wanted.event_types else ()
    return endpoint_settings.check(wanted, means.policy, known)


def _keep_apart(tx: Tx, account_id: str, url: str, *, alerts: bool) -> None:
    """Raise `Invalid` for an alert URL that is an endpoint's, or the other way round.

    What is down cannot be told that it is.
    """
    same = (endpoints.c.account_id == account_id, endpoints.c.url == url, endpoints.c.state != "deleted")
    if tx.execute(select(endpoints.c.id).where(*same, endpoints.c.alerts.is_not(alerts)).limit(1)).first():
        whose = "an endpoint has this URL" if alerts else "this is the alert URL of the account"
        raise Invalid(f"Url: {whose}. While it is down, nobody would be told: give another one.")


def _differences(before: EndpointSettings, after: EndpointSettings) -> str:
    """The names of the settings that differ; not their values, of which the headers may hold tokens."""
    names = [field.name for field in fields(after) if getattr(before, field.name) != getattr(after, field.name)]
    return ", ".join(name.replace("_", " ") for name in names)


def _columns(tx: Tx, means: Means, settings: EndpointSettings) -> dict[str, Any]:
    return {
        "url": settings.url,
        "description": settings.description,
        "event_types": [tx.names.typed(name).own for name in settings.event_types],
        "headers": means.vault.seal(json.dumps(dict(settings.headers))) if settings.headers else None,
        "ordered": settings.ordered,
        "concurrency": settings.concurrency,
        "rate_limit": settings.rate_limit,
        "schemes": list(settings.schemes),
        "hex_header": settings.hex_header,
    }


def _touch(tx: Tx, endpoint_id: str, values: Mapping[str, Any]) -> None:
    """Every change of an endpoint goes through here: dispatchers see it by its revision."""
    change = update(endpoints).where(endpoints.c.id == endpoint_id)
    tx.execute(change.values(**values, changed_at=tx.now, revision=endpoints.c.revision + 1))


def _subscribe(tx: Tx, account_id: str, endpoint_id: str, settings: EndpointSettings) -> None:
    rows = [
        {"account_id": account_id, "event_type": tx.names.typed(name).own, "endpoint_id": endpoint_id}
        for name in settings.event_types or (ALL_TYPES,)
    ]
    tx.execute(subscriptions.insert(), rows)


def _kept_values(before: Mapping[str, str], wanted: Mapping[str, str | None]) -> dict[str, str]:
    """The wanted headers, with our values where none was sent: whoever reads an endpoint does not see them."""
    stored = {name.lower(): value for name, value in before.items()}
    values = {}
    for name, value in wanted.items():
        kept = stored.get(name.lower()) if value is None else value
        if kept is None:
            raise Invalid(f"Headers: {name} has no value. Only a header that is there already keeps its value.")
        values[name] = kept
    return values


def _add_secret(tx: Tx, means: Means, endpoint_id: str, scheme: Scheme) -> None:
    sealed = means.vault.seal(signing.new_secret(scheme))
    row = {"id": new_id("sec"), "endpoint_id": endpoint_id, "scheme": scheme, "secret": sealed, "created_at": tx.now}
    tx.execute(endpoint_secrets.insert(), row)


def stored_secrets(tx: Tx, endpoint_id: str) -> list[StoredSecret]:
    """Return the secrets in force, as they are stored: newest first in each scheme."""
    table = endpoint_secrets.c
    query = select(*SECRETS.columns).where(
        table.endpoint_id == endpoint_id, table.expires_at.is_(None) | (table.expires_at > tx.now)
    )
    return SECRETS.all(tx, query.order_by(table.scheme, table.created_at.desc(), table.id.desc()))
