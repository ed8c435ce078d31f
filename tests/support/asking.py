"""Asking the application as a server does: test clients drop by themselves what comes after a HEAD."""

import asyncio
from collections.abc import Iterable
from typing import Any

from starlette.types import ASGIApp, Message

from support.stories import run


def ask_as_server(
    app: ASGIApp, method: str, path: str, headers: Iterable[tuple[str, str]], version: str = "1.1"
) -> tuple[int, dict[str, str], bytes, list[Any]]:
    """Return status, headers, body, and the messages that carried the body."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": version,
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("192.0.2.1", 50_000),
        "server": ("x", 80),
        "state": {},
    }
    told: list[Message] = []
    sent = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for message in sent:
            return message
        await asyncio.Event().wait()  # nobody hangs up
        raise AssertionError

    async def send(message: Message) -> None:
        told.append(message)

    async def ask() -> None:
        await app(scope, receive, send)

    run(ask)
    start, *bodies = told
    answered = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], answered, b"".join(one.get("body", b"") for one in bodies), bodies
