"""HEAD for each path that has GET: the same headers without the body (RFC 9110, 9.3.2).

Monitors and load balancers send HEAD, and take a 405 for a fault.
"""

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        with anyio.CancelScope() as enough:

            async def send_head(message: Message) -> None:
                if message["type"] != "http.response.body":
                    await send(message)
                elif not enough.cancel_called:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    if message.get("more_body"):  # a stream would go on as long as a page is open
                        enough.cancel()

            await self._app({**scope, "method": "GET"}, receive, send_head)
