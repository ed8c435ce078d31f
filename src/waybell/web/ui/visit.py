"""A visit: who is signed in and asks for a page."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Depends, Request

from waybell.accounts import sessions
from waybell.accounts.model import Actor, Role, User
from waybell.settings import Settings
from waybell.web.api.door import Call
from waybell.webhooks.endpoints.actions import Means

_RANK: dict[Role, int] = {"viewer": 0, "dispatcher": 1, "admin": 2}


class NotSignedIn(Exception):  # noqa: N818 - it reads as what is the matter
    """Leads to the sign-in page, and from there back to `to`."""

    def __init__(self, to: str) -> None:
        super().__init__()
        self.to = to


class Forbidden(Exception):  # noqa: N818
    """The user's role does not allow it; `str()` says which does."""


class Visit(Call):
    """One request of somebody who signed in."""

    def __init__(self, request: Request, session: sessions.Session, token: str) -> None:
        super().__init__(request.app.state.database, Actor(session.account, session.user.name, id=session.user.id))
        self.request = request
        self.settings: Settings = request.app.state.settings
        self.means: Means = request.app.state.means
        self.user: User = session.user
        self.token = token

    def may(self, role: Role) -> bool:
        """Whether the user may do what takes this role: admins do all, dispatchers all but settings, viewers look."""
        return _RANK[self.user.role] >= _RANK[role]


def cookie_name(request: Request) -> str:
    """Cookies do not tell ports apart, so two servers on one host need two names. Over TLS the browser guards it."""
    if request.app.state.settings.base_url.startswith("https:"):
        return "__Host-waybell"
    return f"waybell-{request.url.port or 80}"


def signed_in(request: Request) -> Visit:
    token = request.cookies.get(cookie_name(request), "")
    state = request.app.state
    lifetime = state.settings.session_idle
    if token:
        with state.database.reading() as tx:
            session = sessions.find(tx, token, lifetime)
        if session:
            if session.stale:
                with state.database.transaction(durable=False) as tx:
                    sessions.note_use(tx, token)
            return Visit(request, session, token)
    raise NotSignedIn(_way_back(request))


def _way_back(request: Request) -> str:
    """Return the page that was asked for, or on which the form stands that was sent."""
    if request.method in ("GET", "HEAD"):
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")
    page = urlsplit(request.headers.get("referer", ""))
    if page.netloc != request.url.netloc or not page.path.startswith("/"):
        return "/"
    query = urlencode([pair for pair in parse_qsl(page.query, keep_blank_values=True) if pair[0] != "draft"])
    return page.path + (f"?{query}" if query else "")


def sign_in_path(to: str) -> str:
    return "/sign-in" if to == "/" else f"/sign-in?to={quote(to, safe='')}"


def _at_least(role: Role) -> Callable[..., Visit]:
    def check(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
        if not visit.may(role):
            raise Forbidden(
                f"This takes the role {role}; yours is {visit.user.role}. Ask an admin of {visit.account.name}."
            )
        return visit

    return check


# What a page or an act asks for, by the role that it takes.
Viewer = Annotated[Visit, Depends(signed_in)]
Dispatcher = Annotated[Visit, Depends(_at_least("dispatcher"))]
Admin = Annotated[Visit, Depends(_at_least("admin"))]
