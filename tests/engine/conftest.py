"""Fixtures of the engine: a dispatcher that tests drive by hand, against receivers on this machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.receiver import Receiver
from support.waiting import wait_for
from waybell.accounts.model import Account
from waybell.app import App, build_dispatcher
from waybell.events import outbox
from waybell.events.model import Event
from waybell.ids import new_id
from waybell.webhooks.dispatcher import Dispatcher
from waybell.webhooks.signing import new_secret
from waybell.webhooks.tables import endpoint_secrets, endpoints, subscriptions


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def dispatcher(app: App) -> Iterator[Dispatcher]:
    dispatcher = build_dispatcher(app)
    yield dispatcher
    dispatcher.close()


@pytest.fixture
def settle(dispatcher: Dispatcher) -> Callable[[], None]:
    """Let the dispatcher do all that is due at this moment of the clock."""

    def settle() -> None:
        dispatcher.look()

        def nothing_left() -> bool:
            dispatcher.step(0.01)
            return dispatcher.settled()

        wait_for(nothing_left)

    return settle


@pytest.fixture
def endpoint(app: App, account: Account) -> Callable[..., str]:
    """Makes an endpoint for a URL; answers its id."""

    def make(url: str, *, schemes: tuple[str, ...] = ("v1",), **values: Any) -> str:
        endpoint_id = new_id("ep")
        with app.database.transaction() as tx:
            tx.execute(
                endpoints.insert(),
                {
                    "id": endpoint_id,
                    "account_id": account.id,
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
            tx.execute(
                subscriptions.insert(), {"account_id": account.id, "event_type": "*", "endpoint_id": endpoint_id}
            )
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

    def publish(*subjects: str | None, data: Any = None) -> None:
        with app.database.transaction() as tx:
            for subject in subjects:
                outbox.record(tx, Event(account.id, "OrderUpdated", subject, data or {"Number": subject}))

    return publish
