"""Making accounts, users and keys, and finding out whose key it is."""

import hashlib
import secrets
from datetime import timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import bindparam, select, update

from waybell.accounts import audit
from waybell.accounts.model import Account, Actor, ApiKey, Role, User
from waybell.accounts.tables import accounts, api_keys, users
from waybell.db.database import Database, Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Prepared, stored
from waybell.errors import Conflict, Invalid, NotFound, Unauthorized
from waybell.ids import new_id

KEY_PREFIX = "wb_"
_NOTE_USE_EVERY = timedelta(minutes=1)
_MIN_PASSWORD = 10
_MAX_NAME = 100
_MAX_EMAIL = 254
_NOT_ZONES = {"Factory", "localtime"}  # Debian keeps these beside them


def create_account(tx: Tx, name: str, time_zone: str = "UTC") -> Account:
    """A new company. `time_zone` is an IANA name such as `Europe/Tallinn`."""
    if time_zone not in time_zones():
        raise Invalid(f"{time_zone} is not a time zone. Use an IANA name such as Europe/Berlin.")
    account = Account(new_id("acc"), name, ZoneInfo(time_zone).key)
    tx.execute(
        accounts.insert(),
        {"id": account.id, "name": account.name, "time_zone": account.time_zone, "created_at": tx.now},
    )
    return account


@cache
def time_zones() -> tuple[str, ...]:
    """All IANA names, in their order. Finding them reads hundreds of files."""
    return tuple(sorted(available_timezones() - _NOT_ZONES))


def list_accounts(tx: Tx) -> list[Account]:
    rows = tx.execute(select(accounts.c.id, accounts.c.name, accounts.c.time_zone).order_by(accounts.c.id))
    return [Account(*row) for row in rows]


