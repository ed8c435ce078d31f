"""The numbers of open files that libcurl, the selector and the hints share."""

import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pycurl
import pytest
from sqlalchemy import text

from support.receiver import Answer
from support.waiting import wait_for
from waybell.ground.clock import SystemClock
from waybell.settings import load
from waybell.webhooks.model import Claim, Content, Endpoint, Secret
from waybell.webhooks.sending.exchange import Exchange
from waybell.webhooks.sending.transport import Transport
from waybell.webhooks.sending.wakeup import PostgresWakeup
from waybell.webhooks.signing import new_secret

POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@contextmanager
def files_open(most: int) -> Iterator[list[int]]:
    """So many more files, under ascending numbers."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(most)]
        for one in opened:
            stack.callback(os.close, one)
        yield opened


def is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


def test_an_address_that_refuses_beside_one_that_is_slow_costs_no_processor_time(tmp_path, receiver, hang):
    """libcurl closes what was refused while the exchange goes on. A copy of ours would be told of without end."""
    hang()
    settings = load({}, allow_http_endpoints=True, allowed_networks="127.0.0.0/8", attempt_timeout="1s")
    transport = Transport(settings, SystemClock())
    exchange = Exchange(settings, SystemClock(), transport._note_opened)
    exchange.curl.setopt(pycurl.RESOLVE, [f"two.example:{receiver.port}:127.0.0.2,127.0.0.1"])
    transport._idle.append(exchange)
    url, secret = f"http://two.example:{receiver.port}/", Secret("v1", new_secret("v1"))
    endpoint = Endpoint("ep_1", "acc_1", url, (), True, 16, None, (secret,), None, "enabled", 1)
    transport.start(Claim("msg_1", "acc_1", "ep_1", "evt_1", None, 1, 0, "automatic"), endpoint, Content(b"{}", None))
    polls = 1
    while not transport.poll(1):
        polls += 1
    transport.close()
    assert len(receiver.received) == 1
    assert polls < 100


@POSTGRES
def test_hints_come_through_a_connection_with_a_high_number(database_url):
    with files_open(1100):
        wakeup = PostgresWakeup(database_url)
        assert wakeup.fileno() > 1024
        assert wakeup.read() == set()
        wakeup.close()


@POSTGRES
def test_it_listens_again_on_a_number_that_a_receivers_connection_had(
    app, receiver, endpoint, publish, dispatcher, settle
):
    receiver.answer = Answer(headers=(("Connection", "close"),))
    endpoint(receiver.url)
    publish(*[f"order:{number}" for number in range(30)])
    settle()
    was_its = next(number for number in dispatcher._transport._registered if is_closed(number))
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    with app.database.transaction() as tx:
        tx.execute(text(f"{ended} AND datname = current_database()"))
    wait_for(lambda: dispatcher.step(0.01) or not dispatcher._listening)
    # All lower numbers are taken, as if by others, and the next to be opened gets that one.
    with ExitStack() as stack:
        while (number := os.open(os.devnull, os.O_RDONLY)) < was_its:
            stack.callback(os.close, number)
        os.close(number)
        dispatcher.scan()
        wait_for(lambda: dispatcher.step(0.01) or dispatcher._listening)
        assert dispatcher._wakeup.fileno() == was_its
