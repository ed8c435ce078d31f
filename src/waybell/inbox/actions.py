"""What is done with an inbox: open it, take what arrives and check it, choose what it answers, clear it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, update
from standardwebhooks import Webhook, WebhookVerificationError

from waybell.accounts.model import Account, Actor
from waybell.db.database import Tx
from waybell.errors import Invalid, NotFound
from waybell.ids import new_id
from waybell.inbox.tables import inbox_requests, inboxes
from waybell.webhooks.actions import Means, RevealedSecret, secrets_in_force
from waybell.webhooks.signing import verify_v1a
from waybell.webhooks.tables import endpoints

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


def open_inbox(tx: Tx, actor: Actor) -> Inbox:
    """The inbox of the account, made if there is none."""
    found = find(tx, actor.account)
    if found:
        return found
    inbox = Inbox(new_id("inb"), actor.account.id, secrets.token_urlsafe(32), ANSWERS[0])
    row = {"id": inbox.id, "account_id": inbox.account_id, "token": inbox.token, "answer": inbox.answer}
    tx.execute(inboxes.insert(), row | {"created_at": tx.now})
    return inbox


def find(tx: Tx, account: Account) -> Inbox | None:
    return _one(tx, inboxes.c.account_id == account.id)


def by_token(tx: Tx, token: str) -> Inbox:
    """The inbox whose URL ends with this. Raises `NotFound`."""
    found = _one(tx, inboxes.c.token == token) if "\0" not in token else None
    if found is None:
        raise NotFound("There is no inbox at this URL.")
    return found


def _one(tx: Tx, which: Any) -> Inbox | None:
    table = inboxes.c
    row = tx.execute(select(table.id, table.account_id, table.token, table.answer).where(which)).one_or_none()
    return Inbox(*row) if row else None


def senders(tx: Tx, inbox: Inbox, url: str) -> list[Row[Any]]:
    """The endpoints of the inbox's account that send to `url`, which is the inbox's."""
    query = select(endpoints).where(endpoints.c.account_id == inbox.account_id, endpoints.c.url == url)
    return list(tx.execute(query.where(endpoints.c.state != "deleted").order_by(endpoints.c.id)))


def receive(tx: Tx, means: Means, inbox: Inbox, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> int:
    """Keep a request with the verdict on its signature, and forget the oldest. Answers the status to answer with."""
    keys = [key for row in senders(tx, inbox, url) for key in secrets_in_force(tx, means, row.id)]
    verified, verdict = _verdict(tx, keys, dict(headers), body)
    row = {
        "id": new_id("req"),
        "inbox_id": inbox.id,
        "received_at": tx.now,
        "headers": [[name, value[:_KEPT_HEADER]] for name, value in headers[:_KEPT_HEADERS]],
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
    if not keys:
        return False, "No endpoint of this account sends here."
    if "webhook-signature" not in headers:
        return False, "It carries no signature."
    for key in keys:
        try:
            if key.public_key:
                verify_v1a(key.public_key, body, headers, tx.now)
            else:
                Webhook(key.value).verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):
            continue
        return True, f"Verified ({key.scheme}) with the secret of the endpoint."
    return False, "The signature does not match the secrets of the endpoint."


def requests(tx: Tx, inbox: Inbox, limit: int = 50) -> list[Row[Any]]:
    """What arrived, newest first."""
    query = select(inbox_requests).where(inbox_requests.c.inbox_id == inbox.id)
    return list(tx.execute(query.order_by(inbox_requests.c.id.desc()).limit(limit)))


def set_answer(tx: Tx, actor: Actor, status: int) -> None:
    """From now on answer with this status: for trying what a failure does."""
    if status not in ANSWERS:
        raise Invalid(f"Answer: choose one of {', '.join(map(str, ANSWERS))}.")
    tx.execute(update(inboxes).where(inboxes.c.account_id == actor.account.id).values(answer=status))


def clear(tx: Tx, actor: Actor) -> None:
    inbox = find(tx, actor.account)
    if inbox:
        tx.execute(delete(inbox_requests).where(inbox_requests.c.inbox_id == inbox.id))
