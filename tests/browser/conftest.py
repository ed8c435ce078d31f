"""Fixtures of the browser tests: a real server, a real Chromium, and an account for each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from support.browser import chromium, sign_in
from support.endpoints import tools_of
from support.postgres import fresh_copy
from support.program import Program, eventually, free_port
from support.showcase import furnish
from waybell.accounts import actions as accounts
from waybell.accounts import keys, sessions
from waybell.accounts.model import Account, Actor, Role
from waybell.accounts.passwords import hashed
from waybell.app import App, build
from waybell.running.first_start import prepare
from waybell.settings import load
from waybell.web.ui.endpoint_frame import WEBHOOKS
from waybell.webhooks.endpoints import actions as webhooks

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
    """A running Waybell on a database of its own."""

    url: str
    app: App  # the same installation, to prepare what a test needs
    program: Program
    settings: dict[str, str] = field(repr=False)


@pytest.fixture(scope="session")
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, in_a_hurry: None
) -> Callable[..., Any]:
    """Sets up a database of this kind and runs `waybell serve`, or another command, on it."""

    @contextmanager
    def running(kind: str, command: str = "serve") -> Iterator[Server]:
        folder = tmp_path_factory.mktemp(f"browser-{kind}")
        settings = SETTINGS | {"PORT": str(free_port()), "DATA_DIR": str(folder / "data")}
        with ExitStack() as stack:
            if kind == "postgres":
                settings["DATABASE_URL"] = stack.enter_context(fresh_copy(request.getfixturevalue("postgres_template")))
            yield from _running(folder, command, settings)

    return running


def _running(folder: Path, command: str, settings: dict[str, Any]) -> Iterator[Server]:
    loaded = load({f"WAYBELL_{name}": value for name, value in settings.items()} | {"WAYBELL_CONFIG": os.devnull})
    prepare(loaded)
    app = build(loaded)
    program = Program(folder, command, **settings)
    try:
        eventually(lambda: program.status("/healthz") == 200)
        yield Server(f"http://127.0.0.1:{settings['PORT']}", app, program, settings)
    finally:
        program.end()
        app.close()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, installation: Callable[..., Any]) -> Iterator[Server]:
    """`waybell serve`, shared by the tests of one worker; each has its own account."""
    with installation(request.param) as server:
        yield server


expect.set_options(timeout=60_000)  # the machine may have other things to do


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


def _new_account(server: Server, name: str) -> tuple[Account, str]:
    with server.app.database.transaction() as tx:
        account = accounts.create_account(tx, name, "Europe/Tallinn")
        _, key = keys.create(tx, Actor(account, "tests"), "tests")
    return account, key


@dataclass
class Furnished:
    """An account with a bit of everything, for tests that look at it and change nothing."""

    account: Account
    key: str
    pages: dict[str, str]


@pytest.fixture(scope="session")
def furnished(server: Server) -> Furnished:
    account, key = _new_account(server, "Tallinn Kitchen Supplies")
    actor = Actor(account, "tests")
    showcase = furnish(server.app, tools_of(server.app), actor, int(server.settings["PORT"]), key, acts=8)
    return Furnished(account, key, showcase.pages)


_numbers = count(1)  # e-mail addresses are unique in an installation


@pytest.fixture
def somebody(server: Server, browser: Browser) -> Iterator[Callable[..., Somebody]]:
    """Makes an account with a key, or takes the furnished one.

    Its `open(role, to)` answers a page of a fresh browser session, signed in by a cookie, which is quicker than by
    the form. It goes to `to`, a path or a URL; with None it goes nowhere yet.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(name: str = "Northwind Deliveries", of: Furnished | None = None) -> Somebody:
        account, key = (of.account, of.key) if of else _new_account(server, name)

        def open_page(role: Role = "admin", to: str | None = "/", **options: Any) -> Page:
            email = f"{role}{next(_numbers)}@example.com"
            with server.app.database.transaction() as tx:
                user_id = accounts.create_user(
                    tx, account, email=email, name=role.title(), role=role, password=hashed(PASSWORD)
                )
                token = sessions.begin(tx, user_id, timedelta(days=7))
            context = browser.new_context(**options)
            url = urljoin(server.url, to or "/")
            context.add_cookies([{"name": f"waybell-{urlsplit(url).port}", "value": token, "url": urljoin(url, "/")}])
            contexts.append(context)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda told: complaints.append(told.text) if "Content Security Policy" in told.text else None,
            )
            if to and url.startswith(server.url):
                page.goto(url)
            elif to:  # of another process, which has answered nobody yet: the first page there is the one of the form
                context.clear_cookies()
                sign_in(page, urljoin(url, "/").rstrip("/"), email, PASSWORD)
                page.goto(url)
            return page

        return Somebody(account, key, open_page)

    yield make
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def me(somebody: Callable[..., Somebody]) -> Somebody:
    return somebody()


@pytest.fixture
def add_endpoint(server: Server, me: Somebody) -> Callable[..., str]:
    """Adds an endpoint for a URL to the account; answers the URL of its page."""

    def add(url: str, **wanted: Any) -> str:
        with server.app.database.transaction() as tx:
            endpoint_id = webhooks.add(tx, tools_of(server.app), me.actor, {"url": url, **wanted})
        return f"{server.url}{WEBHOOKS}/{endpoint_id}"

    return add
