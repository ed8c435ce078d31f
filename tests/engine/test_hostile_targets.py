"""Webhooks lead to public addresses only, whatever a URL says: at the door, and on the socket by the real sender."""

from collections.abc import Callable, Iterator
from itertools import count

import pycurl
import pytest

from support.hostile import REDIRECTS, TARGETS, Target
from support.receiver import Answer
from support.trap import Trap
from support.waiting import wait_for
from waybell.ground.clock import SystemClock
from waybell.ground.errors import Invalid
from waybell.settings import load
from waybell.webhooks.address import Policy, check_url
from waybell.webhooks.model import Attempt, Claim, Content, Endpoint, ErrorWord, Secret
from waybell.webhooks.sending.exchange import Exchange
from waybell.webhooks.sending.sender import Sender
from waybell.webhooks.sending.transport import Transport
from waybell.webhooks.signing import new_secret

# The door stores nothing but ASCII, and libcurl takes nothing else.
SENDABLE = [one for one in TARGETS if one.names or (one.url.isascii() and "\0" not in one.url)]
OPERATORS = Policy(allow_http=True)  # plain HTTP is allowed in all of these tests, as it stops nobody
EVERYWHERE = "0.0.0.0/0,::/0"
NOT_IN_THE_END = {ErrorWord.FORBIDDEN_ADDRESS, ErrorWord.DNS, ErrorWord.CONNECTION}


def send(url: str, allowed_networks: str = "") -> Attempt:
    settings = load({}, allow_http_endpoints=True, allowed_networks=allowed_networks, attempt_timeout="5s")
    return Sender(settings).send_one(endpoint(url), "evt_1", b"{}")


def endpoint(url: str) -> Endpoint:
    return Endpoint("ep_1", "acc_1", url, (), True, 4, None, (Secret("v1", new_secret("v1")),), None, "enabled", 1)


