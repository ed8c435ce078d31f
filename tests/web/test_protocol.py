"""The web server's own bounds: no caller can make it keep or await a head without end."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from support.waiting import wait_for
from waybell.web.protocol import BoundedHttp


class Hasty(BoundedHttp):
    HEAD_SECONDS = 0.2


async def answer_ok(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
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
    return socket.create_connection(("127.0.0.1", port), timeout=20)


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
