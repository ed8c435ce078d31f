"""Answers that end before their end: what came of them is kept and counts, with the error that ended them."""

import socket
import threading
import time

import pytest
from sqlalchemy import select

from support.raw import end_with_reset, read_request
from waybell.settings import load
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages.tables import attempts, messages
from waybell.webhooks.model import Answered, Attempt, Endpoint, ErrorWord, Secret, Unreachable
from waybell.webhooks.sending.exchange import KEPT_BODY_BYTES
from waybell.webhooks.sending.sender import Sender
from waybell.webhooks.signing import new_secret


def send(url: str, timeout: str = "10s") -> Attempt:
    settings = load({}, allow_http_endpoints=True, allowed_networks="127.0.0.0/8", attempt_timeout=timeout)
    secrets = (Secret("v1", new_secret("v1")),)
    to = Endpoint("ep_1", "acc_1", url, (), True, 4, None, secrets, None, "enabled", 1)
    return Sender(settings).send_one(to, "evt_1", b"{}")


@pytest.fixture
def answering(raw):
    """Serves these bytes to each request, and ends the connection with FIN or RST, or not before the test is over."""
    over = threading.Event()

    def serve(*parts: bytes, end: str = "fin") -> str:
        def talk(connection: socket.socket) -> None:
            read_request(connection)
            for part in parts:
                connection.sendall(part)
            if end == "rst":
                time.sleep(0.05)  # a reset that comes too soon takes away what was not read yet
                end_with_reset(connection)
            elif end == "hang":
                over.wait(60)

        return raw(talk)

    yield serve
    over.set()


CUT = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", 200, b"short"),
    (b"HTTP/1.1 500 X\r\nContent-Length: 50\r\n\r\nshort", 500, b"short"),
    (b"HTTP/1.1 410 Gone\r\nContent-Length: 50\r\n\r\n", 410, b""),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", 200, b"hel"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 200, b"hello"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", 200, b"hello"),
    (b"HTTP/1.1 410 Gone\r\nX: y", 410, b""),
    (b"HTTP/1.1 200 OK\r\nX: y\r\n", 200, b""),
    (b"HTTP/1.1 103 E\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nx", 503, b"x"),
]


@pytest.mark.parametrize("end", ["fin", "rst", "hang"])
@pytest.mark.parametrize(("came", "status", "body"), CUT)
def test_what_came_of_a_cut_answer_is_kept_with_the_error(answering, came, status, body, end):
    attempt = send(answering(came, end=end), timeout="1s")
    assert attempt.error is (ErrorWord.TIMEOUT if end == "hang" else ErrorWord.CONNECTION)
    assert isinstance(attempt.outcome, Answered)
    assert (attempt.status, attempt.outcome.body) == (status, body)
    assert attempt.outcome.headers.startswith(b"HTTP/1.1 %d " % status)
    assert attempt.detail
    assert not attempt.succeeded


