"""A visit: one request of a signed-in user for a page."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Depends, Request

from waybell.accounts import sessions
from waybell.accounts.model import Actor, Role, User
from waybell.settings import Settings
from waybell.web.api.door import Call
from waybell.webhooks.endpoints.tools import WebhookTools

_RANK: dict[Role, int] = {"carrier": 0, "shipper-manager": 0, "viewer": 0, "dispatcher": 1, "admin": 2}
_ENTER_ORDERS: set[Role] = {"shipper-manager", "dispatcher", "admin"}

# The pages for people who are limited to teams, depots, shippers or carriers: what they show and change comes from
# stores that obey the scope. All other pages show the whole account, so a new page is closed to these people until it
# is named here.
OPEN_TO_LIMITED = {
    "/",
    "/board",
    "/board/act",
    "/board/changes",
    "/board/day",
    "/board/open/{short_id}",
    "/board/propose",
    "/down",
    "/import",
    "/import/template.csv",
    "/import/template.xlsx",
    "/import/{import_id}",
    "/import/{import_id}/answer",
    "/import/{import_id}/begin",
    "/import/{import_id}/cancel",
    "/import/{import_id}/columns",
    "/import/{import_id}/discard",
    "/import/{import_id}/errors.csv",
    "/import/{import_id}/reading",
    "/import/{import_id}/undo",
    "/live/{kind}/{one}",
    "/orders",
    "/orders/bulk",
    "/orders/clients.json",
    "/orders/export.csv",
    "/orders/export.xlsx",
    "/orders/new",
    "/orders/{track_id}",
    "/orders/{track_id}/delete",
    "/orders/{track_id}/edit",
    "/orders/{track_id}/label.pdf",
    "/orders/{track_id}/proof.pdf",
    "/routes",
    "/routes/export.csv",
    "/routes/export.xlsx",
    "/routes/new",
    "/routes/{route_id}",
    "/routes/{route_id}/close",
    "/routes/{route_id}/delete",
    "/routes/{route_id}/edit",
    "/routes/{route_id}/loading",
    "/routes/{route_id}/optimize",
    "/routes/{route_id}/ready",
    "/routes/{route_id}/sheet",
    "/routes/{route_id}/start",
    "/settings/account",
    "/settings/account/name",
    "/settings/account/password",
    "/settings/account/sessions",
    "/sign-out",
}


class NotSignedIn(Exception):  # noqa: N818 - it reads as what is the matter
    """The error of a visitor who is not signed in. It leads to the sign-in page, and from there back to `to`."""

    def __init__(self, to: str) -> None:
        super().__init__()
        self.to = to


class Forbidden(Exception):  # noqa: N818
    """The role of the user does not permit the act; `str()` says which role does."""


class Visit(Call):
    """A request of a signed-in user."""

    def __init__(self, request: Request, session: sessions.Session, token: str) -> None:
        state = request.app.state
        actor = Actor(session.account, session.user.name, id=session.user.id, limits=session.user.scope)
        super().__init__(state.database, actor, state.costly, keyed=getattr(request.state, "keyed", None))
        self.request = request
        self.settings: Settings = request.app.state.settings
        self.tools: WebhookTools = request.app.state.tools
        self.user: User = session.user
        self.token = token

    def may(self, role: Role) -> bool:
        """Return whether the user has this role or a higher one: viewer, dispatcher, admin."""
        return _RANK[self.user.role] >= _RANK[role]

    @property
    def may_enter_orders(self) -> bool:
        """True when the user may enter new orders. A carrier's orders are on routes, and new ones are on none."""
        return self.user.role in _ENTER_ORDERS and not self.actor.scope.carriers

    @property
    def is_limited(self) -> bool:
        """True when the user sees only a part of the account: certain teams, depots, shippers or carriers."""
        return not self.actor.scope.is_all


def cookie_name(request: Request) -> str:
    """Return the name of the cookie.

    It holds the port, because browsers share cookies between the ports of a host. Over TLS its prefix makes browsers
    guard it.
    """
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
            visit = Visit(request, session, token)
            if visit.is_limited and request.scope["route"].path not in OPEN_TO_LIMITED:
                raise Forbidden(f"This page shows the whole account of {visit.account.name}, and you see a part of it.")
            return visit
    raise NotSignedIn(_way_back(request))


def _way_back(request: Request) -> str:
    """Return the path of the page that was asked for, or of the page with the form that was sent."""
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


def _who_enters_orders(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    if not visit.may_enter_orders:
        raise Forbidden(f"Your role, {visit.user.role}, enters no orders. Ask an admin of {visit.account.name}.")
    return visit


# The dependencies of pages and acts, by the role that they need.
Viewer = Annotated[Visit, Depends(signed_in)]
Dispatcher = Annotated[Visit, Depends(_at_least("dispatcher"))]
Admin = Annotated[Visit, Depends(_at_least("admin"))]
OrderEntry = Annotated[Visit, Depends(_who_enters_orders)]
