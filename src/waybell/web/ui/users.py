"""The page of users: who may sign in, and with which role."""

from collections.abc import Mapping
from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import actions, people, person_scopes
from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Invalid
from waybell.ground.scope import EVERYTHING, Scope
from waybell.web.ui.forms import Fields, Sent, faults, submit_once
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Visit

router = APIRouter()

_PATH = "/settings/users"


@router.get(_PATH)
def show(visit: Admin) -> Response:
    return _page(visit)


@router.post(_PATH)
def add(visit: Admin, sent: Sent) -> Response:
    password = people.made_up_password()
    kept = visit.costly.new_password(password)
    made: list[str] = []

    def make(tx: Tx) -> str:
        email, name, role = sent.text("Email"), sent.text("Name"), sent.text("Role")
        person = {"email": email, "name": name, "role": role}
        made.append(people.add(tx, visit.actor, **person, password=kept, scope=_scope(sent) or EVERYTHING))
        return made[0]

    try:
        submit_once(visit, sent, make)
    except (Invalid, Conflict) as error:
        return _page(visit, faults(error), sent)
    if not made:
        return go_to(_PATH, "The user was added by the first click. Give them a new password if you missed it.")
    return _page(visit, password=(sent.text("Email"), password))


def _page(
    visit: Visit,
    wrong: Mapping[str, str] | None = None,
    sent: Fields | None = None,
    password: tuple[str, str] | None = None,
) -> Response:
    with visit.read() as tx:
        users = actions.list_users(tx, visit.account)
    return page(
        visit,
        "users.html",
        400 if wrong else 200,
        nav="users",
        roles=people.ROLES,
        in_words=person_scopes.in_words,
        users=users,
        faults=wrong or {},
        sent=sent or Fields([]),
        password=password,
    )


@router.get(f"{_PATH}/{{user_id}}")
def access(visit: Admin, user_id: str) -> Response:
    return _access(visit, user_id)


def _access(visit: Visit, user_id: str, sent: Fields | None = None, wrong: Mapping[str, str] | None = None) -> Response:
    """Show the form for the role of a user, and for what the user is limited to."""
    with visit.read() as tx:
        user = people.find(tx, visit.actor, user_id)
    lists = [(name.title(), "\n".join(ids)) for name, ids in asdict(user.scope).items()]
    shown = sent or Fields([("Role", user.role), *lists])
    return page(visit, "user.html", 400 if wrong else 200, nav="users", user=user, sent=shown, faults=wrong or {})


@router.post(f"{_PATH}/{{user_id}}/role")
def change_role(visit: Admin, user_id: str, sent: Sent) -> Response:
    if user_id == visit.user.id:
        return go_to(_PATH, "You cannot change your own role. Another admin can.", failed=True)
    try:
        with visit.change() as tx:
            people.change_role(tx, visit.actor, user_id, sent.text("Role"), _scope(sent))
    except (Conflict, Invalid) as error:
        return _access(visit, user_id, sent, faults(error))
    return go_to(_PATH, "The role is changed; that counts from the next page on.")


def _scope(sent: Fields) -> Scope | None:
    """Return what the user is to be limited to, or None when the form does not ask for it."""
    if not any(sent.rows(name.title()) for name in person_scopes.LISTS):
        return None
    return person_scopes.read({name: sent.text(name.title()).splitlines() for name in person_scopes.LISTS})


@router.post(f"{_PATH}/{{user_id}}/password")
def new_password(visit: Admin, user_id: str) -> Response:
    if user_id == visit.user.id:
        return go_to("/settings/account", "Choose your own password here.")
    password = people.made_up_password()
    kept = visit.costly.new_password(password)
    with visit.change() as tx:
        email = people.find(tx, visit.actor, user_id).email
        people.give_password(tx, visit.actor, user_id, kept)
    return _page(visit, password=(email, password))


@router.post(f"{_PATH}/{{user_id}}/sign-out")
def sign_out(visit: Admin, user_id: str) -> Response:
    if user_id == visit.user.id:
        return go_to("/settings/account", "Sign yourself out here.")
    with visit.change() as tx:
        people.sign_out(tx, visit.actor, user_id)
    return go_to(_PATH, "The user is signed out everywhere.")


@router.post(f"{_PATH}/{{user_id}}/remove")
def remove(visit: Admin, user_id: str) -> Response:
    if user_id == visit.user.id:
        return go_to(_PATH, "You cannot remove yourself. Another admin can.", failed=True)
    try:
        with visit.change() as tx:
            people.remove(tx, visit.actor, user_id)
    except Conflict as error:
        return go_to(_PATH, str(error), failed=True)
    return go_to(_PATH, "The user is removed and signed out everywhere.")
