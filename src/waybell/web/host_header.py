"""The check that a request has one Host (RFC 9112, 3.2): of two, a proxy and this server might read different ones."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from waybell.web.api.answers import done

_HOST = re.compile(rb"([\w.~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(:\d*)?", re.ASCII)


class Hosts:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wrong = _wrong(scope) if scope["type"] == "http" else None
        app = done(400, wrong) if wrong else self._app
        await app(scope, receive, send)


def _wrong(scope: Scope) -> str | None:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) > 1:
        return "There is more than one Host header. Send one."
    if not hosts:
        return (
            "There is no Host header, which HTTP/1.1 asks for. Send one."
            if scope.get("http_version") == "1.1"
            else None
        )
    return (
        None
        if _HOST.fullmatch(hosts[0].strip())
        else "The Host header names no host. Send one such as example.com:8080."
    )
