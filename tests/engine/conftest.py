"""Fixtures of the engine: a dispatcher that tests drive by hand, against receivers on this machine."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.raw import RawServer, Talk
from support.receiver import Answer, Received, Receiver
from support.waiting import wait_for
from waybell.accounts.model import Account
from waybell.app import App, build, build_dispatcher
from waybell.events import outbox
from waybell.events.model import Event
from waybell.ground.ids import new_id
from waybell.settings import load
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints, subscriptions
from waybell.webhooks.model import Scheme
from waybell.webhooks.sending.dispatcher import Dispatcher
from waybell.webhooks.signing import new_secret


@pytest.fixture
def raw() -> Iterator[Callable[..., str]]:
    """Serves connections with a function, over TLS if it is given a context; answers the URL."""
    with ExitStack() as stack:

        def serve(talk: Talk, tls: ssl.SSLContext | None = None) -> str:
            server = RawServer(talk, tls)
            stack.callback(server.close)
            return server.url

        yield serve


@pytest.fixture
def hang(receiver: Receiver) -> Iterator[Callable[..., None]]:
    """Lets the receiver keep requests waiting until the end of the test: all, or those to one path."""
    over = threading.Event()

    def hang(path: str | None = None) -> None:
        def answer(got: Received) -> Answer:
            if path is None or got.path == path:
                over.wait(60)
            return Answer()

        receiver.answer = answer

    yield hang
    over.set()


@pytest.fixture
def dispatcher(app: App) -> Iterator[Dispatcher]:
    dispatcher = build_dispatcher(app)
    yield dispatcher
    dispatcher.close()


@pytest.fixture
def dispatcher_with(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Dispatcher]]:
    """Makes a dispatcher of other settings, with the real clock."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Dispatcher:
            allowed = {"allow_http_endpoints": True, "allowed_networks": "127.0.0.0/8"}
            own = build(load({}, database_url=database_url, data_dir=tmp_path, **allowed, **settings))
            stack.callback(own.close)
            dispatcher = build_dispatcher(own)
            stack.callback(dispatcher.close)
            return dispatcher

        yield make


@pytest.fixture
def settle(dispatcher: Dispatcher) -> Callable[[], None]:
    """Let the dispatcher do all that is due at this moment of the clock."""

    def settle() -> None:
        dispatcher.scan()

        def nothing_left() -> bool:
            dispatcher.step(0.01)
            return dispatcher.settled()

        wait_for(nothing_left)

    return settle


@pytest.fixture
def endpoint(app: App, account: Account) -> Callable[..., str]:
    """Makes an endpoint for a URL; answers its id."""

    def make(url: str, *, schemes: tuple[Scheme, ...] = ("v1",), of: Account = account, **values: Any) -> str:
        endpoint_id = new_id("ep")
        with app.database.transaction() as tx:
            tx.execute(
                endpoints.insert(),
                {
                    "id": endpoint_id,
                    "account_id": of.id,
                    "url": url,
                    "description": "",
                    "event_types": [],
                    "ordered": True,
                    "concurrency": 16,
                    "schemes": list(schemes),
                    "state": "enabled",
                    "created_at": tx.now,
                    "changed_at": tx.now,
                    "revision": 1,
                }
                | values,
            )
            tx.execute(subscriptions.insert(), {"account_id": of.id, "event_type": "*", "endpoint_id": endpoint_id})
            for scheme in schemes:
                tx.execute(
                    endpoint_secrets.insert(),
                    {
                        "id": new_id("sec"),
                        "endpoint_id": endpoint_id,
                        "scheme": scheme,
                        "secret": app.vault.seal(new_secret(scheme)),
                        "created_at": tx.now,
                    },
                )
        return endpoint_id

    return make


@pytest.fixture
def publish(app: App, account: Account) -> Callable[..., None]:
    """Records an event about each of these subjects, in one transaction."""

    def publish(*subjects: str | None, data: Any = None, of: Account = account) -> None:
        with app.database.transaction() as tx:
            for subject in subjects:
                outbox.record(tx, Event(of.id, "OrderUpdated", subject, data or {"Number": subject}))

    return publish
