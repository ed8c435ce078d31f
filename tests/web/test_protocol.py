"""The web server's own bounds: no caller can make it keep or await a head or a body without end."""

import asyncio
import select
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from support.waiting import wait_for
from waybell.web.protocol import MAX_HEADER_BYTES, MAX_HEADERS, MAX_URL_BYTES, BoundedHttp


class Hasty(BoundedHttp):
    HEAD_SECONDS = 0.2
    BODY_SECONDS = 0.2
    BODY_BYTES = 1000
    LINGER_SECONDS = 0.2

    def headers_of_refusals(self):
        return [(b"x-rate-limit-limit", b"1m")]


async def answer_ok(scope, receive, send):
    while scope["path"] != "/early" and (await receive()).get("more_body"):
        pass
    assert b"x-late" not in dict(scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(params=[BoundedHttp, Hasty], ids=["patient", "hasty"])
def port(request) -> Iterator[int]:
    config = uvicorn.Config(answer_ok, http=request.param, ws="none", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        wait_for(lambda: server.started)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def received(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass  # it closed while we were still sending
    return b"".join(parts)


def test_a_head_without_end_is_refused(port):
    with connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        try:
            for _ in range(64):
                connection.sendall(b"a" * 65536)
        except (BrokenPipeError, ConnectionResetError):
            return
        assert b" 200 " not in received(connection)


@pytest.mark.parametrize("port", [Hasty], indirect=True)
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nX: "])
def test_a_head_that_does_not_come_is_not_waited_for(port, sent):
    with connect(port) as connection:
        connection.sendall(sent)
        assert received(connection) == b""


def test_a_large_body_in_pieces_and_a_second_request_are_served(port):
    body = b"b" * 2_000_000
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connect(port) as connection:
        connection.sendall(request + request + last)
        assert received(connection).count(b"200 OK") == 3


def head(url="/", *headers: str) -> bytes:
    return "\r\n".join([f"GET {url} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


SHORT = "X: " + "a" * (MAX_HEADER_BYTES // 2)


@pytest.mark.parametrize("port", [BoundedHttp], indirect=True)
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head("/" + "a" * (MAX_URL_BYTES - 1)), b"200"),
        (head("/" + "a" * MAX_URL_BYTES), b"414"),
        (head("/?" + "a" * MAX_URL_BYTES), b"414"),
        (head("/", *["X: y"] * (MAX_HEADERS - 2)), b"200"),
        (head("/", *["X: y"] * MAX_HEADERS), b"431"),
        (head("/", SHORT), b"200"),
        (head("/", SHORT, SHORT), b"431"),
        (head("/", "Cookie: " + "a" * MAX_HEADER_BYTES, "Content-Length: 5") + b"hello", b"431"),
    ],
    ids=lambda value: value.decode()[:12] if len(value) > 3 else value.decode(),
)
def test_a_head_over_a_limit_is_refused_with_the_reason(port, sent, status):
    with connect(port) as connection:
        connection.sendall(sent.replace(b"Host: x", b"Host: x\r\nConnection: close", 1))
        assert received(connection).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("port", [Hasty], indirect=True)
@pytest.mark.parametrize(
    "sent",
    [
        head("/" + "a" * MAX_URL_BYTES),
        head("/", *["X: y"] * MAX_HEADERS),
        b"FOO /api/Test HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHo st: x\r\n\r\n",
    ],
)
def test_a_refusal_has_the_headers_that_clients_of_the_api_read_from_each_answer(port, sent):
    with connect(port) as connection:
        connection.sendall(sent)
        assert b"x-rate-limit-limit: 1m\r\n" in received(connection)


@pytest.mark.parametrize("port", [Hasty], indirect=True)
@pytest.mark.parametrize("framing", [b"Content-Length: 100000", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("first", [b"", b"5\r\nhello\r\n"])
def test_a_body_that_does_not_come_is_not_waited_for(port, framing, first):
    with connect(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n" + first)
        assert received(connection) == b""


@pytest.mark.parametrize("port", [Hasty], indirect=True)
def test_a_body_that_trickles_is_not_waited_for(port):
    with connect(port) as connection:
        connection.settimeout(0.02)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")

        def is_closed() -> bool:
            try:
                connection.sendall(b"x")
                return connection.recv(1) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_for(is_closed)


@pytest.mark.parametrize("port", [Hasty], indirect=True)
def test_a_body_that_comes_steadily_is_waited_for(port):
    """It takes several times as long as one wait."""
    body = b"b" * 40_000
    with connect(port) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 1000):
            assert not select.select([connection], [], [], 0.02)[0]  # no answer yet, and not closed
            connection.sendall(body[start : start + 1000])
        assert b"200 OK" in received(connection)


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
EARLY = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n"


def is_hung_up_on(connection: socket.socket, first: bytes, then: bytes) -> bool:
    """Whether the server closes before it has taken 32 MB of `then`."""
    try:
        connection.sendall(first)
        for _ in range(32_000_000 // len(then)):
            connection.sendall(then)
    except ConnectionError:
        return True
    return False


@pytest.mark.parametrize("port", [BoundedHttp], indirect=True)
@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"0\r\n", b"X-Late: " + b"v" * 8000 + b"\r\n"),
        (b"0\r\nX-Late: ", b"v" * 8000),
        (b"1;", b"e" * 8000),
        (b"", b"1;" + b"e" * 8000 + b"\r\nx\r\n"),
        (b"2710\r\n" + b"b" * 10_000 + b"\r\n0\r\n", b"X-Late: " + b"v" * 8000 + b"\r\n"),
    ],
    ids=["trailers", "one trailer", "one extension", "extensions", "trailers of a body"],
)
def test_what_stands_around_a_body_has_an_end(port, first, then):
    """Neither is part of the body, so the application cannot count it."""
    with connect(port) as connection:
        assert is_hung_up_on(connection, CHUNKED + first, then)


@pytest.mark.parametrize("port", [Hasty], indirect=True)
def test_a_body_that_goes_on_after_the_answer_has_an_end(port):
    with connect(port) as connection:
        connection.sendall(EARLY)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        wait_for(lambda: is_hung_up_on(connection, b"", b"b" * 8000))


def test_a_body_in_chunks_of_a_byte_is_served_and_its_trailers_are_dropped(port):
    body = b"1\r\nx\r\n" * 100_000 + b"0\r\nX-Late: a\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connect(port) as connection:
        connection.sendall((CHUNKED + body) * 3 + last)
        assert received(connection).count(b"200 OK") == 4


@pytest.mark.parametrize("wish", [b"h2c", b"websocket"])
def test_a_wish_for_another_protocol_is_ignored_and_the_body_is_read(port, wish):
    """Java's client asks for HTTP/2 so whenever there is no TLS."""
    asking = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEA\r\nupgrade: " + wish
    request = (
        b"POST / HTTP/1.1\r\nHost: x\r\n" + asking + b"\r\nContent-Length: 22\r\n\r\n" + b"{}\r\nUpgrade: x\r\n\r\n{  }"
    )
    last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with connect(port) as connection:
        connection.sendall(request)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        connection.sendall(last)
        assert received(connection).count(b"200 OK") == 1


@pytest.mark.parametrize("port", [Hasty], indirect=True)
def test_what_follows_an_upgrade_is_not_waited_for(port):
    """We upgrade to nothing, and what comes after such a request cannot be read as another."""
    with connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        wait_for(lambda: is_hung_up_on(connection, b"", b"b" * 8000))
