"""One POST against receivers that misbehave: it always ends, in bounded time and memory, with a word for what was."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography.x509 import DNSName, IPAddress, RFC822Name, UniformResourceIdentifier

from support.certificates import Authority
from support.raw import read_request
from support.receiver import Answer, closed_port
from support.waiting import wait_for
from waybell.ground.clock import SystemClock
from waybell.settings import load
from waybell.webhooks.model import Answered, Attempt, Claim, Content, Endpoint, ErrorWord, Secret, Unreachable
from waybell.webhooks.sending.exchange import KEPT_BODY_BYTES
from waybell.webhooks.sending.sender import Sender
from waybell.webhooks.sending.transport import Transport
from waybell.webhooks.signing import new_secret

BODY = b'{"Metadata":{},"Data":{}}'


def endpoint(url: str, headers: tuple[tuple[str, str], ...] = (), hex_header: str | None = None) -> Endpoint:
    secrets = (Secret("v1", new_secret("v1")),)
    return Endpoint("ep_1", "acc_1", url, headers, True, 4, None, secrets, hex_header, "enabled", 1)


def send(url: str, **settings: str) -> Attempt:
    defaults = {"allow_http_endpoints": "true", "allowed_networks": "127.0.0.0/8", "attempt_timeout": "1s"}
    return Sender(load({}, **(defaults | settings))).send_one(endpoint(url), "evt_1", BODY)


def test_the_request_is_what_was_promised_and_nothing_more(receiver):
    to = endpoint(receiver.url, (("Authorization", "Bearer x"),), "X-Signature")
    settings = load({}, allow_http_endpoints=True, allowed_networks="127.0.0.0/8")
    attempt = Sender(settings).send_one(to, "evt_1", BODY)
    [got] = receiver.received
    kept = dict(line.split(": ", 1) for line in attempt.request_headers)
    assert kept["Authorization"] == "***"
    assert {name.lower() for name in kept} == set(got.headers) - {"host", "content-length"}
    assert got.body == BODY
    assert set(got.headers) == {
        "host",
        "user-agent",
        "content-type",
        "accept",
        "content-length",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "authorization",
        "x-signature",
    }


@pytest.mark.parametrize(
    ("own", "hex_header"),
    [((("Accept", "text/plain"),), None), ((("aCCEPT", "text/plain"),), None), ((), "ACCEPT"), ((), None)],
)
def test_no_header_goes_out_twice(raw, own, hex_header):
    """Also where an endpoint was stored before the door refused `HexHeader: Accept`."""
    got: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        got.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    settings = load({}, allow_http_endpoints=True, allowed_networks="127.0.0.0/8")
    attempt = Sender(settings).send_one(endpoint(raw(talk), own, hex_header), "evt_1", BODY)
    assert attempt.succeeded
    sent = [line.partition(b":")[0].lower() for line in got[0].partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
    assert len(sent) == len(set(sent))
    assert b"accept" in sent
    assert (b"text/plain" in got[0]) == bool(own)
    kept = [line.partition(":")[0].lower() for line in attempt.request_headers]
    assert len(kept) == len(set(kept))


def test_a_redirect_is_not_followed(receiver):
    receiver.answer = Answer(302, (("Location", receiver.url + "/elsewhere"),))
    attempt = send(receiver.url)
    assert (attempt.status, attempt.error) == (302, ErrorWord.HTTP_STATUS)
    assert len(receiver.received) == 1


def test_a_proxy_in_the_environment_is_not_used(receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert send(receiver.url).succeeded


def test_only_the_first_16_kib_of_an_answer_are_kept(receiver):
    receiver.answer = Answer(200, (), b"x" * 1_000_000)
    outcome = send(receiver.url).outcome
    assert isinstance(outcome, Answered)
    assert (outcome.status, outcome.body) == (200, b"x" * KEPT_BODY_BYTES)


def test_an_endless_answer_is_cut_off_and_its_status_counts(raw):
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    started = time.monotonic()
    assert send(raw(talk), attempt_timeout="100s", lease="110s").succeeded
    assert time.monotonic() - started < 60


def test_compressed_answers_are_kept_as_they_came(receiver):
    receiver.answer = Answer(200, (("Content-Encoding", "gzip"),), b"\x1f\x8b not really")
    outcome = send(receiver.url).outcome
    assert isinstance(outcome, Answered)
    assert outcome.body == b"\x1f\x8b not really"


@pytest.mark.parametrize("trickle", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_a_receiver_that_hangs_or_trickles_ends_at_the_timeout(raw, trickle):
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(trickle)
        while not ended.wait(0.1):
            connection.sendall(b"x" if trickle else b"")

    attempt = send(raw(talk))
    ended.set()
    assert attempt.error is ErrorWord.TIMEOUT
    assert 900_000 < attempt.timing.total_us < 3_000_000


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x00" * 100])
def test_what_is_not_http_is_a_broken_connection(raw, answer):
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    outcome = send(raw(talk)).outcome
    assert isinstance(outcome, Unreachable)
    assert outcome.error is ErrorWord.CONNECTION


def test_headers_without_end_are_refused(raw):
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-Header: " + b"x" * 1000 + b"\r\n")

    attempt = send(raw(talk), attempt_timeout="10s")
    assert attempt.error is ErrorWord.CONNECTION


def test_nobody_listening_is_refused():
    assert send(f"http://127.0.0.1:{closed_port()}/").error is ErrorWord.REFUSED


def test_a_name_that_does_not_exist_is_dns():
    assert send("http://nobody.invalid/", attempt_timeout="10s").error is ErrorWord.DNS


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "localhost"])
def test_the_address_that_is_connected_to_is_checked_however_it_is_written(receiver, host):
    attempt = send(f"http://{host}:{receiver.port}/", allowed_networks="192.0.2.0/24")
    assert attempt.error is ErrorWord.FORBIDDEN_ADDRESS
    assert receiver.received == []


def test_plain_http_is_refused_unless_allowed(receiver):
    assert not send(receiver.url, allow_http_endpoints="false").succeeded
    assert receiver.received == []


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def over_tls(raw) -> Callable[..., tuple[Attempt, list[bytes]]]:
    """Sends to a server with this TLS; the attempt, and what the server got to read."""

    def send_to(context: ssl.SSLContext, host: str = "localhost", **settings: str) -> tuple[Attempt, list[bytes]]:
        got: list[bytes] = []

        def talk(connection: socket.socket) -> None:
            got.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        url = raw(talk, context).replace("localhost", host)
        attempt = send(url, **({"allowed_networks": "127.0.0.0/8,::1/128", "attempt_timeout": "10s"} | settings))
        return attempt, got

    return send_to


def test_a_certificate_that_nobody_vouches_for_is_tls(over_tls, authority):
    attempt, got = over_tls(authority.server())
    assert attempt.error is ErrorWord.TLS
    assert got in ([], [b""])


def test_an_authority_of_ones_own_is_trusted_when_it_is_named(over_tls, authority):
    attempt, got = over_tls(authority.server(), ca_file=str(authority.file))
    assert attempt.succeeded
    assert got[0].startswith(b"POST / ")


BAD = {
    "expired": lambda authority, _: authority.server(expired=True),
    "for another host": lambda authority, _: authority.server("elsewhere.example"),
    "of another authority": lambda _, folder: Authority(folder / "other").server(),
    "without names": lambda authority, _: authority.server(names=()),
    "with the name of a mailbox": lambda authority, _: authority.server(
        names=[RFC822Name._init_without_validation("x@localhost, DNS:localhost")]
    ),
    "with a name elsewhere": lambda authority, _: authority.server(names=[DNSName("elsewhere.example")]),
    "with bytes that are no letters": lambda authority, _: authority.server(
        names=[DNSName("localhost"), UniformResourceIdentifier("http://cafe/")], instead=(b"cafe", b"caf\xe9")
    ),
    "with an address only": lambda authority, _: authority.server(names=[IPAddress(ip_address("127.0.0.1"))]),
}


@pytest.mark.parametrize("bad", BAD)
def test_nothing_is_sent_to_a_server_that_shows_a_bad_certificate(over_tls, authority, tmp_path, bad):
    attempt, got = over_tls(BAD[bad](authority, tmp_path), ca_file=str(authority.file))
    assert attempt.error is ErrorWord.TLS
    assert got in ([], [b""])


@pytest.mark.parametrize("names", [(), (DNSName("localhost"),), (DNSName("127.0.0.1"),)])
def test_an_address_must_be_named_as_one(over_tls, authority, names):
    """The common name is the address in each of these, which libcurl takes for enough."""
    attempt, got = over_tls(authority.server("127.0.0.1", names=names), "127.0.0.1", ca_file=str(authority.file))
    assert attempt.error is ErrorWord.TLS
    assert got in ([], [b""])


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1", IPAddress(ip_address("127.0.0.1"))), ("a.b.localhost", DNSName("*.b.localhost"))],
)
def test_addresses_and_wildcards_are_names(over_tls, authority, host, name):
    attempt, _ = over_tls(authority.server(names=[name]), host, ca_file=str(authority.file))
    assert attempt.succeeded


@pytest.mark.parametrize("names", [(), None])
def test_a_certificate_is_looked_at_on_each_connection(raw, authority, names):
    """A server gives out sessions to take up again, which would show none, neither a good one nor a bad one."""
    context = authority.server(names=names, with_tickets=True)
    got: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        got.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    allowed = {"allowed_networks": "127.0.0.0/8,::1/128", "ca_file": str(authority.file)}
    transport = Transport(load({}, **allowed), SystemClock())
    url = raw(talk, context)
    for _ in range(3):
        claim = Claim("msg_1", "acc_1", "ep_1", "evt_1", None, 1, 0, "automatic")
        transport.start(claim, endpoint(url), Content(BODY, None))
        [(_, attempt)] = wait_for(lambda: transport.poll(0.1))
        assert attempt.succeeded is (names is None)
        assert attempt.succeeded or "subjectAltName" in (attempt.detail or "")
    transport.close()
    assert len([one for one in got if one]) == (3 if names is None else 0)
