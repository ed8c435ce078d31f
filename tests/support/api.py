"""Fixtures of the API, for all folders: clients with good keys, of one account and of another, and what they made."""

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from support.documents import a_route, an_order, get_order, get_route, post_route
from support.receiver import Receiver
from support.told import Events
from waybell.accounts import actions as accounts
from waybell.accounts import keys
from waybell.accounts.grants import Grant
from waybell.accounts.model import Account, Actor
from waybell.app import App, build_web
from waybell.db.database import Database


@pytest.fixture
def web(app: App) -> FastAPI:
    return build_web(app)


@pytest.fixture
def client_of(app: App, web: FastAPI) -> Callable[[Account], TestClient]:
    """Makes a client that calls with a good key of the account; it shows a 500 as callers see it."""

    def make(account: Account) -> TestClient:
        with app.database.transaction() as tx:
            _, key = keys.create(tx, Actor(account, "tests"), "tests")
        return TestClient(web, headers={"X-API-KEY": key}, raise_server_exceptions=False)

    return make


@pytest.fixture
def api(client_of: Callable[[Account], TestClient], account: Account) -> TestClient:
    return client_of(account)


@pytest.fixture
def other_api(app: App, client_of: Callable[[Account], TestClient]) -> TestClient:
    """A client of another account, which is to see nothing of the first."""
    with app.database.transaction() as tx:
        other = accounts.create_account(tx, "Elsewhere Ltd")
    return client_of(other)


@pytest.fixture
def key_with(app: App, web: FastAPI, account: Account) -> Callable[..., TestClient]:
    """Makes a client with a key of this grant; it calls from the given address."""

    def make(grant: Grant, address: str = "192.0.2.1") -> TestClient:
        with app.database.transaction() as tx:
            _, text = keys.create(tx, Actor(account, "tests"), "restricted", grant)
        headers = {"X-API-KEY": text}
        return TestClient(web, headers=headers, raise_server_exceptions=False, client=(address, 50000))

    return make


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def told(db: Database) -> Events:
    return Events(db)


@pytest.fixture
def posted(api, told):
    """An order that is there already, its event read."""
    assert api.post("/api/Order", json=an_order(Id="ext-1")).status_code == 201
    told.news()
    return get_order(api)


@pytest.fixture
def routed(api, told, posted):
    """That order on a route, the events read."""
    post_route(api, a_route())
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1").status_code == 202
    told.news()
    return get_order(api)


@pytest.fixture
def posted_route(api, told):
    """A route with two orders, its events read."""
    post_route(api, a_route("A", "B"))
    told.news()
    return get_route(api)
