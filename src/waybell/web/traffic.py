"""The answers of this web process: they are counted for `/metrics`, and logged when they are slow or fail.

There is no log line for each request, because a fast server would mostly write those. A proxy in front writes one.
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
    """The counts of answers. Only the event loop writes; another thread may copy a list at any time, in one step."""

    def __init__(self) -> None:
        self.by_class = [0] * 5  # the number of answers 1xx to 5xx
        self.by_seconds = [0] * (len(BOUNDS) + 1)  # for each of BOUNDS, and above them
        self.seconds = 0.0

    def count(self, status: int, seconds: float) -> None:
        self.by_class[status // 100 - 1] += 1
        self.by_seconds[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Watched:
    """A middleware that measures the time until an answer begins: a stream would last as long as its page is open."""

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
            if not answered:  # the framework answers outside this middleware
                note(_FAILED)
            raise


def keys_of(scope: Scope) -> dict[str, str | None]:
    """Return the keys of a log line about a request: enough to find it in the logs of others, and nothing secret."""
    headers = Headers(scope=scope)
    keys = {"method": scope["method"], "path": _logged(scope["path"]), "request_id": request_id(scope)}
    found = trace.of(headers)
    return keys | {"trace_id": trace.trace_id(found)} if found else keys


def _logged(path: str) -> str:
    """Return the path without the token of an inbox, which allows posting to it."""
    return "/in/***" if path.startswith("/in/") else path


def request_id(scope: Scope) -> str:
    """Return the `X-Request-Id` of the caller, if it is plain text, or else a new one."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = Headers(scope=scope).get("x-request-id", "")
        state["request_id"] = given if _REQUEST_ID.fullmatch(given) else new_id("req")
    return str(state["request_id"])
