"""The alert URL of an account: it gets an event when an endpoint goes down, also when there is no other endpoint.

It is an endpoint like any other: its messages are signed, retried and shown. It gets operational events only. No
endpoint gets events about itself, so the alert URL gets none when it is down itself.
"""

from sqlalchemy import select

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.accounts.tables import accounts
from waybell.db.database import Tx
from waybell.ground.errors import NotFound
from waybell.webhooks.endpoints import actions, store
from waybell.webhooks.endpoints.operational_events import OPERATIONAL
from waybell.webhooks.endpoints.tools import WebhookTools

_DESCRIPTION = "Alerts"


def set_url(tx: Tx, tools: WebhookTools, actor: Actor, url: str) -> str:
    """Set the alert URL, and return the id of its endpoint, which is enabled again if it was disabled.

    Raise `Invalid` for a URL that no endpoint may have, and for the URL of another endpoint of the account: while that
    endpoint is down, the alert could not arrive.
    """
    tx.execute(select(accounts.c.id).where(accounts.c.id == actor.account.id).with_for_update())
    row = store.find_alert_url(tx, actor.account.id)
    if row is None:
        names = tuple(tx.names.of(one.name).called for one in OPERATIONAL)
        wanted = {"url": url, "description": _DESCRIPTION, "event_types": names}
        endpoint_id = actions.add(tx, tools, actor, wanted, alerts=True)
    else:
        endpoint_id = row.id
        if row.url == url.strip() and row.state != "disabled":
            return endpoint_id  # nothing has changed
        actions.change(tx, tools, actor, endpoint_id, {"url": url})
        if row.state == "disabled":
            actions.enable(tx, tools, actor, endpoint_id)
    audit.record(tx, actor, "set the alert URL", endpoint_id, url.strip())
    return endpoint_id


def remove(tx: Tx, tools: WebhookTools, actor: Actor) -> None:
    """Remove the alert URL. Raise `NotFound` when there is none."""
    row = store.find_alert_url(tx, actor.account.id)
    if row is None:
        raise NotFound("This account has no alert URL. PUT /api/Webhook/AlertUrl sets one.")
    actions.remove(tx, tools, actor, row.id)
    audit.record(tx, actor, "removed the alert URL", row.id, row.url)
