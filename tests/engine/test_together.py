"""Several dispatchers on one PostgreSQL: what is promised for an endpoint holds for all of them together."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from support.dispatching import running
from support.receiver import Answer
from support.waiting import wait_for
from waybell.app import App
from waybell.db.postgres import driver_url
from waybell.webhooks.sending.dispatcher import Dispatcher
from waybell.webhooks.sending.shards import LOCK_CLASS, SHARDS, SharedShards

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.fixture
def three(app: App, database_url: str, dispatcher_with: Callable[..., Dispatcher]) -> Iterator[list[Dispatcher]]:
    made = [dispatcher_with(poll_interval="100ms") for _ in range(3)]
    with ExitStack() as stack:
        for one in made:
            stack.enter_context(running(one))
        wait_for(lambda: is_even(held_by(database_url), 3))
        yield made


def held_by(database_url: str) -> Counter[int]:
    """How many shards the connection of each dispatcher holds."""
    with psycopg.connect(driver_url(database_url)) as connection:
        query = (
            "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database AND datname = current_database()"
            " WHERE locktype = 'advisory' AND classid = %s AND objid < %s"
        )
        return Counter(row[0] for row in connection.execute(query, (LOCK_CLASS, SHARDS)))


def is_even(held: Counter[int], dispatchers: int) -> bool:
    return held.total() == SHARDS and len(held) == dispatchers and max(held.values()) <= -(-SHARDS // dispatchers)


def test_no_more_than_its_concurrency_goes_to_an_endpoint_at_once_from_all_of_them(three, receiver, endpoint, publish):
    at_once, most, lock = Counter(), Counter(), threading.Lock()

    def answer(got):
        with lock:
            at_once[got.path] += 1
            most[got.path] = max(most[got.path], at_once[got.path])
        threading.Event().wait(0.02)  # as long as a receiver takes
        with lock:
            at_once[got.path] -= 1
        return Answer()

    receiver.answer = answer
    for number in range(12):
        endpoint(f"{receiver.url}/{number}", concurrency=2)
    publish(*[f"order:{number}" for number in range(20)])
    receiver.wait_for(12 * 20)
    assert max(most.values()) == 2


def test_the_order_of_a_subject_holds_through_all_of_them(three, receiver, endpoint, publish):
    for number in range(6):
        endpoint(f"{receiver.url}/{number}")
    for _ in range(15):
        publish("order:1", "order:2")
    receiver.wait_for(6 * 30)
    versions: dict[tuple[str, str], list[int]] = {}
    for got in receiver.received:
        versions.setdefault((got.path, got.document["Data"]["Number"]), []).append(got.document["Metadata"]["Version"])
    assert set(map(tuple, versions.values())) == {tuple(range(1, 16))}
    assert len(versions) == 12


def test_when_one_of_them_ends_the_others_serve_its_endpoints(app, database_url, receiver, endpoint, publish, three):
    for number in range(12):
        endpoint(f"{receiver.url}/{number}")
    with psycopg.connect(driver_url(database_url), autocommit=True) as connection:
        # As if its machine had gone: the server ends its session.
        [victim, *_] = held_by(database_url)
        connection.execute("SELECT pg_terminate_backend(%s)", (victim,))
    publish("order:1")
    receiver.wait_for(12)
    wait_for(lambda: is_even(held_by(database_url), 3))  # it came back for its share


def test_when_the_server_cuts_all_connections_none_of_them_ends(three, database_url, receiver, endpoint, publish):
    endpoint(receiver.url)
    with psycopg.connect(driver_url(database_url), autocommit=True) as connection:
        connection.execute(  # each is waited for: what is published meanwhile may meet its end, and is refused
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    publish(*[f"order:{number}" for number in range(20)])
    wait_for(lambda: len({got.event_id for got in receiver.received}) == 20)
    wait_for(lambda: is_even(held_by(database_url), 3))


def test_a_shard_changes_hands_only_when_nothing_of_it_is_under_way(database_url, app):
    first, second = SharedShards(database_url), SharedShards(database_url)
    endpoints = [f"ep_{number}" for number in range(200)]
    served: Callable[[SharedShards], set[str]] = lambda one: {name for name in endpoints if one.serves(name)}  # noqa: E731
    try:
        assert first.balance([])
        assert served(first) == set(endpoints)
        assert not second.balance([])
        first.balance(endpoints)  # all of them are busy: half is left, none is given away yet
        leaving = set(endpoints) - served(first)
        assert leaving
        assert not second.balance([])
        first.balance([])
        assert second.balance([])
        assert served(second) == leaving
        first.close()
        wait_for(lambda: second.balance([]))  # the server takes a moment to see that the session has ended
        assert served(second) == set(endpoints)
    finally:
        first.close()
        second.close()
