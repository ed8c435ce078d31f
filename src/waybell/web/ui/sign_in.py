"""The pages for signing in and out."""

import json
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from waybell.accounts import sessions
from waybell.ground.errors import Unauthorized
from waybell.web.ui import form_drafts
from waybell.web.ui.forms import Sent
from waybell.web.ui.password_limits import PasswordLimits, TooManyGuesses
from waybell.web.ui.render import go_to, plain_page
from waybell.web.ui.visit import NotSignedIn, Viewer, cookie_name, signed_in

router = APIRouter()


@router.get("/sign-in")
def show(request: Request, to: Annotated[str, Query()] = "/") -> Response:
    try:
        signed_in(request)
    except NotSignedIn:
        return _form(request, to)
    return go_to(_own_path(to))


@router.post("/sign-in")
def sign_in(request: Request, sent: Sent) -> Response:
    email, to, typed = sent.text("Email"), _own_path(sent.text("to")), sent.text("typed")
    limits: PasswordLimits = request.app.state.password_limits
    try:
        user_id = limits.check(request, email, sent.text("Password"))
    except TooManyGuesses as error:
        request.app.state.refusals.sign_in(request, email, "throttled")
        return _form(request, to, email, str(error), 429, typed)
    if user_id is None:
        request.app.state.refusals.sign_in(request, email, "wrong")
        return _form(request, to, email, "The e-mail address or the password is wrong.", 401, typed)
    return _begin(request, user_id, _with_draft(request, to, typed))


@router.get("/sign-in/link")
def show_link(request: Request, token: Annotated[str, Query()] = "") -> Response:
    """Show a button that signs in. Mail scanners and previews open links too, so opening one must not use it up."""
    try:
        with request.app.state.database.reading() as tx:
            email = sessions.link_of(tx, token)
    except Unauthorized as error:
        return _form(request, "/", "", str(error), 401)
    return plain_page(request, "sign_in_link.html", email=email)


@router.post("/sign-in/link")
def use_link(request: Request, token: Annotated[str, Query()] = "") -> Response:
    """Sign in without a password, once for each link."""
    try:
        with request.app.state.database.transaction() as tx:
            user_id = sessions.use_link(tx, token)
    except Unauthorized as error:
        return _form(request, "/", "", str(error), 401)
    return _begin(request, user_id, "/")


@router.post("/sign-out")
def sign_out(visit: Viewer) -> Response:
    with visit.change() as tx:
        sessions.end(tx, visit.token)
    answer = go_to("/sign-in", "You are signed out.")
    name = cookie_name(visit.request)
    answer.delete_cookie(name, secure=name.startswith("__Host-"), httponly=True)
    return answer


def sign_in_again(request: Request, to: str, pairs: list[tuple[str, str]]) -> Response:
    """Show the sign-in page to a user whose session ended before a form was sent. The page carries its fields."""
    typed = json.dumps([request.url.path, pairs])
    fault = "Your session has ended. What you typed is kept: sign in, and it stands in the form again."
    return _form(request, to, "", fault, 401, typed)


def _with_draft(request: Request, to: str, typed: str) -> str:
    """Return the path back to a form, with a draft of its fields if the sent draft is ours."""
    try:
        action, pairs = json.loads(typed)
        draft = form_drafts.Draft([(str(name), str(value)) for name, value in pairs], _own_path(str(action)))
    except (ValueError, TypeError, RecursionError):
        return to
    return form_drafts.path_with(request.app.state.tools.vault, to, draft) or to


def _form(request: Request, to: str, email: str = "", fault: str = "", status: int = 200, typed: str = "") -> Response:
    elsewhere = _reached_elsewhere(request)
    return plain_page(
        request, "sign_in.html", status, to=to, email=email, fault=fault, typed=typed, reached_as=elsewhere
    )


def _reached_elsewhere(request: Request) -> str:
    """Return the URL by which this server is reached when its settings do not know it, else nothing.

    Links in webhooks and on pages lead to the URL of the settings, so a proxy with another name makes them useless.
    """
    settings = request.app.state.settings
    reached = request.url.hostname or ""
    if settings.public_url or reached == "localhost" or reached == urlsplit(settings.base_url).hostname:
        return ""
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else request.url.scheme
    return f"{scheme}://{request.url.netloc}"


def _begin(request: Request, user_id: str, to: str) -> Response:
    lifetime = request.app.state.settings.session_idle
    with request.app.state.database.transaction() as tx:
        token = sessions.begin(tx, user_id, lifetime)
    answer = go_to(to)
    name = cookie_name(request)
    answer.set_cookie(
        name,
        token,
        max_age=int(lifetime.total_seconds()) * 10,  # the server ends the session; the cookie must only outlive it
        path="/",
        httponly=True,
        samesite="lax",
        secure=name.startswith("__Host-"),
    )
    return answer


def _own_path(to: str) -> str:
    """Return the path to go to after signing in: always a page of this server."""
    is_own = to.startswith("/") and not to.startswith(("//", "/\\", "/sign-"))
    return to if is_own and to.isprintable() else "/"
