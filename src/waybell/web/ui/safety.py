"""Safety headers of each page, and the refusal of requests that other sites make browsers send."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_SAFE_METHODS = ("GET", "HEAD")


class Safety:
    def __init__(self, app: ASGIApp, base_url: str, open_to_all: str) -> None:
        """Wrap the pages. `open_to_all` is the path under which the inbox receives, which any site may call."""
        self._app = app
        self._own_host = urlsplit(base_url).netloc.lower()
        self._open_to_all = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        answered = False

        async def send_safely(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                # A page holds data of an account: no proxy may keep it, and no browser after the sign-out.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if "\0" in scope["path"]:  # PostgreSQL takes no NUL in a text, and no path of a page has one
            await PlainTextResponse("There is no page with a NUL in its path.", 404)(scope, receive, send_safely)
            return
        if self._is_foreign(scope):
            origin = Headers(scope=scope).get("origin", "another site")
            text = (
                f"This form was sent from {origin}, and this server takes forms of {self._own_host} only. Open the "
                "page here and try again. Where that is the address of this server, behind a proxy, its operator "
                "sets WAYBELL_PUBLIC_URL to it."
            )
            refusal = PlainTextResponse(text, 403)
            await refusal(scope, receive, send_safely)
            return
        try:
            await self._app(scope, receive, send_safely)
        except Exception:
            if not answered:  # the page for errors is broken too
                await PlainTextResponse("Something went wrong on our side.", 500)(scope, receive, send_safely)
            raise  # so that the server logs the error

    def _is_foreign(self, scope: Scope) -> bool:
        """Return whether a browser says that another site made it send this request.

        A client that is no browser has no cookie that a site could abuse.
        """
        if scope["method"] in _SAFE_METHODS or scope["path"].startswith(self._open_to_all):
            return False
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        origin = headers.get("origin")
        return origin is not None and urlsplit(origin).netloc.lower() not in (
            headers.get("host", "").lower(),
            self._own_host,
        )
