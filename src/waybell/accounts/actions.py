"""Making accounts and users, and checking passwords."""

import hashlib
import secrets
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select

from waybell.accounts import person_scopes
from waybell.accounts.model import Account, Role, User
from waybell.accounts.passwords import PasswordHash, hashed, is_right
from waybell.accounts.tables import accounts, users
from waybell.db.database import Database, Tx
from waybell.db.inserting import insert_into
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.ground.ids import new_id
from waybell.ground.scope import EVERYTHING, Scope

_MIN_PASSWORD = 10
_MAX_NAME = 100
_MAX_EMAIL = 254
_NOT_ZONES = {"Factory", "localtime"}  # Debian keeps these files beside the time zones


def create_account(tx: Tx, name: str, time_zone: str = "UTC") -> Account:
    """Make the account of a new company. `time_zone` is an IANA name such as `Europe/Tallinn`.

    Raise `Invalid` when the time zone is unknown.
    """
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
    """Return all IANA names in alphabetical order. Finding them reads hundreds of files."""
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


def create_user(
    tx: Tx,
    account: Account,
    *,
    email: str,
    name: str,
    role: Role,
    password: PasswordHash,
    scope: Scope = EVERYTHING,
) -> str:
    """Make a user who can sign in, and return the user's id.

    Raise `Invalid` for an unusable address or name, and `Conflict` when the address is taken.
    """
    email = email.strip().lower()
    if "@" not in email or not email.isprintable() or len(email) > _MAX_EMAIL:
        raise Invalid("Email: the address must hold an @.")
    name = checked_name(name)
    row = {
        "id": new_id("usr"),
        "account_id": account.id,
        "email": email,
        "name": name,
        "role": role,
        "scope": person_scopes.as_stored(person_scopes.checked(role, scope)),
        "password_hash": password,
        "created_at": tx.now,
    }
    # Insert without a look-up first, because another transaction may add the same address in between.
    insert = insert_into(users, on_postgres=tx.on_postgres).values(row)
    unknown = insert.on_conflict_do_nothing(index_elements=["email"])
    user_id: str | None = tx.execute(unknown.returning(users.c.id)).scalar()
    if user_id is None:
        raise Conflict(f"Email: a user {email} exists already.")
    return user_id


def user_of_email(tx: Tx, email: str) -> str | None:
    """Return the id of the user who signs in with this address, or None."""
    query = select(users.c.id).where(users.c.email == email.strip().lower())
    user_id: str | None = tx.execute(query).scalar()
    return user_id


def new_password(password: str) -> PasswordHash:
    """Check a new password and return its hash.

    Call this before the transaction that stores the hash, because hashing is slow by design. Raise `Invalid` when the
    password is too short.
    """
    if len(password) < _MIN_PASSWORD:
        raise Invalid(f"Password: it needs at least {_MIN_PASSWORD} characters.")
    return hashed(password)


def list_users(tx: Tx, account: Account) -> list[User]:
    query = select(users).where(users.c.account_id == account.id).order_by(users.c.id)
    return [
        User(
            row.id,
            row.email,
            row.name,
            row.role,
            person_scopes.from_stored(row.scope),
            row.created_at,
            row.seen_at,
        )
        for row in tx.execute(query)
    ]


def check_password(database: Database, email: str, password: str) -> str | None:
    """Return the id of the user with this address and password, or None.

    The check is slow by design, so no transaction is open meanwhile. An unknown address takes as long as a wrong
    password, so the time does not reveal which addresses exist.
    """
    with database.reading() as tx:
        query = select(users.c.id, users.c.password_hash).where(users.c.email == email.strip().lower())
        row = tx.execute(query).first()
    right = is_right(password, row.password_hash if row else _unmatchable_hash())
    return row.id if row and right else None


@cache
def _unmatchable_hash() -> str:
    return hashed(secrets.token_urlsafe())


def checked_name(name: str) -> str:
    """Return the name of a key, a user or an account without surrounding blanks.

    Raise `Invalid` when it is empty, too long or not printable.
    """
    name = name.strip()
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise Invalid(f"Name: write 1 to {_MAX_NAME} characters.")
    return name


def is_empty(tx: Tx) -> bool:
    return tx.execute(select(accounts.c.id).limit(1)).first() is None


def token_hash(token: str) -> str:
    """Return the hash under which a token is stored. A token is random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
