"""Fixtures of the pages: clients that are signed in, of each role and of another account."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from support.pages import URL, signed_in
from waybell.accounts import actions as accounts
from waybell.accounts import keys
from waybell.accounts.model import Account, Actor, Role
from waybell.accounts.passwords import hashed
from waybell.app import App
from waybell.webhooks.endpoints.tools import WebhookTools


@pytest.fixture
def tools(web: FastAPI) -> WebhookTools:
    return web.state.tools


@pytest.fixture
def visitor(app: App, web: FastAPI) -> Callable[[Account, Role], TestClient]:
    """Makes a client that is signed in to the account as a user of this role."""

    def make(account: Account, role: Role = "admin") -> TestClient:
        with app.database.transaction() as tx:
            email = f"{role}-{account.id}@example.com"
            known = [user.id for user in accounts.list_users(tx, account) if user.email == email]
            user_id = (
                known[0]
                if known
                else accounts.create_user(
                    tx, account, email=email, name=role.title(), role=role, password=hashed("correct horse battery")
                )
            )
        return signed_in(app, web, user_id)

    return make


@pytest.fixture
def ui(visitor, account: Account) -> TestClient:
    """An admin of the account."""
    return visitor(account)


@pytest.fixture
def ui_as(visitor, account: Account) -> Callable[[Role], TestClient]:
    return lambda role: visitor(account, role)


@pytest.fixture
def other_ui(app: App, visitor) -> TestClient:
    """An admin of another account, who is to see nothing of the first."""
    with app.database.transaction() as tx:
        other = accounts.create_account(tx, "Elsewhere Ltd")
    return visitor(other)


@pytest.fixture
def stranger(web: FastAPI) -> TestClient:
    """Nobody: not signed in."""
    return TestClient(web, base_url=URL, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def api(app: App, web: FastAPI, account: Account) -> TestClient:
    """A client of the API with a good key of the account."""
    with app.database.transaction() as tx:
        _, key = keys.create(tx, Actor(account, "tests"), "erp")
    return TestClient(web, headers={"X-API-KEY": key})


@pytest.fixture
def api_of(app: App, web: FastAPI, account: Account) -> Callable[[str], dict]:
    """What the API says of an endpoint."""
    with app.database.transaction() as tx:
        _, key = keys.create(tx, Actor(account, "tests"), "tests")
    client = TestClient(web, headers={"X-API-KEY": key})
    return lambda endpoint_id: client.get(f"/api/Webhook/{endpoint_id}").json()
