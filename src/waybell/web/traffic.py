"""What this web process answers: counted for `/metrics`, and logged where it is slow or fails.

There is no log line for each request: a fast server would mostly write those. The proxy before it has one.
"""

import re
import time
from bisect import bisect_left

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waybell.ground import trace
from waybell.ground.ids import new_id

log = structlog.get_logger()

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
SLOW_SECONDS = 5.0
_FAILED = 500
_REQUEST_ID = re.compile(r"[\w.:/+=-]{1,100}", re.ASCII)


class Traffic:
    """Only the event loop writes; another thread may copy a list at any moment, which is one step."""

    def __init__(self) -> None:
        self.by_class = [0] * 5  # answers 1xx to 5xx
        self.by_seconds = [0] * (len(BOUNDS) + 1)  # as BOUNDS, and those above
        self.seconds = 0.0

    def count(self, status: int, seconds: float) -> None:
        self.by_class[status // 100 - 1] += 1
        self.by_seconds[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Watched:
    """Takes the time until an answer begins: a stream goes on for as long as its page is open."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        answered = False

        def note(status: int) -> None:
            nonlocal answered
            seconds = time.perf_counter() - began
            self._traffic.count(status, seconds)
            answered = True
            if seconds >= SLOW_SECONDS:
                log.warning("request.slow", status=status, seconds=round(seconds, 3), **keys_of(scope))

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                note(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except Exception:
            if not answered:  # the framework answers it outside of us
                note(_FAILED)
            raise


def keys_of(scope: Scope) -> dict[str, str | None]:
    """What a log line says of a request: enough to find it again in the logs of others, and nothing secret."""
    headers = Headers(scope=scope)
    keys = {"method": scope["method"], "path": _logged(scope["path"]), "request_id": request_id(scope)}
    found = trace.of(headers)
    return keys | {"trace_id": trace.trace_id(found)} if found else keys


def _logged(path: str) -> str:
    """That of an inbox ends with what lets one post there, which no log is to tell."""
    return "/in/***" if path.startswith("/in/") else path


def request_id(scope: Scope) -> str:
    """The caller's `X-Request-Id`, if it has a plain one, else one of ours."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = Headers(scope=scope).get("x-request-id", "")
        state["request_id"] = given if _REQUEST_ID.fullmatch(given) else new_id("req")
    return str(state["request_id"])
