"""The assembly of all pages and of the middleware around them."""

import re

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from waybell.accounts.meter import Meter
from waybell.db.database import Database
from waybell.settings import Settings
from waybell.web.costly_work import CostlyWork
from waybell.web.doors import is_page
from waybell.web.ui import (
    account,
    attempts,
    audit,
    board,
    board_feed,
    board_page,
    cancel_messages,
    directory_pages,
    down_banner,
    endpoint_settings,
    endpoints,
    errors,
    events,
    exports,
    home,
    imports,
    inbox,
    live,
    message_page,
    order_bulk,
    order_entry,
    orders,
    public_files,
    reference,
    resend_messages,
    route_entry,
    route_papers,
    routes,
    saved_views,
    sign_in,
    test_send,
    track,
    users,
    verify,
    web_api,
)
from waybell.web.ui.password_limits import PasswordLimits
from waybell.web.ui.public_limits import PublicLimits
from waybell.web.ui.render import STATIC, compile_templates
from waybell.web.ui.safety import Safety
from waybell.webhooks.endpoints.tools import WebhookTools
from waybell.webhooks.sending.sender import Sender

# Paths are tried in order, so a fixed path comes before one with a parameter: .../new before .../{endpoint_id}.
PAGES = (
    account,
    users,
    web_api,
    audit,
    board,
    board_page,
    endpoints,
    endpoint_settings,
    test_send,
    verify,
    message_page,
    attempts,
    resend_messages,
    cancel_messages,
    directory_pages,
    events,
    down_banner,
    exports,
    home,
    imports,
    inbox,
    live,
    order_bulk,
    order_entry,
    orders,
    reference,
    route_entry,
    route_papers,
    routes,
    saved_views,
    public_files,
    track,
    sign_in,
)

_DIGEST = re.compile("@[0-9a-f]{12}/")


def ui_app(
    settings: Settings, database: Database, tools: WebhookTools, sender: Sender, meter: Meter, costly: CostlyWork
) -> FastAPI:
    compile_templates()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.state.database = database
    app.state.tools = tools
    app.state.sender = sender
    app.state.meter = meter
    app.state.costly = costly
    app.state.live = live.Live(database, meter)
    app.state.board_feed = board_feed.BoardFeed(database)
    app.state.password_limits = PasswordLimits(database, costly)
    app.state.public_limits = PublicLimits()
    for module in PAGES:
        app.router.routes.extend(module.router.routes)
    app.mount("/static", _Static(directory=str(STATIC)))
    errors.install(app)
    return app


class _Static(StaticFiles):
    """The static files. A file never changes under one URL, because the URL holds its digest: see `render.modules`."""

    def get_path(self, scope: Scope) -> str:
        return _DIGEST.sub("/", super().get_path(scope), count=1)

    def file_response(self, *args: object, **options: object) -> object:  # type: ignore[override]
        answer = super().file_response(*args, **options)  # type: ignore[arg-type]
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


class Pages:
    """A middleware that routes requests for pages to the pages, and passes all others on."""

    def __init__(self, app: ASGIApp, ui: ASGIApp, base_url: str) -> None:
        self._app = app
        # It is outermost, because the framework answers errors outside of added middleware.
        self._ui = Safety(ui, base_url, open_to_all="/in/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_here = scope["type"] == "http" and is_page(scope["path"])
        await (self._ui if is_here else self._app)(scope, receive, send)