@pytest.fixture(scope="module")
def listening() -> Iterator[Trap]:
    """One for all tests: it is silence that they expect."""
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture
def trap(listening: Trap) -> Trap:
    listening.forget()
    return listening


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Names lead where the test says, in turns: the resolver of the handles that are made from now on is steered.

    An answer is what libcurl takes: `host:port:address,address`, or `*:port:address` for all names.
    """
    real = pycurl.Curl

    def steer(*answers: str) -> None:
        turn = count()

        def make() -> pycurl.Curl:
            curl = real()
            curl.setopt(pycurl.RESOLVE, [answers[min(next(turn), len(answers) - 1)]])
            return curl

        monkeypatch.setattr(pycurl, "Curl", make)

    return steer


def test_there_are_enough_of_them():
    assert len({target.url for target in TARGETS}) == len(TARGETS) >= 250
    assert len([target for target in TARGETS if target.arrives]) >= 40  # by which the trap is known to hear


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.what)
def test_the_door_refuses_it_or_leaves_a_name_to_the_socket(target: Target):
    url = target.url.format(port=8080)
    if target.names:
        assert check_url(url, OPERATORS).isascii()
        return
    with pytest.raises(Invalid, match=r"^Url: "):
        check_url(url, OPERATORS)


@pytest.mark.parametrize("target", SENDABLE, ids=lambda target: target.what)
def test_the_sender_connects_to_nobody(target: Target, trap: Trap, resolve):
    url = as_stored(target, trap.port)
    resolve(f"*:{trap.port}:127.0.0.1")  # whatever passes for a name leads to the trap
    attempt = send(url)
    assert not attempt.succeeded
    assert attempt.error in NOT_IN_THE_END
    if target.arrives or target.names:
        assert attempt.error is ErrorWord.FORBIDDEN_ADDRESS
    assert trap.visits() == 0


@pytest.mark.parametrize("target", [one for one in TARGETS if one.arrives or one.names], ids=lambda target: target.what)
def test_the_trap_would_hear_it_if_the_operator_allowed_all(target: Target, trap: Trap, resolve):
    if target.names:
        resolve(f"*:{trap.port}:127.0.0.1")
    assert send(as_stored(target, trap.port), EVERYWHERE).succeeded
    assert trap.visits() == 1


def as_stored(target: Target, port: int) -> str:
    """The URL as the sender may meet it: names as the door stores them, all else as it is written."""
    url = target.url.format(port=port)
    return check_url(url, OPERATORS) if target.names else url


# Names that resolve to what they should not


@pytest.mark.parametrize(
    "address",
    ["127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "0.0.0.0", "[::]"],
)
def test_a_name_is_judged_by_what_it_resolves_to(address, trap, resolve):
    resolve(f"good.example:{trap.port}:{address}")
    assert send(f"http://good.example:{trap.port}/", "127.0.0.1/32").error is ErrorWord.FORBIDDEN_ADDRESS
    assert trap.visits() == 0
    assert send(f"http://good.example:{trap.port}/", EVERYWHERE).succeeded
    assert trap.visits() == 1


def test_a_name_that_leads_elsewhere_the_second_time_is_refused_then(trap, receiver, resolve):
    url = f"http://rebinding.example:{receiver.port}/"
    resolve(f"rebinding.example:{receiver.port}:127.0.0.1", f"rebinding.example:{receiver.port}:127.0.0.2")
    assert check_url(url, OPERATORS) == url
    assert send(url, "127.0.0.1/32").succeeded
    assert send(url, "127.0.0.1/32").error is ErrorWord.FORBIDDEN_ADDRESS
    assert len(receiver.received) == 1


def test_a_handle_that_was_there_before_is_judged_anew(trap, receiver):
    """As the dispatcher sends: a handle used again, on the multi interface with what it remembers of names."""
    receiver.answer = Answer(204, (("Connection", "close"),))
    settings = load({}, allow_http_endpoints=True, allowed_networks="127.0.0.1/32")
    transport = Transport(settings, SystemClock())
    to = endpoint(f"http://rebinding.example:{receiver.port}/")

    def send_to(address: str) -> Attempt:
        exchange = transport._idle[0]
        exchange.curl.setopt(pycurl.RESOLVE, [f"rebinding.example:{receiver.port}:{address}"])
        transport.start(Claim("msg_1", "acc_1", "ep_1", "evt_1", None, 1, 0, "automatic"), to, Content(b"{}", None))
        [(_, attempt)] = wait_for(lambda: transport.poll(0.01))
        return attempt

    transport._idle.append(Exchange(settings, SystemClock(), transport._note_opened))
    assert send_to("127.0.0.1").succeeded
    for address in ("127.0.0.2", "[::1]", "[::ffff:127.0.0.2]"):
        assert send_to(address).error is ErrorWord.FORBIDDEN_ADDRESS
    assert send_to("127.0.0.1").succeeded
    assert len(receiver.received) == 2
    transport.close()


def test_of_two_addresses_only_the_public_one_is_tried(trap, resolve):
    for addresses in ("127.0.0.2,127.0.0.3", "127.0.0.2,[::1]", "[::1],127.0.0.2"):
        resolve(f"two.example:{trap.port}:{addresses}")
        assert send(f"http://two.example:{trap.port}/", "127.0.0.1/32").error is ErrorWord.FORBIDDEN_ADDRESS
    assert trap.visits() == 0
    resolve(f"two.example:{trap.port}:127.0.0.2,127.0.0.1")
    assert send(f"http://two.example:{trap.port}/", "127.0.0.1/32").succeeded


# Answers that would lead on


@pytest.mark.parametrize(("status", "headers"), REDIRECTS, ids=lambda value: str(value)[:60])
def test_an_answer_leads_nowhere(status, headers, receiver, trap):
    there = f"http://127.0.0.2:{trap.port}/"
    headers = tuple(
        (name, value.replace("{there}", there).replace("{port}", str(trap.port))) for name, value in headers
    )
    receiver.answer = Answer(status, headers)
    for _ in range(2):  # what was told the first time is forgotten the second
        attempt = send(receiver.url, "127.0.0.0/8")
        assert attempt.succeeded is (200 <= status < 300)
    assert len(receiver.received) == 2
    assert trap.visits() == 0


# The environment


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5h", "socks4a"])
def test_no_proxy_of_the_environment_is_asked(name, scheme, trap, receiver, monkeypatch):
    monkeypatch.setenv(name, f"{scheme}://127.0.0.2:{trap.port}")
    assert send(receiver.url, "127.0.0.1/32").succeeded
    assert send("https://127.0.0.1:1/", "127.0.0.1/32").error is ErrorWord.REFUSED
    assert trap.visits() == 0


def test_a_netrc_of_whoever_runs_it_is_not_read(receiver, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert send(receiver.url, "127.0.0.1/32").succeeded
    assert "authorization" not in receiver.received[0].headers
