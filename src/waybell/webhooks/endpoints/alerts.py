"""The alert URL of an account: a second URL that is told when an endpoint goes down, also when it is the only one.

It is an endpoint like any other, so what goes there is signed, retried and shown; but it gets operational events alone.
No endpoint is told about itself, so an alert URL that is down itself makes no noise that feeds itself.
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
    """Tell this URL too when an endpoint goes down; return the id of the endpoint that stands for it.

    One that is disabled is enabled again. Raises `Invalid`, as for the URL of any endpoint, and for one that is an
    endpoint's already: what is down cannot be told that it is.
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
            return endpoint_id  # as it was: nothing to write down
        actions.change(tx, tools, actor, endpoint_id, {"url": url})
        if row.state == "disabled":
            actions.enable(tx, tools, actor, endpoint_id)
    audit.record(tx, actor, "set the alert URL", endpoint_id, url.strip())
    return endpoint_id


def remove(tx: Tx, tools: WebhookTools, actor: Actor) -> None:
    """Tell nobody but the account's endpoints. Raises `NotFound` when there is no alert URL."""
    row = store.find_alert_url(tx, actor.account.id)
    if row is None:
        raise NotFound("This account has no alert URL. PUT /api/Webhook/AlertUrl sets one.")
    actions.remove(tx, tools, actor, row.id)
    audit.record(tx, actor, "removed the alert URL", row.id, row.url)