def test_a_body_that_ends_with_a_reset_is_cut(answering):
    attempt = send(answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok", end="rst"))
    assert (attempt.status, attempt.error) == (200, ErrorWord.CONNECTION)


def test_a_body_that_trickles_until_the_timeout_is_cut(raw):
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 429 Slow\r\nRetry-After: 40\r\nContent-Length: 1000\r\n\r\n")
        while not ended.wait(0.1):
            connection.sendall(b"x")

    attempt = send(raw(talk), timeout="1s")
    ended.set()
    assert (attempt.status, attempt.error) == (429, ErrorWord.TIMEOUT)
    assert isinstance(attempt.outcome, Answered)
    assert b"Retry-After: 40" in attempt.outcome.headers
    assert attempt.outcome.body.startswith(b"xx")


WHOLE = [
    b"HTTP/1.1 202 A\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 202 A\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 204 A\r\n\r\n",
    b"HTTP/1.1 200 A\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("end", ["fin", "rst", "hang"])
@pytest.mark.parametrize("came", WHOLE)
def test_a_whole_answer_counts_however_the_connection_ends(answering, came, end):
    assert send(answering(came, end=end), timeout="2s").succeeded


def test_a_success_whose_body_is_cut_by_our_own_limit_is_one(answering):
    outcome = send(answering(b"HTTP/1.1 200 A\r\nContent-Length: 1000000\r\n\r\n", b"x" * 50_000, end="hang")).outcome
    assert outcome == Answered(200, b"HTTP/1.1 200 A\r\nContent-Length: 1000000\r\n\r\n", b"x" * KEPT_BODY_BYTES)


IMPOSSIBLE = ["-1", "+2", "abc", "2abc", "", "2, 3", "0x2", "2 2", "2.0", "9" * 25, "2\r\nContent-Length: 3"]


@pytest.mark.parametrize("status", [200, 204, 410])
@pytest.mark.parametrize("length", IMPOSSIBLE)
def test_an_impossible_length_is_a_failure_and_the_status_is_kept(answering, length, status):
    attempt = send(answering(b"HTTP/1.1 %d X\r\nContent-Length: %b\r\n\r\nok" % (status, length.encode())))
    assert (attempt.status, attempt.error) == (status, ErrorWord.CONNECTION)
    assert "Content-Length" in attempt.detail


@pytest.mark.parametrize(
    "line", ["HTTP/1.1 2000 OK", "HTTP/1.1 200OK", "HTTP/1.1 020 OK", "HTTP/2 200 OK", "HTTP/1.1 20"]
)
def test_a_status_line_that_is_none_is_no_answer(answering, line):
    outcome = send(answering(line.encode() + b"\r\nContent-Length: 0\r\n\r\n")).outcome
    assert isinstance(outcome, Unreachable)
    assert outcome.error is ErrorWord.CONNECTION


# What follows from them


def row_of(app, table):
    with app.database.reading() as tx:
        return tx.execute(select(table)).one()


def test_410_disables_also_when_its_body_is_cut(app, endpoint, publish, settle, answering):
    endpoint(answering(b"HTTP/1.1 410 Gone\r\nContent-Length: 50\r\n\r\nshort"))
    publish("order:1")
    settle()
    assert row_of(app, endpoints).state == "disabled"
    assert row_of(app, messages).state == "failed"
    row = row_of(app, attempts)
    assert (row.status, row.error, row.response_body) == (410, "connection", b"short")
    assert row.response_headers.startswith(b"HTTP/1.1 410")
    assert "45 bytes missing" in row.detail


@pytest.mark.parametrize("status", [b"429", b"503"])
def test_retry_after_pauses_also_when_the_body_is_cut(app, clock, endpoint, publish, settle, answering, status):
    endpoint(answering(b"HTTP/1.1 " + status + b" X\r\nRetry-After: 4000\r\nContent-Length: 50\r\n\r\nshort"))
    publish("order:1")
    settle()
    assert (row_of(app, endpoints).paused_until - clock.now()).total_seconds() == 4000
    message = row_of(app, messages)
    assert (message.status, message.error, message.state) == (int(status), "connection", "waiting")
    assert (message.due_at - clock.now()).total_seconds() == 4000


def test_a_cut_success_is_tried_again(app, endpoint, publish, settle, answering):
    endpoint(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"))
    publish("order:1")
    settle()
    message = row_of(app, messages)
    assert (message.state, message.failures, message.status, message.error) == ("waiting", 1, 200, "connection")


def test_retry_after_in_an_interim_answer_or_a_trailer_does_not_count(app, endpoint, publish, settle, answering):
    interim = b"HTTP/1.1 103 E\r\nRetry-After: 4000\r\n\r\n"
    chunks = b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nRetry-After: 4000\r\n\r\n"
    endpoint(answering(interim + b"HTTP/1.1 503 X\r\n" + chunks))
    publish("order:1")
    settle()
    assert row_of(app, endpoints).paused_until is None