def get_account(tx: Tx, account_id: str) -> Account:
    query = select(accounts.c.id, accounts.c.name, accounts.c.time_zone).where(accounts.c.id == account_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no account {account_id}.")
    return Account(*row)


def create_user(tx: Tx, account: Account, *, email: str, name: str, role: Role, password: str) -> str:
    """A person who can sign in. Answers the user's id; the password is kept as an argon2 hash."""
    email = email.strip().lower()
    if "@" not in email or not email.isprintable() or len(email) > _MAX_EMAIL:
        raise Invalid("Email: the address must hold an @.")
    name = checked_name(name)
    check_new_password(password)
    row = {
        "id": new_id("usr"),
        "account_id": account.id,
        "email": email,
        "name": name,
        "role": role,
        "password_hash": PasswordHasher().hash(password),
        "created_at": tx.now,
    }
    # Not asked beforehand: somebody else may add the same address in between.
    insert = insert_into(users, on_postgres=tx.on_postgres).values(row)
    unknown = insert.on_conflict_do_nothing(index_elements=["email"])
    user_id: str | None = tx.execute(unknown.returning(users.c.id)).scalar()
    if user_id is None:
        raise Conflict(f"Email: a user {email} exists already.")
    return user_id


def user_of_email(tx: Tx, email: str) -> str | None:
    """The id of the user who signs in with this address."""
    query = select(users.c.id).where(users.c.email == email.strip().lower())
    user_id: str | None = tx.execute(query).scalar()
    return user_id


def check_new_password(password: str) -> None:
    """Raises `Invalid` when it is too short."""
    if len(password) < _MIN_PASSWORD:
        raise Invalid(f"Password: it needs at least {_MIN_PASSWORD} characters.")


def list_users(tx: Tx, account: Account) -> list[User]:
    query = select(users.c.id, users.c.email, users.c.name, users.c.role, users.c.created_at, users.c.seen_at)
    return [User(*row) for row in tx.execute(query.where(users.c.account_id == account.id).order_by(users.c.id))]


def check_password(database: Database, email: str, password: str) -> str | None:
    """The id of the user who signs in with these, or None. Takes as long for an unknown e-mail as for a wrong one.

    It takes a while by design, and keeps no transaction open for it.
    """
    with database.reading() as tx:
        query = select(users.c.id, users.c.password_hash).where(users.c.email == email.strip().lower())
        row = tx.execute(query).first()
    try:
        PasswordHasher().verify(row.password_hash if row else _nobodys_hash(), password)
    except VerificationError:
        return None
    return row.id if row else None


@cache
def _nobodys_hash() -> str:
    return PasswordHasher().hash(secrets.token_urlsafe())


def create_key(tx: Tx, account: Account, name: str) -> tuple[ApiKey, str]:
    """A new API key and its text, which is shown now and never again: only its hash is kept. Raises `Invalid`."""
    name = checked_name(name)
    text = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(new_id("key"), name, text[: len(KEY_PREFIX) + 4], enabled=True, created_at=tx.now, last_used_at=None)
    tx.execute(
        api_keys.insert(),
        {
            "id": key.id,
            "account_id": account.id,
            "name": name,
            "hash": token_hash(text),
            "hint": key.hint,
            "enabled": True,
            "created_at": tx.now,
        },
    )
    return key, text


def list_keys(tx: Tx, account: Account) -> list[ApiKey]:
    query = select(
        api_keys.c.id,
        api_keys.c.name,
        api_keys.c.hint,
        api_keys.c.enabled,
        api_keys.c.created_at,
        api_keys.c.last_used_at,
    )
    return [
        ApiKey(*row) for row in tx.execute(query.where(api_keys.c.account_id == account.id).order_by(api_keys.c.id))
    ]


def find_key(tx: Tx, account: Account, key_id: str) -> ApiKey:
    for key in list_keys(tx, account):
        if key.id == key_id:
            return key
    raise NotFound(f"There is no key {key_id} in this account.")


def enable_key(tx: Tx, actor: Actor, key_id: str, *, enabled: bool) -> ApiKey:
    """Switch a key on or off, which is put on record; from the next request on it counts."""
    key = find_key(tx, actor.account, key_id)
    if key.enabled != enabled:
        _change_key(tx, actor.account, key_id, enabled=enabled)
        audit.record(tx, actor, f"{'enabled' if enabled else 'disabled'} the key {key.name}", key_id, key.hint)
    return key


def rename_key(tx: Tx, actor: Actor, key_id: str, name: str) -> None:
    key, name = find_key(tx, actor.account, key_id), checked_name(name)
    _change_key(tx, actor.account, key_id, name=name)
    audit.record(tx, actor, f"renamed the key {key.name}", key_id, f"to {name}")


def _change_key(tx: Tx, account: Account, key_id: str, **values: Any) -> None:
    change = update(api_keys).where(api_keys.c.id == key_id, api_keys.c.account_id == account.id)
    if tx.execute(change.values(**values)).rowcount == 0:
        raise NotFound(f"There is no key {key_id} in this account.")


def checked_name(name: str) -> str:
    """The name of a key, a user or an account as it is stored. Raises `Invalid`."""
    name = name.strip()
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise Invalid(f"Name: write 1 to {_MAX_NAME} characters.")
    return name


def authenticate(tx: Tx, key_text: str | None) -> tuple[Actor, str | None]:
    """Whose key this is, and the key's id when its use is worth noting (see `note_use`).

    Raises `Unauthorized` for no key, an unknown key and a disabled one, without saying which of the last two.
    """
    if not key_text:
        raise Unauthorized("Send your API key in the X-API-KEY header.")
    rows = _whose.run(tx, {"key_hash": token_hash(key_text.strip())})
    row = rows[0] if rows else None
    if row is None:
        raise Unauthorized("This API key is unknown or disabled. Make one with: waybell key create")
    stale = row.last_used_at is None or stored(tx.now - _NOTE_USE_EVERY) >= row.last_used_at
    return Actor(Account(row.account_id, row.name, row.time_zone), row.key_name), row.id if stale else None


_whose = Prepared(
    select(
        api_keys.c.id,
        api_keys.c.name.label("key_name"),
        api_keys.c.last_used_at,
        accounts.c.id.label("account_id"),
        accounts.c.name,
        accounts.c.time_zone,
    )
    .join(accounts, accounts.c.id == api_keys.c.account_id)
    .where(api_keys.c.hash == bindparam("key_hash"), api_keys.c.enabled)
)


def note_use(tx: Tx, key_id: str) -> None:
    """Remember that the key was used now; called at most once a minute for each key."""
    tx.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=tx.now))


def is_empty(tx: Tx) -> bool:
    return tx.execute(select(accounts.c.id).limit(1)).first() is None


def token_hash(token: str) -> str:
    """What is kept of a key, a session or a link: they are random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
