"""Connections to PostgreSQL notice that its host has vanished: the kernel is told to ask for signs of life."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from support.waiting import wait_for
from waybell.db import postgres
from waybell.webhooks.sending.shards import SharedShards
from waybell.webhooks.sending.wakeup import PostgresHints, PostgresWakeup

pytestmark = [
    pytest.mark.parametrize("database_url", ["postgres"], indirect=True),
    pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux tells"),
]


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _reach(info: psycopg.ConnectionInfo) -> socket.socket:
    if not info.host.startswith("/"):
        return socket.create_connection((info.host, info.port))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{info.host}/.s.PGSQL.{info.port}")
    return server


def _pass_on(client: socket.socket, info: psycopg.ConnectionInfo) -> None:
    with client, _reach(info) as server:
        back = threading.Thread(target=_copy, args=(server, client))
        back.start()
        _copy(client, server)
        back.join()


@contextmanager
def over_tcp(url: str) -> Iterator[str]:
    """The URL of the same database by a port of this machine: the server of the tests listens at a file only."""
    threads: list[threading.Thread] = []

    def accept(listener: socket.socket, info: psycopg.ConnectionInfo) -> None:
        with suppress(OSError):  # it is shut
            while True:
                threads.append(threading.Thread(target=_pass_on, args=(listener.accept()[0], info)))
                threads[-1].start()

    with psycopg.connect(postgres.driver_url(url)) as connection, socket.create_server(("127.0.0.1", 0)) as listener:
        threads.append(threading.Thread(target=accept, args=(listener, connection.info)))
        threads[0].start()
        where = make_url(url).set(host="127.0.0.1", port=listener.getsockname()[1], query={})
        yield where.render_as_string(hide_password=False)
        listener.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(60)


def options(descriptor: int) -> tuple[int, ...]:
    """As the kernel has them: whether it asks, after how many idle seconds, how often, and when it gives up."""
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        assert connection.family == socket.AF_INET
        tcp = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        asks = connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        return (asks, *(connection.getsockopt(socket.IPPROTO_TCP, option) for option in tcp))


EXPECTED = (1, 5, 2, 3, 15_000)


def test_of_the_pool(database_url):
    with over_tcp(database_url) as url:
        engine = postgres.engine(make_url(url), 1)
        with engine.connect() as connection:
            assert options(connection.connection.dbapi_connection.fileno()) == EXPECTED
        engine.dispose()


def test_that_listen_and_that_hold_shards(database_url):
    with over_tcp(database_url) as url:
        wakeup, shards = PostgresWakeup(url), SharedShards(url)
        shards.balance([])
        assert options(wakeup.fileno()) == EXPECTED
        assert options(shards._connection.fileno()) == EXPECTED
        wakeup.close()
        shards.close()


def test_that_hint(database_url, monkeypatch):
    made = []
    connect = psycopg.connect

    def noted(*arguments, **named):
        made.append(connect(*arguments, **named))
        return made[-1]

    with over_tcp(database_url) as url:
        wakeup, hints = PostgresWakeup(url), PostgresHints(url)
        monkeypatch.setattr(psycopg, "connect", noted)
        hints(["ep_1"])
        assert wait_for(wakeup.read) == {"ep_1"}
        assert options(made[0].fileno()) == EXPECTED
        hints.close()
        wakeup.close()


def test_those_that_were_cut_are_made_anew(database_url):
    engine = postgres.engine(make_url(database_url), 2)
    with engine.connect() as one, engine.connect() as other:
        numbers = [each.connection.dbapi_connection.info.backend_pid for each in (one, other)]
    with psycopg.connect(postgres.driver_url(database_url), autocommit=True) as cutter:
        for number in numbers:
            cutter.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
    with engine.connect() as one, engine.connect() as other:
        for each in (one, other):
            assert each.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()


def test_one_that_is_closed_on_our_side_is_made_anew(database_url):
    engine = postgres.engine(make_url(database_url), 1)
    with engine.connect() as connection:
        closed = connection.connection.dbapi_connection
    closed.close()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()


def test_one_is_asked_whether_it_is_there_only_when_nobody_has_used_it_for_a_while(database_url, monkeypatch):
    engine = postgres.engine(make_url(database_url), 1)
    asked = []
    monkeypatch.setattr(engine.dialect, "do_ping", asked.append)
    now = monotonic()
    monkeypatch.setattr(postgres, "monotonic", lambda: now)
    for _ in range(3):
        engine.connect().close()
    assert not asked
    now += 1.5
    engine.connect().close()
    assert len(asked) == 1
    engine.dispose()


def test_a_server_that_does_not_answer_is_given_up_before_prometheus_gives_up(database_url):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = make_url(database_url).set(host="127.0.0.1", port=silent.getsockname()[1], query={})
        began = monotonic()
        with pytest.raises(OperationalError, match="timeout"):
            postgres.engine(where, 1).connect()
    assert monotonic() - began < 8  # of 10
