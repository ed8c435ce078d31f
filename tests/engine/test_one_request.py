"""One attempt is one request: what may have been read is never sent again without an attempt of its own."""

import socket
import threading
import time

import pytest

from support.certificates import Authority
from support.raw import RawServer, end_with_reset, read_request
from support.waiting import wait_for
from waybell.ground.clock import SystemClock
from waybell.settings import load
from waybell.webhooks.model import Attempt, Claim, Content, Endpoint, ErrorWord, Secret
from waybell.webhooks.sending import transport as transport_module
from waybell.webhooks.sending.transport import Transport
from waybell.webhooks.signing import new_secret

ANSWER = b"HTTP/1.1 204 X\r\n\r\n"


class Keeping:
    """Keeps connections, and ends them in its own way with, or after, the request that it is told to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.how = "fin"
        self.ends = False  # with the next request, without an answer
        self.closes = threading.Event()  # connections that wait for a request
        self.closed = 0
        self.together = threading.Barrier(1)

    def __call__(self, connection: socket.socket) -> None:
        connection.settimeout(0.02)
        try:
            while self._answer(connection):
                pass
        finally:
            if self.how == "rst":
                end_with_reset(connection)
            connection.close()
            with self._lock:
                self.closed += 1

    def _answer(self, connection: socket.socket) -> bool:
        try:
            if not read_request(connection):
                return False
        except TimeoutError:
            return not self.closes.is_set()
        with self._lock:
            self.requests += 1
        if self.ends:
            return False
        self.together.wait(60)  # so that each request has a connection of its own
        connection.sendall(ANSWER)
        return True


@pytest.fixture(params=["plain", "tls"])
def receiver(request, tmp_path):
    authority = Authority(tmp_path)
    talk = Keeping()
    server = RawServer(talk, authority.server() if request.param == "tls" else None)
    talk.server, talk.authority = server, authority  # type: ignore[attr-defined]
    yield talk
    talk.closes.set()
    server.close()


@pytest.fixture
def send(receiver):
    allowed = {"allow_http_endpoints": True, "allowed_networks": "127.0.0.0/8,::1/128"}
    transport = Transport(
        load({}, **allowed, attempt_timeout="20s", ca_file=str(receiver.authority.file)), SystemClock()
    )
    secrets = (Secret("v1", new_secret("v1")),)
    to = Endpoint("ep_1", "acc_1", receiver.server.url, (), True, 4, None, secrets, None, "enabled", 1)

    def send(count: int = 1) -> list[Attempt]:
        receiver.together = threading.Barrier(count)
        for number in range(count):
            claim = Claim(f"msg_{number}", "acc_1", "ep_1", "evt_1", None, 1, 0, "automatic")
            transport.start(claim, to, Content(b"{}", None))
        attempts: list[Attempt] = []
        deadline = time.monotonic() + 30
        while len(attempts) < count and time.monotonic() < deadline:
            attempts += [attempt for _, attempt in transport.poll(0.5)]
        return attempts

    yield send
    transport.close()


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_request_that_was_read_on_a_kept_connection_is_not_sent_again(receiver, send, how):
    receiver.how = how
    assert all(attempt.succeeded for attempt in send(4))
    assert receiver.server.connections == 4  # which are kept now: libcurl would try one after the other
    receiver.ends = True
    [attempt] = send()
    assert attempt.error is ErrorWord.CONNECTION
    assert attempt.detail
    assert receiver.requests == 4 + 1
    receiver.ends = False
    assert send()[0].succeeded
    assert receiver.requests == 4 + 1 + 1


def test_several_that_end_at_once_are_each_sent_once(receiver, send):
    send(4)
    receiver.ends = True
    assert [attempt.error for attempt in send(4)] == [ErrorWord.CONNECTION] * 4
    assert receiver.requests == 4 + 4


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_a_connection_that_ended_before_anything_was_sent_is_replaced_at_once(receiver, send, how):
    receiver.how = how
    send(3)
    receiver.closes.set()
    wait_for(lambda: receiver.closed == 3)
    receiver.closes.clear()
    assert [attempt.error for attempt in send()] == [None]
    assert receiver.requests == 3 + 1
    assert receiver.server.connections == 3 + 1


def test_connections_are_kept(receiver, send):
    for _ in range(20):
        assert send()[0].succeeded
    assert receiver.server.connections == 1


@pytest.mark.parametrize("seconds", [300, 0])
def test_a_receiver_that_closes_kept_connections_gets_new_ones_for_a_while(receiver, send, monkeypatch, seconds):
    """One that closes after each answer and does not say so would let every second attempt fail."""
    monkeypatch.setattr(transport_module, "_CLOSER_FOR", seconds)
    send()
    receiver.ends = True
    assert send()[0].error is ErrorWord.CONNECTION
    receiver.ends = False
    assert [attempt.error for attempt in send() + send() + send()] == [None] * 3
    assert receiver.server.connections == (1 + 3 if seconds else 1 + 1)
