"""Answers without an end are cut where enough came off the socket, whatever of it libcurl passes on to us."""

import socket
import time

import pytest

from support.certificates import Authority
from support.raw import RawServer, read_request
from support.receiver import Receiver
from waybell.ground.clock import SystemClock
from waybell.settings import load
from waybell.webhooks.model import Answered, Attempt, Claim, Content, Endpoint, ErrorWord, Secret
from waybell.webhooks.sending.sender import Sender
from waybell.webhooks.sending.transport import Transport
from waybell.webhooks.signing import new_secret

# What may be sent before the sender has hung up: buffers of both sides hold several megabytes.
FEW = 16_000_000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "extensions of chunks": (CHUNKED, b"1;" + b"e" * 10_000 + b"\r\nx\r\n", 200),
    "one extension": (CHUNKED + b"1;", b"e" * 10_000, 200),
    "extensions of a failure": (CHUNKED.replace(b"200 OK", b"503 No"), b"1;" + b"e" * 10_000 + b"\r\nx\r\n", 503),
    "trailers": (CHUNKED + b"2\r\nok\r\n0\r\n", b"X: " + b"y" * 1000 + b"\r\n", 200),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 1000 + b"\r\n", 200),
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 10_000, 200),
    "folded header": (b"HTTP/1.1 200 OK\r\nX: a\r\n", b" " + b"y" * 1000 + b"\r\n", 200),
    "interim answers": (b"", b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n" * 100, None),
    "status line": (b"HTTP/1.1 200 ", b"y" * 10_000, None),
    "no HTTP": (b"", b"y" * 10_000, None),
}


def endpoint(url: str) -> Endpoint:
    return Endpoint("ep_1", "acc_1", url, (), True, 4, None, (Secret("v1", new_secret("v1")),), None, "enabled", 1)


def claim() -> Claim:
    return Claim("msg_1", "acc_1", "ep_1", "evt_1", None, 1, 0, "automatic")


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


class Flood:
    """Answers without end, and counts what it could send."""

    def __init__(self, first: bytes, rest: bytes) -> None:
        self.first, self.rest = first, rest
        self.sent = 0

    def __call__(self, connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(self.first)
        while True:
            connection.sendall(self.rest)
            self.sent += len(self.rest)


@pytest.mark.parametrize("over_tls", [False, True])
@pytest.mark.parametrize("what", ENDLESS)
def test_an_answer_without_end_is_cut_and_is_a_failure(raw, authority, what, over_tls):
    first, rest, status = ENDLESS[what]
    flood = Flood(first, rest)
    url = raw(flood, authority.server() if over_tls else None)
    began, cpu = time.monotonic(), time.process_time()
    attempt = send(url, authority)
    assert (attempt.status, attempt.error) == (status, ErrorWord.CONNECTION)
    assert attempt.detail
    assert flood.sent < FEW
    assert time.monotonic() - began < 10
    assert time.process_time() - cpu < 2  # both sides of it


def test_sessions_without_end_are_cut(raw, authority):
    """A server of TLS may send tickets for later sessions, and libcurl tells of none of them."""
    context = authority.server(with_tickets=True)
    context.num_tickets = 100_000
    attempt = send(raw(Flood(b"", b"x"), context), authority)
    assert attempt.error is ErrorWord.CONNECTION
    assert "128 KiB" in attempt.detail


def send(url: str, authority: Authority) -> Attempt:
    allowed = {"allow_http_endpoints": True, "allowed_networks": "127.0.0.0/8,::1/128"}
    settings = load({}, **allowed, attempt_timeout="15s", ca_file=str(authority.file))
    return Sender(settings).send_one(endpoint(url), "evt_1", b"{}")


@pytest.mark.parametrize("chunk", [1, 10_000])
def test_a_long_success_is_one_however_its_body_is_divided(raw, authority, chunk):
    part = b"%x\r\n%b\r\n" % (chunk, b"x" * chunk)
    attempt = send(raw(Flood(CHUNKED, part * (20_000 // chunk))), authority)
    assert attempt.succeeded
    assert isinstance(attempt.outcome, Answered)
    assert attempt.outcome.body == b"x" * 16_384


@pytest.fixture
def transport():
    settings = load({}, allow_http_endpoints=True, allowed_networks="127.0.0.0/8", attempt_timeout="30s")
    transport = Transport(settings, SystemClock())
    yield transport
    transport.close()


def test_each_exchange_on_a_kept_connection_is_counted_by_itself(transport):
    """An answer in parts that come one by one, so that the sender looks how much came; all together are too much."""

    def talk(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while read_request(connection):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 15000\r\n\r\n")
            for _ in range(3):
                time.sleep(0.002)
                connection.sendall(b"x" * 5000)

    server = RawServer(talk)
    for _ in range(30):
        transport.start(claim(), endpoint(server.url), Content(b"{}", None))
        assert finish(transport, 1)[0].succeeded
    assert server.connections == 1
    server.close()


def test_a_flood_takes_no_more_than_its_share_of_a_turn(transport, receiver: Receiver):
    """While others flood, each step is short, and an endpoint that answers is not kept waiting."""
    servers = [RawServer(Flood(CHUNKED, b"1;" + b"e" * 60_000 + b"\r\nx\r\n")) for _ in range(8)]
    for number in range(64):
        transport.start(claim(), endpoint(servers[number % 8].url), Content(b"{}", None))
    transport.start(claim(), endpoint(receiver.url), Content(b"{}", None))
    began = time.process_time()
    attempts = finish(transport, 65)
    assert sum(attempt.succeeded for attempt in attempts) == 1
    assert sum("128 KiB" in (attempt.detail or "") for attempt in attempts) == 64
    assert time.process_time() - began < 5  # they were 164 MB and a quarter of a second each
    for server in servers:
        server.close()


def finish(transport: Transport, count: int) -> list[Attempt]:
    attempts: list[Attempt] = []
    deadline = time.monotonic() + 60
    while len(attempts) < count and time.monotonic() < deadline:
        attempts += [attempt for _, attempt in transport.poll(0.5)]
    return attempts
