"""HTTP/1.1 of uvicorn with bounds on requests: without them it waits forever and keeps all bytes that arrive.

The application bounds the length of a body, by its path (`web/api/routing.py`).
"""

import asyncio
import re
from typing import Any, ClassVar

from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_URL_BYTES = 16 * 1024
MAX_HEADERS = 200
MAX_HEADER_BYTES = 64 * 1024  # all names and values together
# Framing around a body: sizes and extensions of chunks, trailers. This many bytes may come in a row; bytes of
# the body makes room again. A chunk of a single byte is legal, and has five bytes around it.
MAX_FRAMING_BYTES = 64 * 1024
_FRAMING_FOR_A_BYTE = 8
# One read may also hold the end of a body, so the bound is well above the head of any honest request.
_MAX_HEAD_BYTES = 512 * 1024

_UPGRADE = re.compile(rb"\r\nUpgrade:", re.IGNORECASE)


class BoundedHttp(HttpToolsProtocol):
    HEAD_SECONDS: ClassVar[float] = 30.0  # for the whole head
    BODY_SECONDS: ClassVar[float] = 30.0  # within which BODY_BYTES of a body must come, or its end
    BODY_BYTES: ClassVar[int] = 16 * 1024
    LINGER_SECONDS: ClassVar[float] = 30.0  # for the rest of a body whose answer came before its end

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._body_bytes = 0
        self._body_timer: asyncio.TimerHandle | None = None
        self._linger_timer: asyncio.TimerHandle | None = None
        self._in_body = False
        self._framing_left = MAX_FRAMING_BYTES
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if not self._in_body:
            data = _without_upgrade(data)
        self._body_began = False
        self._read_of_body = 0
        super().data_received(data)
        self._judge_framing(len(data))
        self._head_bytes = self._head_bytes + len(data) if self._head_timer else 0
        if self._head_bytes > _MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")
        self._body_bytes += len(data)
        if self._in_body and self._body_timer is None:
            self._await_body()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_body:  # otherwise it is a trailer, which is not used
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._end_wait()
        self._in_body = self._body_began = True
        self._framing_left = MAX_FRAMING_BYTES
        refusal = self._refusal()
        if refusal:
            app, self.app = self.app, refusal
            super().on_headers_complete()
            self.app = app
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._read_of_body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        self._end_body_wait()
        self._end_linger()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._in_body and self.cycle.response_complete and self._linger_timer is None:
            self._linger_timer = self.loop.call_later(self.LINGER_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_wait()
        self._end_body_wait()
        self._end_linger()
        super().connection_lost(exc)

    def _refusal(self) -> Any:
        """Return the application that refuses a request whose head is over a limit."""
        if len(self.url) > MAX_URL_BYTES:
            return self._refuse(414, f"The URL is over the limit of {MAX_URL_BYTES} bytes.")
        if len(self.headers) > MAX_HEADERS:
            return self._refuse(431, f"There are more than {MAX_HEADERS} headers.")
        if sum(len(name) + len(value) for name, value in self.headers) > MAX_HEADER_BYTES:
            return self._refuse(431, f"The headers are over the limit of {MAX_HEADER_BYTES} bytes.")
        return None

    def headers_of_refusals(self) -> list[tuple[bytes, bytes]]:
        """Return further headers of a refusal: clients of the API read the calls left to their key from each answer."""
        return []

    def _refuse(self, status: int, text: str) -> PlainTextResponse:
        answer = PlainTextResponse(text, status, {"Connection": "close"})
        answer.raw_headers += self.headers_of_refusals()
        return answer

    def send_400_response(self, _msg: str) -> None:
        """Refuse bytes that are no request, so that no application can answer them."""
        text = (
            b"This cannot be read as an HTTP request: its method is unknown, or its first line, a header or the size "
            b"of a chunk is malformed."
        )
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(text)).encode()),
            (b"connection", b"close"),
            *self.headers_of_refusals(),
        ]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + text)
        self.transport.close()

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.HEAD_SECONDS, self._give_up)

    def _end_wait(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.close()

    def _await_body(self) -> None:
        self._body_bytes = 0
        self._body_timer = self.loop.call_later(self.BODY_SECONDS, self._judge_body)

    def _end_body_wait(self) -> None:
        if self._body_timer:
            self._body_timer.cancel()
            self._body_timer = None

    def _end_linger(self) -> None:
        if self._linger_timer:
            self._linger_timer.cancel()
            self._linger_timer = None

    def _judge_framing(self, read: int) -> None:
        """Hang up on a body with too much framing. The first read of a body may hold other bytes too."""
        if not self._in_body or self._body_began:
            return
        room = self._framing_left + _FRAMING_FOR_A_BYTE * self._read_of_body - (read - self._read_of_body)
        self._framing_left = min(room, MAX_FRAMING_BYTES)
        if self._framing_left < 0 and not self.transport.is_closing():
            self.transport.close()

    def _judge_body(self) -> None:
        """Hang up on a body that comes too slowly, unless this server itself has paused reading."""
        self._body_timer = None
        if self.transport.is_closing():
            return
        if self._body_bytes < self.BODY_BYTES and not self.flow.read_paused:
            self.transport.close()
        else:
            self._await_body()


def _without_upgrade(data: bytes) -> bytes:
    """Return the beginning of a request without its Upgrade header, which a server may ignore (RFC 9110, 7.8).

    The client of Java asks for HTTP/2 in this way with each request over plain HTTP, and the parser would take the body
    of such a request for the other protocol.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nX-Ignored-Upgrade:", head) + end + rest
