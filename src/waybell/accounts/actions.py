"""Making accounts and users, and checking passwords."""

import hashlib
import secrets
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select

from waybell.accounts.model import Account, Role, User
from waybell.accounts.passwords import PasswordHash, hashed, is_right
from waybell.accounts.tables import accounts, users
from waybell.db.database import Database, Tx
from waybell.db.inserting import insert_into
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.ground.ids import new_id

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


def create_user(tx: Tx, account: Account, *, email: str, name: str, role: Role, password: PasswordHash) -> str:
    """A person who can sign in. Answers the user's id."""
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
        "password_hash": password,
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


def new_password(password: str) -> PasswordHash:
    """What is kept of it; made before the transaction that keeps it. Raises `Invalid` when it is too short."""
    if len(password) < _MIN_PASSWORD:
        raise Invalid(f"Password: it needs at least {_MIN_PASSWORD} characters.")
    return hashed(password)


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
    right = is_right(password, row.password_hash if row else _nobodys_hash())
    return row.id if row and right else None


@cache
def _nobodys_hash() -> str:
    return hashed(secrets.token_urlsafe())


def checked_name(name: str) -> str:
    """The name of a key, a user or an account as it is stored. Raises `Invalid`."""
    name = name.strip()
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise Invalid(f"Name: write 1 to {_MAX_NAME} characters.")
    return name


def is_empty(tx: Tx) -> bool:
    return tx.execute(select(accounts.c.id).limit(1)).first() is None


def token_hash(token: str) -> str:
    """What is kept of a key, a session or a link: they are random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()
