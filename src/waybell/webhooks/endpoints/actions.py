"""The actions of people on endpoints: add, change, enable, disable, probe, and delete."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.events import types
from waybell.ground.errors import Conflict, Invalid
from waybell.ground.ids import new_id
from waybell.webhooks.endpoints import parking, secret_store, store, subscriptions
from waybell.webhooks.endpoints import settings as endpoint_settings
from waybell.webhooks.endpoints.records import StoredEndpoint
from waybell.webhooks.endpoints.secrets import add_secret
from waybell.webhooks.endpoints.settings import EndpointSettings
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.jobs import store as job_store
from waybell.webhooks.messages import canceling, due_times

# The words of the audit record. `history/explain_facts.py` finds by them when an endpoint was enabled or disabled.
ADDED, ENABLED, DISABLED = "added the endpoint", "enabled the endpoint", "disabled the endpoint"

BY_HAND = "by hand"  # the reason why an endpoint is disabled, when a person did it


def add(tx: Tx, tools: WebhookTools, actor: Actor, wanted: Mapping[str, Any], *, alerts: bool = False) -> str:
    """Add an endpoint, enabled, with a secret for each scheme; return its id.

    `wanted` holds fields of `EndpointSettings`; all but `url` have defaults. `alerts` makes it the alert URL of the
    account. Raise `Invalid` for unusable settings.
    """
    defaults = EndpointSettings("", "", (), {}, True, tools.default_concurrency, None, ("v1",), None)
    if not wanted.get("url"):
        raise Invalid("Url: say where the webhooks go, such as https://example.com/webhooks.")
    wanted = {**wanted, "headers": _kept_values({}, wanted.get("headers", {}))}
    settings = _checked(tx, tools, actor.account.id, replace(defaults, **wanted))
    _keep_apart(tx, actor.account.id, settings.url, alerts=alerts)
    endpoint_id = new_id("ep")
    row = _columns(tx, tools, settings) | {
        "id": endpoint_id,
        "account_id": actor.account.id,
        "state": "enabled",
        "alerts": alerts,
        "revision": 1,
    }
    store.insert(tx, row)
    subscriptions.subscribe(tx, actor.account.id, endpoint_id, row["event_types"])
    for scheme in settings.schemes:
        add_secret(tx, tools, endpoint_id, scheme)
    audit.record(tx, actor, ADDED, endpoint_id, settings.url)
    return endpoint_id


def change(tx: Tx, tools: WebhookTools, actor: Actor, endpoint_id: str, wanted: Mapping[str, Any]) -> None:
    """Change the settings that `wanted` holds and leave the others. A header whose value is None keeps its value.

    When the endpoint is not ordered any more, messages that wait behind others are made due after the commit.
    """
    row = store.find(tx, actor.account.id, endpoint_id, lock=True)
    before = settings_of(tools, row)
    if row.alerts and wanted.get("event_types", before.event_types) != before.event_types:
        raise Invalid("EventTypes: this is the alert URL of the account, which gets operational events alone.")
    if "headers" in wanted:
        wanted = {**wanted, "headers": _kept_values(before.headers, wanted["headers"])}
    # An event type that has left the catalogue meanwhile may stay.
    after = _checked(tx, tools, actor.account.id, replace(before, **wanted), also_known=before.event_types)
    if after == before:
        return
    if after.url != before.url:
        _keep_apart(tx, actor.account.id, after.url, alerts=row.alerts)
    columns = _columns(tx, tools, after)
    store.change(tx, endpoint_id, columns)
    if after.event_types != before.event_types:
        subscriptions.unsubscribe(tx, endpoint_id)
        subscriptions.subscribe(tx, actor.account.id, endpoint_id, columns["event_types"])
    for scheme in set(before.schemes) - set(after.schemes):
        secret_store.remove(tx, endpoint_id, scheme)
    for scheme in set(after.schemes) - set(before.schemes):
        add_secret(tx, tools, endpoint_id, scheme)
    audit.record(tx, actor, "changed the endpoint", endpoint_id, _differences(before, after))
    tx.after_commit(partial(tools.hint, {endpoint_id}))
    if before.ordered and not after.ordered:
        tx.after_commit(partial(_release_lanes, tools, endpoint_id))


def _release_lanes(tools: WebhookTools, endpoint_id: str) -> None:
    """Make all messages due that wait behind others, one batch in each transaction."""
    examined = tools.batch
    while examined:
        with tools.database.transaction() as tx:
            examined = due_times.release_lanes(tx, store.target(tx, endpoint_id), tools.batch)
            tx.after_commit(partial(tools.hint, {endpoint_id}))


def enable(tx: Tx, tools: WebhookTools, actor: Actor, endpoint_id: str) -> None:
    """Enable the endpoint, and forget its outage or pause. It may be enabled already."""
    row = store.find(tx, actor.account.id, endpoint_id, lock=True)
    store.change(tx, endpoint_id, {"state": "enabled", "disabled_reason": None, **parking.UNTROUBLED})
    audit.record(tx, actor, ENABLED, endpoint_id, row.url)
    tx.after_commit(partial(tools.hint, {endpoint_id}))


def disable(tx: Tx, tools: WebhookTools, actor: Actor, endpoint_id: str) -> None:
    """Disable the endpoint: it gets no new messages, and waiting messages stay until it is enabled or deleted.

    An endpoint that Waybell has disabled counts from now on as disabled by hand, so pages no longer show it as down.
    """
    row = store.find(tx, actor.account.id, endpoint_id, lock=True)
    if row.state == "enabled":
        audit.record(tx, actor, DISABLED, endpoint_id, row.url)
        store.change(tx, endpoint_id, {"state": "disabled", "disabled_reason": BY_HAND, **parking.UNTROUBLED})
        tx.after_commit(partial(tools.hint, {endpoint_id}))
    elif row.disabled_reason != BY_HAND:
        # The record uses other words, because "disabled" would say that the endpoint was enabled until now.
        audit.record(tx, actor, "left the endpoint disabled", endpoint_id, row.url)
        store.change(tx, endpoint_id, {"disabled_reason": BY_HAND})


def remove(tx: Tx, tools: WebhookTools, actor: Actor, endpoint_id: str) -> None:
    """Delete an endpoint with its secrets. The log of its messages stays; waiting messages are canceled.

    At most 1,000 waiting messages are canceled here; upkeep cancels the others in batches.
    """
    row = store.find(tx, actor.account.id, endpoint_id, lock=True)
    audit.record(tx, actor, "deleted the endpoint", endpoint_id, row.url)
    store.change(tx, endpoint_id, {"state": "deleted", "headers": None, **parking.UNTROUBLED})
    subscriptions.unsubscribe(tx, endpoint_id)
    secret_store.remove(tx, endpoint_id)
    job_store.stop_of_endpoint(tx, endpoint_id)
    canceling.cancel_of_deleted(tx, endpoint_id)
    tx.after_commit(partial(tools.hint, {endpoint_id}))


def probe_now(tx: Tx, tools: WebhookTools, actor: Actor, endpoint_id: str) -> None:
    """Probe a parked endpoint now, or end the pause that its receiver asked for.

    Raise `Conflict` when the endpoint is neither parked nor paused.
    """
    row = store.find(tx, actor.account.id, endpoint_id, lock=True)
    if row.parked_at is not None:
        parking.set_probe(tx, endpoint_id, tx.now)
        audit.record(tx, actor, "probed the endpoint", endpoint_id, row.url)
    elif store.is_paused(row, tx.now):
        parking.end_pause(tx, endpoint_id)
        audit.record(tx, actor, "ended the pause of the endpoint", endpoint_id, row.url)
    else:
        raise Conflict("This endpoint is neither parked nor paused: what is due goes out by itself.")
    tx.after_commit(partial(tools.hint, {endpoint_id}))


def settings_of(tools: WebhookTools, row: StoredEndpoint) -> EndpointSettings:
    """Return the settings of an endpoint, with event types under the names that the operator gave them."""
    return EndpointSettings(
        url=row.url,
        description=row.description,
        event_types=tuple(name.called for name in row.event_types),
        headers=json.loads(tools.vault.open(row.headers)) if row.headers else {},
        ordered=row.ordered,
        concurrency=row.concurrency,
        rate_limit=row.rate_limit,
        schemes=tuple(row.schemes),
        hex_header=row.hex_header,
    )


def _checked(
    tx: Tx, tools: WebhookTools, account_id: str, wanted: EndpointSettings, also_known: tuple[str, ...] = ()
) -> EndpointSettings:
    for name in wanted.event_types:
        if (called := tx.names.of(name).called) != name:
            raise Invalid(f"EventTypes: {name} is called {called} on this server. Ask for {called}.")
    known = types.names(tx, tools.catalogue, account_id).union(also_known) if wanted.event_types else ()
    return endpoint_settings.check(wanted, tools.policy, known)


def _keep_apart(tx: Tx, account_id: str, url: str, *, alerts: bool) -> None:
    """Raise `Invalid` when the alert URL and another endpoint of the account would have the same URL.

    While that endpoint is down, the alert could not arrive.
    """
    if store.has_url(tx, account_id, url, alerts=not alerts):
        whose = "an endpoint has this URL" if alerts else "this is the alert URL of the account"
        raise Invalid(f"Url: {whose}. While it is down, nobody would be told: give another one.")


def _differences(before: EndpointSettings, after: EndpointSettings) -> str:
    """Return the names of the settings that differ, without their values, because headers may hold tokens."""
    names = [field.name for field in fields(after) if getattr(before, field.name) != getattr(after, field.name)]
    return ", ".join(name.replace("_", " ") for name in names)


def _columns(tx: Tx, tools: WebhookTools, settings: EndpointSettings) -> dict[str, Any]:
    return {
        "url": settings.url,
        "description": settings.description,
        "event_types": [tx.names.typed(name).own for name in settings.event_types],
        "headers": tools.vault.seal(json.dumps(dict(settings.headers))) if settings.headers else None,
        "ordered": settings.ordered,
        "concurrency": settings.concurrency,
        "rate_limit": settings.rate_limit,
        "schemes": list(settings.schemes),
        "hex_header": settings.hex_header,
    }


def _kept_values(before: Mapping[str, str], wanted: Mapping[str, str | None]) -> dict[str, str]:
    """Return the wanted headers. A header without a value keeps its stored value, which callers cannot read."""
    stored = {name.lower(): value for name, value in before.items()}
    values = {}
    for name, value in wanted.items():
        kept = stored.get(name.lower()) if value is None else value
        if kept is None:
            raise Invalid(f"Headers: {name} has no value. Only a header that is there already keeps its value.")
        values[name] = kept
    return values
