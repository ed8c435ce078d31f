"""The doors of the server: the API, which has two of them, and the pages.

The whole API answers under `/api`. The operations of the Track-POD API also answer at the root, where the original has
them, so that an existing client needs only another host name. A setting closes this second door.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waybell.web.api.door import Door
from waybell.web.api.original_operations import NOUNS

_API = "/api"
_REFERENCE = "/api/docs"  # this path is a page
_MONITORING = ("/healthz", "/readyz", "/metrics")
_TO_ALL = "/api/openapi.json"  # this answer needs no key and is the same for all callers


def is_page(path: str) -> bool:
    path = path.lower()
    return _is_below(path, _REFERENCE) or not any(_is_below(path, other) for other in (_API, *_MONITORING))


def _is_below(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}/")


class Doors:
    """A middleware that routes calls at the root to the API and adds the headers that each answer of the API carries.

    These headers tell the remaining calls of the key, which clients of the original read from each answer, and tell
    caches that the answer belongs to one key and which headers it depends on.
    """

    def __init__(self, app: ASGIApp, door: Door, *, at_root: bool) -> None:
        self._app = app
        self._door = door
        self._at_root = at_root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        if self._at_root and _first_word(scope["path"]) in _NOUNS:
            state["at_root"] = True
            raw = scope.get("raw_path") or scope["path"].encode()
            scope = {**scope, "path": _API + scope["path"], "raw_path": _API.encode() + raw}
        if is_page(scope["path"]) or not _is_below(scope["path"].lower(), _API):
            await self._app(scope, receive, send)
            return
        state["rate_headers"] = lambda: state["use"] if "use" in state else self._door.untouched()

        async def send_with_rate_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *state["rate_headers"]().headers()]
                headers = MutableHeaders(scope=message)
                if scope["path"].lower() != _TO_ALL:
                    headers.setdefault("Cache-Control", "no-store")
                    headers.add_vary_header("X-API-KEY")
                location = headers.get("Location")
                if location and not self._at_root and not _is_below(location, _API):
                    headers["Location"] = _API + location
            await send(message)

        await self._app(scope, receive, send_with_rate_headers)


_NOUNS = {noun.lower() for noun in NOUNS}


def _first_word(path: str) -> str:
    return path.lower().removeprefix("/").partition("/")[0]
