"""Changing the users of an account: roles, passwords, removal; and the account's own name and time zone."""

import secrets

from sqlalchemy import delete, func, select, update

from waybell.accounts import actions, audit, person_scopes, sessions
from waybell.accounts.model import Account, Actor, Role, User
from waybell.accounts.passwords import PasswordHash
from waybell.accounts.tables import accounts, users
from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Invalid, NotFound
from waybell.ground.scope import EVERYTHING, Scope

ROLES: tuple[Role, ...] = ("admin", "dispatcher", "viewer", "shipper-manager", "carrier")


def add(
    tx: Tx,
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str,
    password: PasswordHash,
    scope: Scope = EVERYTHING,
) -> str:
    """Add a user to the actor's account, and return the user's id.

    Raise `Invalid` for an unusable value, and `Conflict` when the address is taken.
    """
    user_id = actions.create_user(
        tx, actor.account, email=email, name=name, role=_role(role), password=password, scope=scope
    )
    act = f"added the user {email.strip().lower()} as {role}"
    limited = "" if scope.is_all else f", limited to {person_scopes.in_words(scope)}"
    audit.record(tx, actor, act, user_id, f"named {actions.checked_name(name)}{limited}")
    return user_id


def change_role(tx: Tx, actor: Actor, user_id: str, role: str, scope: Scope | None = None) -> None:
    """Give a user another role or scope, from the next request on; without a scope the present one stays.

    Raise `Conflict` when the account would have no admin left, and `Invalid` for a scope that does not suit the role.
    """
    user = find(tx, actor, user_id)
    new = _role(role)
    after = person_scopes.checked(new, user.scope if scope is None else scope)
    if (new, after) == (user.role, user.scope):
        return
    if user.role == "admin" and new != "admin":
        _keep_an_admin(tx, actor)
    change = update(users).where(users.c.id == user_id)
    tx.execute(change.values(role=new, scope=person_scopes.as_stored(after)))
    limited = "" if after == user.scope else f"limited to {person_scopes.in_words(after)}"
    audit.record(tx, actor, f"made {user.email} {new}", user_id, limited)


def give_password(tx: Tx, actor: Actor, user_id: str, password: PasswordHash) -> None:
    """Set a password that was generated for the user, and sign the user out everywhere."""
    user = find(tx, actor, user_id)
    _set_password(tx, user_id, password)
    sessions.end_all(tx, user_id)
    audit.record(tx, actor, f"gave {user.email} a new password", user_id)


def made_up_password() -> str:
    """Generate a password, to be shown once."""
    return secrets.token_urlsafe(12)


def choose_password(tx: Tx, actor: Actor, user_id: str, password: PasswordHash, this_session: str) -> None:
    """Set a password chosen by the user, and end the user's sign-in links and sessions except the present one."""
    _set_password(tx, user_id, password)
    sessions.end_all(tx, user_id, but=this_session)
    audit.record(tx, actor, "changed the own password", user_id)


def sign_out(tx: Tx, actor: Actor, user_id: str, but: str | None = None) -> None:
    """End all sessions and sign-in links of the user, except the session of the token `but`."""
    user = find(tx, actor, user_id)
    sessions.end_all(tx, user_id, but=but)
    audit.record(tx, actor, f"signed {user.email} out everywhere{' else' if but else ''}", user_id)


def reset_password(tx: Tx, user_id: str, password: PasswordHash) -> None:
    """Set a user's password by a command on the server, and end all sessions and sign-in links of the user."""
    _set_password(tx, user_id, password)
    sessions.end_all(tx, user_id)
    audit.record(tx, _in_terminal(tx, user_id), "set the password of a user", user_id)


def change_role_in_terminal(tx: Tx, user_id: str, role: str, scope: Scope) -> None:
    """Give a user another role and scope by a command on the server."""
    change_role(tx, _in_terminal(tx, user_id), user_id, role, scope)


def make_link(tx: Tx, user_id: str) -> str:
    """Make a sign-in link by a command on the server, and return its token."""
    audit.record(tx, _in_terminal(tx, user_id), "made a sign-in link for a user", user_id)
    return sessions.make_link(tx, user_id)


def sign_out_in_terminal(tx: Tx, user_id: str) -> None:
    """Sign a user out everywhere by a command on the server."""
    sign_out(tx, _in_terminal(tx, user_id), user_id)


def _in_terminal(tx: Tx, user_id: str) -> Actor:
    account_id = tx.execute(select(users.c.account_id).where(users.c.id == user_id)).scalar_one()
    return in_terminal(actions.get_account(tx, account_id))


def in_terminal(account: Account) -> Actor:
    """Return the actor for commands on the server in this account."""
    return Actor(account, "the terminal of the server", id=audit.TERMINAL)


def rename(tx: Tx, actor: Actor, user_id: str, name: str) -> None:
    """Change a user's name, with an audit entry because older entries know the user by the old name."""
    name = actions.checked_name(name)
    tx.execute(update(users).where(users.c.id == user_id).values(name=name))
    audit.record(tx, actor, "changed the own name", user_id, f"to {name}")


def remove(tx: Tx, actor: Actor, user_id: str) -> None:
    """Delete a user with all sessions and sign-in links.

    Raise `Conflict` when the account would have no admin left.
    """
    user = find(tx, actor, user_id)
    if user.role == "admin":
        _keep_an_admin(tx, actor)
    sessions.end_all(tx, user_id)
    tx.execute(delete(users).where(users.c.id == user_id))
    audit.record(tx, actor, f"removed the user {user.email}", user_id, f"named {user.name}, {user_id}")


def find(tx: Tx, actor: Actor, user_id: str) -> User:
    found = [user for user in actions.list_users(tx, actor.account) if user.id == user_id]
    if not found:
        raise NotFound(f"There is no user {user_id} in this account.")
    return found[0]


def change_account(tx: Tx, actor: Actor, name: str, time_zone: str) -> None:
    if time_zone not in actions.time_zones():
        raise Invalid("TimeZone: choose one of the list, such as Europe/Berlin.")
    change = update(accounts).where(accounts.c.id == actor.account.id)
    name = actions.checked_name(name)
    tx.execute(change.values(name=name, time_zone=time_zone))
    audit.record(tx, actor, "changed the account", actor.account.id, f"{name}, {time_zone}")


def _role(text: str) -> Role:
    for role in ROLES:
        if role == text:
            return role
    raise Invalid(f"Role: choose one of {', '.join(ROLES)}.")


def _keep_an_admin(tx: Tx, actor: Actor) -> None:
    admins = (users.c.account_id == actor.account.id) & (users.c.role == "admin")
    # Lock the admins, or two of them could remove each other at the same moment.
    tx.execute(select(users.c.id).where(admins).order_by(users.c.id).with_for_update()).all()
    if tx.execute(select(func.count()).select_from(users).where(admins)).scalar_one() <= 1:
        raise Conflict("This is the only admin: somebody has to be one. Make another user admin first.")


def _set_password(tx: Tx, user_id: str, password: PasswordHash) -> None:
    tx.execute(update(users).where(users.c.id == user_id).values(password_hash=password))
