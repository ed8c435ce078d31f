"""The REST API as an ERP calls it: JSON, a key, one connection that is kept."""

import http.client
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

# Servers close idle connections after a few seconds. A request sent into that cannot be repeated safely: did it count?
_IDLE = timedelta(seconds=2)
_PAGE = 200


class Refused(Exception):  # noqa: N818 - it reads as what the request was
    """The server answered, but not 2xx; says what was asked and what the server says."""

    def __init__(self, asked: str, status: int, detail: str) -> None:
        super().__init__(f"{asked} was answered with {status}: {detail}")
        self.status = status


class Client:
    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"X-API-KEY": key, "Accept": "application/json", "Content-Type": "application/json"}
        self._used_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to this, read from JSON. Raises `Refused`; `OSError` when nobody answers."""
        if time.monotonic() - self._used_at > _IDLE.total_seconds():
            self._connection.close()  # it opens again by itself
        self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
        response = self._connection.getresponse()
        answer, status = response.read(), response.status
        self._used_at = time.monotonic()
        found = json.loads(answer) if answer else None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            detail = found.get("Detail") if isinstance(found, dict) else None
            raise Refused(f"{method} {path}", status, detail or "(without a reason)")
        return found

    def items(self, path: str) -> Iterator[Any]:
        """The items of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.call("GET", f"{path}?Limit={_PAGE}" + (f"&After={segment(cursor)}" if cursor else ""))
            yield from page["Items"]
            # Lists end with no cursor. The feed never ends: what comes later stands behind the cursor.
            cursor = page["Cursor"] if page["Items"] else None


def segment(key: str) -> str:
    """A key as one segment of a path."""
    return quote(key, safe="")
