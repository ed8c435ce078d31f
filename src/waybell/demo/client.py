"""A client of the REST API, as an ERP would have one: JSON, a key, one persistent connection."""

import http.client
import json
import select
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import quote

_PAGE = 200


class Refused(Exception):  # noqa: N818 - the name says what happened to the request
    """The server's answer was not 2xx; the message holds the request and the server's detail."""

    def __init__(self, asked: str, status: int, detail: str) -> None:
        super().__init__(f"{asked} was answered with {status}: {detail}")
        self.status = status


class Client:
    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"X-API-KEY": key, "Accept": "application/json", "Content-Type": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the JSON of the answer.

        Raise `Refused` for an answer other than 2xx, and `OSError` when the server does not answer.
        """
        self._close_if_ended()
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            response = self._connection.getresponse()
            answer, status = response.read(), response.status
        except (OSError, http.client.HTTPException):
            self._connection.close()  # a broken connection cannot be used further
            raise
        found = json.loads(answer) if answer else None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            detail = found.get("Detail") if isinstance(found, dict) else None
            raise Refused(f"{method} {path}", status, detail or "(without a reason)")
        return found

    def items(self, path: str) -> Iterator[Any]:
        """Yield the items of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.call("GET", f"{path}?Limit={_PAGE}" + (f"&After={segment(cursor)}" if cursor else ""))
            yield from page["Items"]
            # The last page of a list has no cursor. The feed always has one, for events still to come.
            cursor = page["Cursor"] if page["Items"] else None

    def _close_if_ended(self) -> None:
        """Close the connection if the server has closed it or died; the next request opens it again.

        This is checked before each request, because a request that breaks off cannot be repeated safely: it may have
        counted.
        """
        if self._connection.sock and select.select([self._connection.sock], [], [], 0)[0]:
            self._connection.close()


def segment(key: str) -> str:
    """Return a key as one segment of a path."""
    return quote(key, safe="")
