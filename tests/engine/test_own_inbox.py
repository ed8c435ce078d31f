"""An exchange with our own inbox reaches it wherever it lives, and opens the way to nothing else there."""

import socket
from collections.abc import Callable

import pycurl
import pytest

from support.receiver import Answer, Receiver
from waybell.ground.clock import SystemClock
from waybell.settings import Settings, load
from waybell.webhooks.model import Answered, Attempt, Endpoint, ErrorWord, Secret, Unreachable
from waybell.webhooks.sending.exchange import Exchange
from waybell.webhooks.sending.sender import Sender
from waybell.webhooks.signing import new_secret

TOKEN = "pX93a7XZPc4zHFIsFMPdDL3A4xFXLSaZwbvhfkImiWU"
BODY = b'{"Metadata":{},"Data":{}}'


@pytest.fixture
def here(receiver: Receiver) -> Callable[..., Settings]:
    """The settings of a Waybell that the receiver stands for. Loopback is not allowed."""

    def make(**settings: bool) -> Settings:
        return load({}, public_url=f"http://127.0.0.1:{receiver.port}", **settings)

    return make


def endpoint(url: str) -> Endpoint:
    return Endpoint("ep_1", "acc_1", url, (), True, 4, None, (Secret("v1", new_secret("v1")),), None, "enabled", 1)


def sent(exchange: Exchange, url: str) -> Attempt:
    exchange.prepare(endpoint(url), "evt_1", BODY)
    try:
        exchange.curl.perform()
    except pycurl.error as error:
        return exchange.attempt(error.args[0], error.args[1])
    return exchange.attempt(None, "")


def test_the_inbox_is_reached_although_loopback_and_http_are_not_allowed(receiver, here):
    settings = here()
    attempt = Sender(settings).send_one(endpoint(settings.inbox_url + TOKEN), "evt_1", BODY)
    assert isinstance(attempt.outcome, Answered)
    assert [(got.path, got.body) for got in receiver.received] == [(f"/in/{TOKEN}", BODY)]


@pytest.mark.parametrize(
    "path", ["hook", "in/", f"in/{TOKEN}/../../api/Order", f"in/{TOKEN}?x=1", f"in/{TOKEN}/", "in"]
)
@pytest.mark.parametrize("allow_http", [True, False])
def test_no_other_url_at_the_same_address_is(receiver, here, path, allow_http):
    settings = here(allow_http_endpoints=allow_http)
    attempt = Sender(settings).send_one(endpoint(f"{settings.base_url}/{path}"), "evt_1", BODY)
    assert isinstance(attempt.outcome, Unreachable)
    if allow_http:
        assert attempt.outcome.error == ErrorWord.FORBIDDEN_ADDRESS
    assert receiver.received == []


def test_who_comes_after_it_does_not_find_its_connection_open(receiver, here):
    """Handles are used again and again, and libcurl would take a connection that it still has to the same host."""
    settings = here(allow_http_endpoints=True)
    opened: list[socket.socket] = []
    exchange = Exchange(settings, SystemClock(), opened.append)
    for _ in range(2):
        assert isinstance(sent(exchange, settings.inbox_url + TOKEN).outcome, Answered)
        assert isinstance(sent(exchange, f"{settings.base_url}/hook").outcome, Unreachable)
    exchange.close()
    for one in opened:
        one.close()
    assert [got.path for got in receiver.received] == [f"/in/{TOKEN}"] * 2


def test_where_it_redirects_to_is_not_called(receiver, here):
    settings = here()
    receiver.answer = Answer(302, (("Location", f"{settings.base_url}/hook"),))
    outcome = Sender(settings).send_one(endpoint(settings.inbox_url + TOKEN), "evt_1", BODY).outcome
    assert isinstance(outcome, Answered)
    assert outcome.status == 302
    assert len(receiver.received) == 1
