"""Actions on an inbox: open it, keep and verify what arrives, choose its answer, clear it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from standardwebhooks import Webhook, WebhookVerificationError

from waybell.accounts.model import Account, Actor
from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.records import Records
from waybell.ground.errors import Invalid, NotFound
from waybell.ground.ids import new_id
from waybell.inbox.tables import inbox_requests, inboxes
from waybell.webhooks.endpoints import store
from waybell.webhooks.endpoints.actions import settings_of
from waybell.webhooks.endpoints.records import StoredEndpoint
from waybell.webhooks.endpoints.secrets import RevealedSecret, secrets_in_force
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.signing import verify_v1a

ANSWERS = (204, 400, 429, 500, 503)
KEPT_REQUESTS = 200
KEPT_BYTES = 64 * 1024
_KEPT_HEADERS = 60
_KEPT_HEADER = 2000  # characters


@dataclass(frozen=True, slots=True)
class Inbox:
    id: str
    account_id: str
    token: str
    answer: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that arrived in an inbox, with the verdict on its signature."""

    id: str
    received_at: datetime
    headers: Sequence[tuple[str, str]]
    body: bytes
    body_bytes: int  # of the whole body, of which `body` is the beginning
    answered: int
    verified: bool
    verdict: str


_ARRIVALS = Records(Arrival, inbox_requests)


def open_inbox(tx: Tx, actor: Actor) -> Inbox:
    """Return the inbox of the account, made if there is none; its row is locked until the commit."""
    new = {"id": new_id("inb"), "account_id": actor.account.id, "token": secrets.token_urlsafe(32)}
    insert = insert_into(inboxes, on_postgres=tx.on_postgres)
    tx.execute(insert.values(new | {"answer": ANSWERS[0], "created_at": tx.now}).on_conflict_do_nothing())
    tx.execute(select(inboxes.c.id).where(inboxes.c.account_id == actor.account.id).with_for_update())
    inbox = find(tx, actor.account)
    assert inbox
    return inbox


def find(tx: Tx, account: Account) -> Inbox | None:
    """Return the inbox of the account, or None before it was opened."""
    return _one(tx, inboxes.c.account_id == account.id)


def by_token(tx: Tx, token: str) -> Inbox:
    """Return the inbox whose URL ends with this token.

    Raise `NotFound` when there is none.
    """
    found = _one(tx, inboxes.c.token == token)
    if found is None:
        raise NotFound("There is no inbox at this URL.")
    return found


def _one(tx: Tx, which: Any) -> Inbox | None:
    table = inboxes.c
    row = tx.execute(select(table.id, table.account_id, table.token, table.answer).where(which)).one_or_none()
    return Inbox(*row) if row else None


def senders(tx: Tx, inbox: Inbox, url: str) -> list[StoredEndpoint]:
    """Return the endpoints of the inbox's account that send to `url`, the URL of the inbox."""
    return store.list_of_url(tx, inbox.account_id, url)


def receive(
    tx: Tx, tools: WebhookTools, inbox: Inbox, url: str, headers: Sequence[tuple[str, str]], body: bytes
) -> int:
    """Store a request with the verdict on its signature, drop the oldest ones, and return the status to answer with."""
    ours = senders(tx, inbox, url)
    keys = [key for row in ours for key in secrets_in_force(tx, tools, row.id)]
    # Extra headers of an endpoint may carry a token. They are encrypted there, so they are not stored in clear here.
    hidden = {name.lower() for row in ours for name in settings_of(tools, row).headers}
    verified, verdict = _verdict(tx, keys, dict(headers), body)
    row = {
        "id": new_id("req"),
        "inbox_id": inbox.id,
        "received_at": tx.now,
        "headers": [
            [name, "***" if name.lower() in hidden else value[:_KEPT_HEADER]] for name, value in headers[:_KEPT_HEADERS]
        ],
        "body": body[:KEPT_BYTES],
        "body_bytes": len(body),
        "answered": inbox.answer,
        "verified": verified,
        "verdict": verdict,
    }
    tx.execute(inbox_requests.insert(), row)
    of_inbox = inbox_requests.c.inbox_id == inbox.id
    newest = select(inbox_requests.c.id).where(of_inbox).order_by(inbox_requests.c.id.desc())
    oldest_kept = tx.execute(newest.offset(KEPT_REQUESTS - 1).limit(1)).scalar()
    if oldest_kept:
        tx.execute(delete(inbox_requests).where(of_inbox, inbox_requests.c.id < oldest_kept))
    return inbox.answer


def _verdict(tx: Tx, keys: Sequence[RevealedSecret], headers: dict[str, str], body: bytes) -> tuple[bool, str]:
    """Return whether a secret in force made the signature, and a sentence about it."""
    if not keys:
        return False, "No endpoint of this account sends here."
    if "webhook-signature" not in headers:
        return False, "It carries no signature."
    reason = ""
    for key in keys:
        try:
            if key.public_key:
                verify_v1a(key.public_key, body, headers, tx.now)
            else:
                Webhook(key.value).verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            reason = reason or str(error)
        else:
            return True, f"Verified with the endpoint's secret ({key.scheme})."
    if "timestamp" in reason:
        return False, "The timestamp is more than five minutes from now."
    return False, "The signature does not match the endpoint's secrets."


def requests(tx: Tx, inbox: Inbox, limit: int, before: str | None = None) -> list[Arrival]:
    """Return the requests that arrived, newest first, older than the request `before`."""
    query = select(*_ARRIVALS.columns).where(inbox_requests.c.inbox_id == inbox.id)
    if before is not None:
        query = query.where(inbox_requests.c.id < before)
    return _ARRIVALS.all(tx, query.order_by(inbox_requests.c.id.desc()).limit(limit))


def request(tx: Tx, account: Account, request_id: str) -> Arrival:
    """Return one request of the account's inbox.

    Raise `NotFound` when it is not kept.
    """
    query = select(*_ARRIVALS.columns).join(inboxes, inboxes.c.id == inbox_requests.c.inbox_id)
    query = query.where(inboxes.c.account_id == account.id, inbox_requests.c.id == request_id)
    found = _ARRIVALS.first(tx, query)
    if found is None:
        raise NotFound(f"There is no request {request_id} in the inbox. It keeps the newest {KEPT_REQUESTS}.")
    return found


def set_answer(tx: Tx, actor: Actor, status: int) -> None:
    """Answer with this status from now on, so that users can see the effect of a failure.

    Raise `Invalid` for a status outside `ANSWERS`.
    """
    if status not in ANSWERS:
        raise Invalid(f"Answer: choose one of {', '.join(map(str, ANSWERS))}.")
    tx.execute(update(inboxes).where(inboxes.c.account_id == actor.account.id).values(answer=status))


def clear(tx: Tx, actor: Actor) -> None:
    """Delete the requests that arrived."""
    inbox = find(tx, actor.account)
    if inbox:
        tx.execute(delete(inbox_requests).where(inbox_requests.c.inbox_id == inbox.id))


def fingerprint(tx: Tx, account_id: str) -> str | None:
    """Return the id of the inbox's newest request, by which a page sees whether a request has arrived."""
    query = select(inbox_requests.c.id).join(inboxes, inboxes.c.id == inbox_requests.c.inbox_id)
    query = query.where(inboxes.c.account_id == account_id).order_by(inbox_requests.c.id.desc()).limit(1)
    newest: str | None = tx.execute(query).scalar()
    return newest
