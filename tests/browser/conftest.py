"""Fixtures of the browser tests: a real server, a real Chromium, and an account for each test."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from support.browser import chromium, sign_in
from support.program import Program, eventually, free_port
from waybell.accounts import actions as accounts
from waybell.accounts import keys
from waybell.accounts.model import Account, Actor, Role
from waybell.app import App, build
from waybell.first_start import prepare
from waybell.settings import load

PASSWORD = "correct horse battery"
SETTINGS = {
    "ALLOW_HTTP_ENDPOINTS": "true",
    "ALLOWED_NETWORKS": "127.0.0.0/8",
    "ATTEMPT_TIMEOUT": "3s",
    "LEASE": "15s",
    "RETRY_PAUSES": "1s,1s,2s,2s,2s",
    "PROBE_PAUSES": "1s,1s,2s",
    "POLL_INTERVAL": "200ms",
}


@dataclass
class Server:
    """`waybell serve` on a database of its own, shared by the tests of one worker; each has its own account."""

    url: str
    app: App  # the same installation, to prepare what a test needs
    program: Program
    settings: dict[str, str] = field(repr=False)


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(f"browser-{request.param}")
    port = free_port()
    settings = SETTINGS | {"PORT": str(port), "DATA_DIR": str(folder / "data")}
    if request.param == "postgres":
        from support.postgres import fresh_database  # noqa: PLC0415

        with fresh_database(os.environ["WAYBELL_TEST_POSTGRES_URL"], f"browser_{worker_id}_{os.getpid()}") as url:
            yield from _running(folder, port, settings | {"DATABASE_URL": url})
    else:
        yield from _running(folder, port, settings)


def _running(folder: Path, port: int, settings: dict[str, str]) -> Iterator[Server]:
    loaded = load({f"WAYBELL_{name}": value for name, value in settings.items()} | {"WAYBELL_CONFIG": os.devnull})
    if loaded.database_url:
        from waybell.db import migrate  # noqa: PLC0415
        from waybell.db.database import Database  # noqa: PLC0415

        database = Database(loaded.database_url)
        migrate.upgrade(database)
        database.close()
    prepare(loaded)
    app = build(loaded)
    program = Program(folder, "serve", **settings)
    try:
        eventually(lambda: program.status("/readyz") == 200)
        yield Server(f"http://127.0.0.1:{port}", app, program, settings)
    finally:
        program.end()
        app.close()


expect.set_options(timeout=20_000)  # the machine may have other things to do


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@dataclass
class Somebody:
    """An account of this test, and people who sign in to it."""

    account: Account
    key: str
    open: Callable[..., Page]

    @property
    def actor(self) -> Actor:
        return Actor(self.account, "tests")


_numbers = count(1)  # e-mail addresses are unique in an installation


@pytest.fixture
def somebody(server: Server, browser: Browser) -> Iterator[Callable[..., Somebody]]:
    """Makes an account with a key; its `open(role)` answers a page of a fresh browser session, signed in."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(name: str = "Northwind Deliveries") -> Somebody:
        with server.app.database.transaction() as tx:
            account = accounts.create_account(tx, name, "Europe/Tallinn")
            _, key = keys.create(tx, Actor(account, "tests"), "tests")

        def open_page(role: Role = "admin", url: str | None = None, **options: Any) -> Page:
            email = f"{role}{next(_numbers)}@example.com"
            with server.app.database.transaction() as tx:
                accounts.create_user(tx, account, email=email, name=role.title(), role=role, password=PASSWORD)
            context = browser.new_context(**options)
            contexts.append(context)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda told: complaints.append(told.text) if "Content Security Policy" in told.text else None,
            )
            sign_in(page, url or server.url, email, PASSWORD)
            return page

        return Somebody(account, key, open_page)

    yield make
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def me(somebody: Callable[..., Somebody]) -> Somebody:
    return somebody()
