"""Fixtures of all tests: both databases, a clock that tests move, an account to act in, clients with its keys."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from support.documents import a_route, an_order, get_order, get_route, post_route
from support.postgres import PostgresForTests
from support.receiver import Receiver
from support.told import Events
from waybell.accounts import actions as accounts
from waybell.accounts import keys
from waybell.accounts.grants import Grant
from waybell.accounts.model import Account, Actor
from waybell.app import App, build, build_web
from waybell.db.database import Database
from waybell.ground.clock import MovableClock
from waybell.schema import migrate
from waybell.settings import load
from waybell.vault import ensure_key_file

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_POSTGRES_URL = "WAYBELL_TEST_POSTGRES_URL"


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL for the whole run; xdist's workers inherit its address."""
    if not hasattr(config, "workerinput") and _POSTGRES_URL not in os.environ:
        server = PostgresForTests(Path(config.rootpath) / ".cache" / "postgres")
        os.environ[_POSTGRES_URL] = server.url
        config.add_cleanup(server.stop)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests must not reach them."""
    for name in list(os.environ):
        if name.startswith("WAYBELL_") and not name.startswith("WAYBELL_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOON)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "waybell.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(worker_id: str) -> Iterator[str]:
    """The URL of a migrated database of this worker on the shared server; emptied between tests."""
    from support.postgres import fresh_database  # noqa: PLC0415

    with fresh_database(os.environ[_POSTGRES_URL], f"waybell_{worker_id}_{os.getpid()}") as url:
        database = Database(url)
        migrate.upgrade(database)
        database.close()
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with the schema; what both databases must do is one test, run on both."""
    if request.param == "sqlite":
        path = tmp_path / "waybell.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    from support.postgres import empty  # noqa: PLC0415

    url: str = request.getfixturevalue("postgres_template")
    empty(url)
    return url


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: MovableClock) -> Iterator[App]:
    """A Waybell on an empty database, with nothing running yet; endpoints on this machine are allowed."""
    settings = load(
        {},
        database_url=database_url,
        data_dir=tmp_path,
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
    app = build(settings, clock)
    yield app
    app.close()


@pytest.fixture
def db(app: App) -> Database:
    return app.database


@pytest.fixture
def account(db: Database) -> Account:
    with db.transaction() as tx:
        return accounts.create_account(tx, "Northwind Deliveries", "Europe/Tallinn")


@pytest.fixture
def actor(account: Account) -> Actor:
    return Actor(account, "tests")


# The API


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


@pytest.fixture
def fresh_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has looked at a tracking page yet: they are counted for the whole process."""
    from limits.storage import MemoryStorage  # noqa: PLC0415
    from limits.strategies import SlidingWindowCounterRateLimiter  # noqa: PLC0415

    from waybell.web.ui import public_limits  # noqa: PLC0415

    monkeypatch.setattr(public_limits, "_looks", SlidingWindowCounterRateLimiter(MemoryStorage()))
