"""Fixtures of all tests: both databases, a clock that tests move, an account to act in, clients with its keys.

What a fixture needs is imported by that fixture, so that a test of pure functions starts in less than a second. For the
same reason PostgreSQL starts when the first test asks for it.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from waybell.ground import collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from support.published import Published
    from support.receiver import Receiver
    from support.told import Events
    from waybell.accounts.grants import Grant
    from waybell.accounts.model import Account, Actor
    from waybell.app import App
    from waybell.db.database import Database
    from waybell.ground.clock import MovableClock

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run one process more than there are processors: tests wait as well as calculate."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    """Let the garbage collector search as rarely as in our servers: the usual search takes an eighth of the time."""
    collector.spare()


def pytest_collection_finish() -> None:
    collector.keep_what_is_there()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need PostgreSQL, so that `-m "not postgres"` leaves them out."""
    for item in items:
        call = getattr(item, "callspec", None)
        if (call and "postgres" in call.params.values()) or "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of the person who runs the tests from the tests."""
    for name in list(os.environ):
        if name.startswith("WAYBELL_") and not name.startswith("WAYBELL_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> MovableClock:
    from waybell.ground.clock import MovableClock

    return MovableClock(NOON)


# Databases


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """Return the URL of the PostgreSQL that all workers share. The first that asks starts it, the last stops it."""
    if given := os.environ.get("WAYBELL_TEST_POSTGRES_URL"):
        yield given
        return
    from support.postgres import PostgresForTests

    server = PostgresForTests(pytestconfig.rootpath / ".cache" / "postgres")
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty SQLite file to copy: migrating takes longer than most tests."""
    from waybell.db.database import Database
    from waybell.schema import migrate

    path = tmp_path_factory.mktemp("template") / "waybell.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """Return the URL of a migrated database of this worker; each test that asks for it gets it empty."""
    from support.postgres import fresh_database, let_go
    from waybell.db.database import Database
    from waybell.schema import migrate

    with fresh_database(postgres_server) as url:
        database = Database(url)
        migrate.upgrade(database)
        database.close()
        yield url
        let_go(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return an empty database with the schema. What both databases must do is one test that runs on both."""
    if request.param == "sqlite":
        path = tmp_path / "waybell.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    from support.postgres import empty

    url: str = request.getfixturevalue("postgres_template")
    empty(url)
    return url


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory, in_a_hurry: None) -> Path:
    """Return the data folder of an installation after its first start, to copy."""
    from waybell.running.first_start import prepare
    from waybell.settings import load

    folder = tmp_path_factory.mktemp("started") / "data"
    assert prepare(load({"WAYBELL_CONFIG": os.devnull}, data_dir=folder))
    return folder


@pytest.fixture(scope="session")
def in_a_hurry() -> None:
    """Do cheaply what takes longer than most tests: the real hash of a password, and tracebacks that `rich` draws."""
    import structlog
    from argon2 import PasswordHasher

    from waybell.accounts import passwords

    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: MovableClock, in_a_hurry: None) -> Iterator[App]:
    """Return a Waybell on an empty database, with nothing running yet; endpoints on this machine are allowed."""
    app = _waybell(database_url, tmp_path, clock)
    yield app
    app.close()


def _waybell(database_url: str, data_dir: Path, clock: MovableClock) -> App:
    from waybell.app import build
    from waybell.settings import load
    from waybell.vault import ensure_key_file

    settings = load(
        {},
        database_url=database_url,
        data_dir=data_dir,
        allow_http_endpoints=True,
        allowed_networks="127.0.0.0/8",
        public_url="https://waybell.example",
        null_members="send",  # or a misspelt member would look like one that is null; see safety/test_nulls.py
        calls_per_second=100_000,  # the clock stands still: all calls of a test are made in one second
        calls_per_minute=100_000,
        pdf_calls_per_second=100_000,
        label_calls_per_second=100_000,
    )
    ensure_key_file(settings)
    return build(settings, clock)


@pytest.fixture
def db(app: App) -> Database:
    return app.database


@pytest.fixture
def account(db: Database) -> Account:
    from waybell.accounts import actions as accounts

    with db.transaction() as tx:
        return accounts.create_account(tx, "Northwind Deliveries", "Europe/Tallinn")


@pytest.fixture
def actor(account: Account) -> Actor:
    from waybell.accounts.model import Actor

    return Actor(account, "tests")


# The API


@pytest.fixture(scope="session")
def api_document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the API document, to read only. No database changes it, and making it takes longer than most tests."""
    from waybell.app import build_web
    from waybell.ground.clock import MovableClock

    folder = tmp_path_factory.mktemp("document")
    app = _waybell(f"sqlite:///{folder}/none.db", folder, MovableClock(NOON))
    document: dict[str, Any] = build_web(app).openapi()
    app.close()
    return document


@pytest.fixture(scope="session")
def published(api_document: dict[str, Any]) -> Published:
    from support.published import Published

    return Published(api_document)


@pytest.fixture(scope="session")
def one_event_loop() -> Iterator[None]:
    """Let all clients share an event loop and its threads: starting one takes longer than most answers."""
    from anyio.from_thread import start_blocking_portal
    from fastapi.testclient import TestClient

    with start_blocking_portal() as portal:
        TestClient.portal = portal
        yield
        TestClient.portal = None


@pytest.fixture
def web(app: App, api_document: dict[str, Any], one_event_loop: None) -> FastAPI:
    from waybell.app import build_web

    web = build_web(app)
    web.openapi = lambda: api_document  # type: ignore[method-assign]
    return web


@pytest.fixture
def client_of(app: App, web: FastAPI) -> Callable[[Account], TestClient]:
    """Return a function that makes a client with a good key of the account; it shows a 500 as callers see it."""
    from fastapi.testclient import TestClient

    from waybell.accounts import keys
    from waybell.accounts.model import Actor

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
    """Return a client of another account, which is to see nothing of the first."""
    from waybell.accounts import actions as accounts

    with app.database.transaction() as tx:
        other = accounts.create_account(tx, "Elsewhere Ltd")
    return client_of(other)


@pytest.fixture
def key_with(app: App, web: FastAPI, account: Account) -> Callable[..., TestClient]:
    """Return a function that makes a client with a key of this grant; it calls from the given address."""
    from fastapi.testclient import TestClient

    from waybell.accounts import keys
    from waybell.accounts.model import Actor

    def make(grant: Grant, address: str = "192.0.2.1") -> TestClient:
        with app.database.transaction() as tx:
            _, text = keys.create(tx, Actor(account, "tests"), "restricted", grant)
        headers = {"X-API-KEY": text}
        return TestClient(web, headers=headers, raise_server_exceptions=False, client=(address, 50000))

    return make


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    from support.receiver import Receiver

    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def told(db: Database) -> Events:
    from support.told import Events

    return Events(db)


@pytest.fixture
def posted(api, told):
    """Return an order that is there already, its event read."""
    from support.documents import an_order, get_order

    assert api.post("/api/Order", json=an_order(Id="ext-1")).status_code == 201
    told.news()
    return get_order(api)


@pytest.fixture
def routed(api, told, posted):
    """Return that order on a route, the events read."""
    from support.documents import a_route, get_order, post_route

    post_route(api, a_route())
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1").status_code == 202
    told.news()
    return get_order(api)


@pytest.fixture
def posted_route(api, told):
    """Return a route with two orders, its events read."""
    from support.documents import a_route, get_route, post_route

    post_route(api, a_route("A", "B"))
    told.news()
    return get_route(api)
