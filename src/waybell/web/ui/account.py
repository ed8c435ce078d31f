"""The page of the account: its name and time zone, and the settings that each user may change for themselves."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from waybell.accounts import actions, people, person_scopes
from waybell.ground.errors import Invalid
from waybell.pictures import actions as pictures
from waybell.pictures import store
from waybell.pictures.links import to_logo_here
from waybell.web.ui.forms import Fields, Sent, SentFile, check_unchanged, faults, stamp
from waybell.web.ui.password_limits import PasswordLimits, TooManyGuesses
from waybell.web.ui.render import go_to, page
from waybell.web.ui.visit import Admin, Viewer, Visit
from waybell.webhooks.endpoints import alerts
from waybell.webhooks.endpoints.store import find_alert_url
from waybell.webhooks.history import message_log

router = APIRouter()

_PATH = "/settings/account"


@router.get(_PATH)
def show(visit: Viewer) -> Response:
    return _page(visit)


def _page(visit: Visit, wrong: Mapping[str, str] | None = None, **typed: str) -> Response:
    shown = {"account_name": visit.account.name, "zone": visit.account.time_zone, "own_name": visit.user.name, **typed}
    with visit.read() as tx:
        logo = store.logo(tx, visit.account.id)
        link = to_logo_here(logo.id, tx.links, tx.now) if logo else None
        alert = find_alert_url(tx, visit.account.id)
        tried = message_log.latest_attempts(tx, [alert.id])[alert.id] if alert else ()
    shown = {"alert_url": alert.url if alert else "", **shown}
    facts: dict[str, Any] = {
        "alert": alert,
        "last_alert": next(iter(tried), None),
        "zones": actions.time_zones(),
        "faults": wrong or {},
        "logo": link,
        "limits": person_scopes.in_words(visit.user.scope),
        **shown,
    }
    facts["seen"] = stamp(_as_fields(visit))
    return page(visit, "account.html", 400 if wrong else 200, nav="account", **facts)


def _as_fields(visit: Visit) -> Fields:
    """Return the values of the account as its form sends them."""
    return Fields([("Name", visit.account.name), ("TimeZone", visit.account.time_zone)])


@router.post(_PATH)
def change(visit: Admin, sent: Sent) -> Response:
    try:
        with visit.change() as tx:
            check_unchanged(sent, _as_fields(visit))
            people.change_account(tx, visit.actor, sent.text("Name"), sent.text("TimeZone"))
    except Invalid as error:
        # The page has a second field with the name Name.
        wrong = {f"Account{name}" if name else "": text for name, text in faults(error).items()}
        return _page(visit, wrong, account_name=sent.text("Name"), zone=sent.text("TimeZone"))
    return go_to(_PATH, "The account is changed. Times show in its zone.")


@router.post(f"{_PATH}/alerts")
def change_alert_url(visit: Admin, sent: Sent) -> Response:
    """Set the alert URL, which also gets the events about endpoints; an empty one removes it."""
    url = sent.text("Url")
    try:
        with visit.change() as tx:
            if url:
                alerts.set_url(tx, visit.tools, visit.actor, url)
            elif find_alert_url(tx, visit.account.id):
                alerts.remove(tx, visit.tools, visit.actor)
    except Invalid as error:
        return _page(visit, faults(error), alert_url=url)
    return go_to(_PATH, "Alerts go there too." if url else "Alerts go to the endpoints alone.")


@router.post(f"{_PATH}/logo")
def change_logo(visit: Admin, file: SentFile) -> Response:
    if not file:
        return _page(visit, {"Logo": "Choose a file first."})
    try:
        png = visit.costly.logo(file)  # outside the transaction, because it takes a while
    except Invalid as error:
        return _page(visit, {"Logo": str(error)})
    with visit.change() as tx:
        pictures.set_logo(tx, visit.actor, png)
    return go_to(_PATH, "The logo is changed. It stands on new documents and on tracking pages.")


@router.post(f"{_PATH}/logo/remove")
def remove_logo(visit: Admin) -> Response:
    with visit.change() as tx:
        pictures.set_logo(tx, visit.actor, None)
    return go_to(_PATH, "The logo is removed.")


@router.post(f"{_PATH}/name")
def rename(visit: Viewer, sent: Sent) -> Response:
    try:
        with visit.change() as tx:
            people.rename(tx, visit.actor, visit.user.id, sent.text("Name"))
    except Invalid as error:
        return _page(visit, faults(error), own_name=sent.text("Name"))
    return go_to(_PATH, "Your name is changed.")


@router.post(f"{_PATH}/password")
def change_password(visit: Viewer, sent: Sent) -> Response:
    limits: PasswordLimits = visit.request.app.state.password_limits
    try:
        user_id = limits.check(visit.request, visit.user.email, sent.text("OldPassword"))
    except TooManyGuesses as error:
        return _page(visit, {"OldPassword": str(error)})
    if user_id != visit.user.id:
        return _page(visit, {"OldPassword": "This is not your password."})
    try:
        kept = visit.costly.new_password(sent.text("Password"))
    except Invalid as error:
        return _page(visit, faults(error))
    with visit.change() as tx:
        people.choose_password(tx, visit.actor, visit.user.id, kept, visit.token)
    return go_to(_PATH, "Your password is changed; elsewhere you are signed out.")


@router.post(f"{_PATH}/sessions")
def end_sessions(visit: Viewer) -> Response:
    with visit.change() as tx:
        people.sign_out(tx, visit.actor, visit.user.id, but=visit.token)
    return go_to(_PATH, "You are signed out everywhere else.")
