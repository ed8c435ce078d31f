"""The page of users: who may sign in, and with which role."""

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import actions, people
from waybell.db.database import Tx
from waybell.ground.errors import Conflict, Invalid
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
        made.append(people.add(tx, visit.actor, email=email, name=name, role=role, password=kept))
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
        users=users,
        faults=wrong or {},
        sent=sent or Fields([]),
        password=password,
    )


@router.post(f"{_PATH}/{{user_id}}/role")
def change_role(visit: Admin, user_id: str, sent: Sent) -> Response:
    if user_id == visit.user.id:
        return go_to(_PATH, "You cannot change your own role. Another admin can.", failed=True)
    try:
        with visit.change() as tx:
            people.change_role(tx, visit.actor, user_id, sent.text("Role"))
    except (Conflict, Invalid) as error:
        return go_to(_PATH, str(error), failed=True)
    return go_to(_PATH, "The role is changed; that counts from the next page on.")


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
