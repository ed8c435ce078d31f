"""Signing in: sessions, stored as rows so that a session can be ended, and links for opening a session."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from waybell.accounts import person_scopes
from waybell.accounts.actions import token_hash
from waybell.accounts.model import Account, Role, User
from waybell.accounts.tables import accounts, sessions, sign_in_links, users
from waybell.db.database import Tx
from waybell.ground.errors import Unauthorized

LINK_LIFETIME = timedelta(hours=1)
_NOTE_EVERY = timedelta(minutes=1)
_SPENT = "This sign-in link was used already or is too old. Make a new one with: waybell user link"


@dataclass(frozen=True, slots=True)
class Session:
    user: User
    account: Account
    stale: bool  # whether the caller is to call `note_use`


def begin(tx: Tx, user_id: str, lifetime: timedelta) -> str:
    """Begin a session of this user, and return the token for the cookie, of which only the hash is stored.

    `lifetime` counts from the last use of a session; expired sessions of this user are deleted.
    """
    old = (sessions.c.user_id == user_id) & (sessions.c.seen_at < tx.now - lifetime)
    tx.execute(delete(sessions).where(old))
    token = secrets.token_urlsafe(32)
    row = {"hash": token_hash(token), "user_id": user_id, "created_at": tx.now, "seen_at": tx.now}
    tx.execute(sessions.insert(), row)
    tx.execute(update(users).where(users.c.id == user_id).values(seen_at=tx.now))
    return token


def find(tx: Tx, token: str, lifetime: timedelta) -> Session | None:
    """Return the session of this token, or None when it does not exist or was not used within `lifetime`."""
    query = (
        select(
            users.c.id,
            users.c.email,
            users.c.name,
            users.c.role,
            users.c.scope,
            users.c.created_at,
            accounts.c.id.label("account_id"),
            accounts.c.name.label("account_name"),
            accounts.c.time_zone,
            sessions.c.seen_at,
        )
        .join_from(sessions, users, users.c.id == sessions.c.user_id)
        .join(accounts, accounts.c.id == users.c.account_id)
        .where(sessions.c.hash == token_hash(token), sessions.c.seen_at >= tx.now - lifetime)
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    role: Role = row.role
    user = User(row.id, row.email, row.name, role, person_scopes.from_stored(row.scope), row.created_at)
    account = Account(row.account_id, row.account_name, row.time_zone)
    return Session(user, account, stale=tx.now - row.seen_at >= _NOTE_EVERY)


def note_use(tx: Tx, token: str) -> None:
    """Record that the session was used now; callers do so at most once a minute."""
    used = update(sessions).where(sessions.c.hash == token_hash(token)).values(seen_at=tx.now)
    user_id = tx.execute(used.returning(sessions.c.user_id)).scalar()
    tx.execute(update(users).where(users.c.id == user_id).values(seen_at=tx.now))


def end(tx: Tx, token: str) -> None:
    tx.execute(delete(sessions).where(sessions.c.hash == token_hash(token)))


def end_all(tx: Tx, user_id: str, but: str | None = None) -> None:
    """End the user's sessions and sign-in links on all devices, except the session of the token `but`."""
    theirs = sessions.c.user_id == user_id
    tx.execute(
        delete(sessions).where(theirs, sessions.c.hash != token_hash(but)) if but else delete(sessions).where(theirs)
    )
    tx.execute(delete(sign_in_links).where(sign_in_links.c.user_id == user_id))


def make_link(tx: Tx, user_id: str) -> str:
    """Make a link that signs this user in once within the hour, and return its token."""
    token = secrets.token_urlsafe(32)
    tx.execute(
        sign_in_links.insert(), {"hash": token_hash(token), "user_id": user_id, "expires_at": tx.now + LINK_LIFETIME}
    )
    return token


def link_of(tx: Tx, token: str) -> str:
    """Return the e-mail address of the user whom this link would sign in.

    Raise `Unauthorized` when the link was used or has expired.
    """
    query = select(users.c.email).join_from(sign_in_links, users, users.c.id == sign_in_links.c.user_id)
    good = (sign_in_links.c.hash == token_hash(token)) & (sign_in_links.c.expires_at > tx.now)
    email: str | None = tx.execute(query.where(good)).scalar()
    if email is None:
        raise Unauthorized(_SPENT)
    return email


def use_link(tx: Tx, token: str) -> str:
    """Use up the link, and return the id of the user whom it signs in.

    Raise `Unauthorized` when the link was used or has expired.
    """
    spent = delete(sign_in_links).where(sign_in_links.c.hash == token_hash(token))
    row = tx.execute(spent.returning(sign_in_links.c.user_id, sign_in_links.c.expires_at)).one_or_none()
    if row is None or row.expires_at <= tx.now:
        raise Unauthorized(_SPENT)
    user_id: str = row.user_id
    return user_id
