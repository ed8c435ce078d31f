"""A client of the REST API, as an ERP would have one: JSON, a key, one persistent connection."""

import http.client
import json
import select
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import Any, Literal, Self
from urllib.parse import quote, urlsplit

Cut = Literal["half sent", "sent", "answered"]

_PAGE = 200
_TIMEOUT = 60
_PATIENCE = 120.0  # seconds for which a server that has too much to do is asked again
_SHORTEST_WAIT, _LONGEST_WAIT = 0.25, 60.0


class Refused(Exception):  # noqa: N818 - the name says what happened to the request
    """The server's answer was not 2xx; the message holds the request and the server's detail."""

    def __init__(self, asked: str, status: int, detail: str) -> None:
        super().__init__(f"{asked} was answered with {status}: {detail}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def is_good(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def wait(self) -> float:
        """The seconds after which to ask again, when the server has too much to do; else 0."""
        if self.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            return 0.0
        asked = self.headers.get("Retry-After", "")
        return min(_LONGEST_WAIT, max(_SHORTEST_WAIT, float(asked))) if asked.isdigit() else _SHORTEST_WAIT

    def read(self) -> Any:
        return json.loads(self.body) if self.body else None


class Client:
    def __init__(self, url: str, key: str = "", *, cookie: str = "") -> None:
        """Ask the server at `url`, as the program with this API key, or as the person with this session cookie."""
        parts = urlsplit(url)
        connection = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = connection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        self._below = parts.path.rstrip("/")
        self._headers = {"Accept": "application/json", "Content-Type": "application/json"}
        self._headers |= {"X-API-KEY": key} if key else {"Cookie": cookie}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """Send a request and return the JSON of the answer. A server that asks for time gets it.

        Raise `Refused` for an answer other than 2xx, and `OSError` when the server does not answer.
        """
        deadline = time.monotonic() + _PATIENCE
        while (answer := self.send(method, path, body, headers)).wait and time.monotonic() < deadline:
            time.sleep(answer.wait)
        return good(f"{method} {path}", answer).read()

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request and return the answer, whatever its status is."""
        self._close_if_ended()
        try:
            self._connection.request(method, self._below + path, _json(body), {**self._headers, **(headers or {})})
            response = self._connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()  # a broken connection cannot be used further
            raise

    def send_and_hang_up(self, method: str, path: str, body: Any, headers: Mapping[str, str], cut: Cut) -> None:
        """Send a request and break the connection off without reading the answer, as a phone in a tunnel does.

        It breaks off before the request is sent whole, at once after that, or when the answer has come.
        """
        self._close_if_ended()
        sent = _json(body) or b""
        try:
            if cut == "half sent" and not sent:
                # Written past the library, which would keep what it has not sent for the next request.
                self._connection.close()
                self._connection.connect()
                self._connection.sock.sendall(f"{method} {self._below}{path} HTTP/1.1\r\nContent-".encode())
                return
            self._connection.putrequest(method, self._below + path)
            for name, value in {**self._headers, **headers, "Content-Length": str(len(sent))}.items():
                self._connection.putheader(name, value)
            self._connection.endheaders(sent[: len(sent) // 2] if cut == "half sent" else sent)
            if cut == "answered":
                select.select([self._connection.sock], [], [], _TIMEOUT)
        finally:
            self._connection.close()

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


def good(asked: str, answer: Answer) -> Answer:
    """Return the answer if its status is 2xx, else raise `Refused`."""
    if answer.is_good:
        return answer
    try:
        found = answer.read()
    except ValueError:
        found = None
    detail = found.get("Detail") if isinstance(found, dict) else None
    raise Refused(asked, answer.status, detail or "(without a reason)")


def segment(key: str) -> str:
    """Return a key as one segment of a path."""
    return quote(key, safe="")


def _json(body: Any) -> bytes | None:
    return None if body is None else json.dumps(body).encode()
