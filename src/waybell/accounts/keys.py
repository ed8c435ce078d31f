"""API keys: making and changing them, always with an entry in the audit trail, and finding the owner of a key."""

import secrets
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Row, bindparam, delete, select, update

from waybell.accounts import audit, grants, meter
from waybell.accounts.actions import checked_name, token_hash
from waybell.accounts.grants import FULL, Grant
from waybell.accounts.model import Account, Actor, ApiKey
from waybell.accounts.tables import accounts, api_keys
from waybell.db.database import Tx
from waybell.db.prepared import Prepared, stored
from waybell.ground.errors import NotFound, Unauthorized
from waybell.ground.ids import new_id
from waybell.ground.rates import Rates, rules_of

PREFIX = "wb_"
_NOTE_USE_EVERY = timedelta(minutes=1)


def create(tx: Tx, actor: Actor, name: str, grant: Grant = FULL) -> tuple[ApiKey, str]:
    """Make an API key; return it with its text, which cannot be shown again because only its hash is stored.

    Raise `Invalid` for an unusable name or grant, and `Forbidden` when the actor's own key allows less.
    """
    name, grant = checked_name(name), _given(tx, actor, grant)
    text = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(new_id("key"), name, text[: len(PREFIX) + 4], True, tx.now, None, grant)
    row = {"id": key.id, "account_id": actor.account.id, "name": name, "hash": token_hash(text), "hint": key.hint}
    more = {"enabled": True, "created_at": tx.now, "restrictions": grants.as_stored(grant)}
    tx.execute(api_keys.insert(), {**row, **more})
    audit.record(tx, actor, f"made the key {name}", key.id, f"{key.hint}, {grants.in_words(grant)}")
    return key, text


def list_keys(tx: Tx, account: Account) -> list[ApiKey]:
    """Return all keys of the account, oldest first."""
    query = select(api_keys).where(api_keys.c.account_id == account.id).order_by(api_keys.c.id)
    return [_key(row) for row in tx.execute(query)]


def _key(row: Row[Any]) -> ApiKey:
    grant = grants.from_stored(row.restrictions)
    return ApiKey(row.id, row.name, row.hint, row.enabled, row.created_at, row.last_used_at, grant)


def find(tx: Tx, account: Account, key_id: str) -> ApiKey:
    for key in list_keys(tx, account):
        if key.id == key_id:
            return key
    raise NotFound(f"There is no key {key_id} in this account.")


def change(tx: Tx, actor: Actor, key_id: str, *, name: str | None = None, grant: Grant | None = None) -> ApiKey:
    """Change the name or the grant of a key from the next request on; None keeps the value.

    Raise `NotFound` for an unknown key, `Invalid` for an unusable value, and `Forbidden` when the old or the new grant
    allows more than the actor's own key.
    """
    key = _mine(tx, actor, key_id)
    if name is not None and (new := checked_name(name)) != key.name:
        _update(tx, key_id, name=new)
        audit.record(tx, actor, f"renamed the key {key.name}", key_id, f"to {new}")
        key = replace(key, name=new)
    if grant is not None and grant != key.grant:
        grant = _given(tx, actor, grant)
        if grant != key.grant:
            _update(tx, key_id, restrictions=grants.as_stored(grant))
            audit.record(tx, actor, f"changed what the key {key.name} may do", key_id, grants.in_words(grant))
            key = replace(key, grant=grant)
    return key


def enable(tx: Tx, actor: Actor, key_id: str, *, enabled: bool) -> ApiKey:
    """Enable or disable a key, from the next request on."""
    key = _mine(tx, actor, key_id)
    if key.enabled != enabled:
        _update(tx, key_id, enabled=enabled)
        audit.record(tx, actor, f"{'enabled' if enabled else 'disabled'} the key {key.name}", key_id, key.hint)
    return key


def remove(tx: Tx, actor: Actor, key_id: str) -> ApiKey:
    """Delete a key for good."""
    key = _mine(tx, actor, key_id)
    tx.execute(delete(api_keys).where(api_keys.c.id == key_id))
    meter.forget(tx, key_id)
    audit.record(tx, actor, f"deleted the key {key.name}", key_id, f"{key.hint}, {key_id}")
    return key


def _mine(tx: Tx, actor: Actor, key_id: str) -> ApiKey:
    """Return a key of the actor's account that allows no more than the actor's own key."""
    key = find(tx, actor.account, key_id)
    if actor.grant:
        grants.check_gives(key.grant, actor.grant)
    return key


def _given(tx: Tx, actor: Actor, wanted: Grant) -> Grant:
    """Return the grant as stored. Rates missing in `wanted` are those of the actor's own key."""
    grant = grants.checked(wanted, tx.now)
    if actor.grant:
        grant = replace(grant, rates=grant.rates.or_default(actor.grant.rates))
        grants.check_gives(grant, actor.grant)
    return grant


def _update(tx: Tx, key_id: str, **values: Any) -> None:
    tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(**values))


@dataclass(frozen=True, slots=True)
class Known:
    """The owner of a key that was just used; when `stale` is set, the caller calls `note_use`."""

    actor: Actor
    grant: Grant  # with all its rates set
    stale: bool


def authenticate(tx: Tx, key_text: str | None, defaults: Rates) -> Known:
    """Return the owner and the grant of a key; `defaults` are the rates of a key without its own.

    Raise `Unauthorized` when the key is missing, or when it is unknown, disabled or expired, without saying which of
    these three it is.
    """
    if not key_text:
        raise Unauthorized("Send your API key in the X-API-KEY header.")
    rows = _whose.run(tx, {"key_hash": token_hash(key_text.strip())})
    grant = _grant(rows[0].restrictions, defaults) if rows else None
    if grant is None or (grant.expires_at and grant.expires_at <= tx.now):
        raise Unauthorized("This API key is unknown, disabled or expired. Make one with: waybell key create")
    row = rows[0]
    stale = row.last_used_at is None or stored(tx.now - _NOTE_USE_EVERY) >= row.last_used_at
    actor = Actor(Account(row.account_id, row.name, row.time_zone), row.key_name, grant, row.id)
    return Known(actor, grant, stale)


@lru_cache(maxsize=1000)
def _grant(restrictions: str | None, defaults: Rates) -> Grant:
    """Return the grant, cached because every request needs it."""
    grant = grants.from_stored(from_json(restrictions) if restrictions else None)
    return replace(grant, rates=grant.rates.or_default(defaults))


_whose = Prepared(
    select(
        api_keys.c.id,
        api_keys.c.name.label("key_name"),
        api_keys.c.last_used_at,
        api_keys.c.restrictions,
        accounts.c.id.label("account_id"),
        accounts.c.name,
        accounts.c.time_zone,
    )
    .join(accounts, accounts.c.id == api_keys.c.account_id)
    .where(api_keys.c.hash == bindparam("key_hash"), api_keys.c.enabled)
)


def note_use(tx: Tx, key_id: str) -> None:
    """Record that the key was used now; callers do so at most once a minute for each key."""
    tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=tx.now))


def fingerprint(tx: Tx, account_id: str) -> Hashable:
    """Return a value that changes when a key is made, changed, used or deleted, and when a minute of counting ends."""
    rows = tx.execute(select(api_keys).where(api_keys.c.account_id == account_id).order_by(api_keys.c.id)).all()
    calls = meter.calls_in(tx, rules_of(Rates())[0], [row.id for row in rows])
    return repr(rows), tuple(sorted(calls.items()))
