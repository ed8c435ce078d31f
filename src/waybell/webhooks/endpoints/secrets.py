"""The actions of people on the secrets of an endpoint: reveal them, and rotate them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Invalid
from waybell.webhooks import signing
from waybell.webhooks.endpoints import secret_store, store
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.model import Scheme

MAX_OVERLAP = timedelta(days=7)
MAX_SECRETS = 5  # of one scheme at once: each of them signs every attempt


@dataclass(frozen=True, slots=True)
class RevealedSecret:
    scheme: Scheme
    value: str
    public_key: str | None  # the key that receivers verify with; None for v1
    created_at: datetime
    expires_at: datetime | None  # set by a rotation: until then it signs too


def reveal(tx: Tx, tools: WebhookTools, actor: Actor, endpoint_id: str) -> list[RevealedSecret]:
    """Return the secrets in force, decrypted, and record who saw them.

    Raise `Forbidden` for an API key that may not see secrets.
    """
    if actor.grant:
        actor.grant.check_secrets()
    row = store.find(tx, actor.account.id, endpoint_id)
    audit.record(tx, actor, "revealed the secrets of the endpoint", endpoint_id, row.url)
    return secrets_in_force(tx, tools, endpoint_id)


def secrets_in_force(tx: Tx, tools: WebhookTools, endpoint_id: str) -> list[RevealedSecret]:
    """Return the secrets in force, decrypted, newest first in each scheme."""
    secrets = []
    for row in secret_store.in_force(tx, endpoint_id):
        value = tools.vault.open(row.secret)
        public = signing.public_key(value) if row.scheme == "v1a" else None
        secrets.append(RevealedSecret(row.scheme, value, public, row.created_at, row.expires_at))
    return secrets


def rotate(
    tx: Tx,
    tools: WebhookTools,
    actor: Actor,
    endpoint_id: str,
    scheme: Scheme | None = None,
    overlap: timedelta | None = None,
) -> list[RevealedSecret]:
    """Make a new secret for the scheme, or for each scheme; return the secrets that are in force now.

    The old secrets sign beside the new one for `overlap`, and not at all when that is 0. Raise `Invalid` for a scheme
    that the endpoint does not use or an unusable overlap, and `Conflict` when too many old secrets are in force.
    """
    row = store.find(tx, actor.account.id, endpoint_id, lock=True)
    if scheme is not None and scheme not in row.schemes:
        raise Invalid(f"Scheme: this endpoint does not sign with {scheme}. Add it to its Schemes first.")
    overlap = tools.secret_overlap if overlap is None else overlap
    if not timedelta() <= overlap <= MAX_OVERLAP:
        raise Invalid(f"OverlapHours: must be from 0 to {MAX_OVERLAP // timedelta(hours=1)}.")
    before = secret_store.in_force(tx, endpoint_id)
    for one in [scheme] if scheme else row.schemes:
        _retire(tx, endpoint_id, one, overlap, len([row for row in before if row.scheme == one]))
        add_secret(tx, tools, endpoint_id, one)
    store.change(tx, endpoint_id, {})
    audit.record(tx, actor, "rotated the secrets of the endpoint", endpoint_id, row.url)
    tx.after_commit(partial(tools.hint, {endpoint_id}))
    return secrets_in_force(tx, tools, endpoint_id)


def add_secret(tx: Tx, tools: WebhookTools, endpoint_id: str, scheme: Scheme) -> None:
    """Make a new secret for the scheme."""
    secret_store.insert(tx, endpoint_id, scheme, tools.vault.seal(signing.new_secret(scheme)))


def _retire(tx: Tx, endpoint_id: str, scheme: Scheme, overlap: timedelta, in_force: int) -> None:
    if not overlap:
        secret_store.remove(tx, endpoint_id, scheme)
        return
    if in_force >= MAX_SECRETS:
        raise Conflict(
            f"{in_force} secrets of {scheme} are in force already. Wait until the oldest has expired, or end them all "
            "now by sending OverlapHours 0."
        )
    secret_store.expire(tx, endpoint_id, scheme, tx.now + overlap)
