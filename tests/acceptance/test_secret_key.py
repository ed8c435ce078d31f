"""`waybell secret-key` while a server runs: nothing is unreadable at any moment, through kill -9 of the rotation."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from support.postgres import fresh_copy
from support.program import Program, environment_of, eventually, free_port, run
from waybell.accounts import actions as accounts
from waybell.accounts import audit, keys, people
from waybell.app import App, build, build_web
from waybell.ground.ids import new_id
from waybell.installation import rotation
from waybell.running.first_start import prepare
from waybell.schema.sealed import SEALED
from waybell.settings import Settings, load
from waybell.vault import key_file
from waybell.webhooks.endpoints import actions
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints, subscriptions

ENOUGH = 2000  # endpoints: a rotation takes long enough to be hit in the middle


@contextmanager
def prepared(request: pytest.FixtureRequest, folder: Path) -> Iterator[dict[str, str]]:
    """The settings of an installation on the database that the fixture is for."""
    settings = {"DATA_DIR": str(folder / "data"), "PORT": str(free_port())}
    with ExitStack() as stack:
        if request.param == "postgres":
            settings["DATABASE_URL"] = stack.enter_context(fresh_copy(request.getfixturevalue("postgres_template")))
        assert prepare(loaded(settings))
        yield settings


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, in_a_hurry: None
) -> Iterator[dict[str, str]]:
    """Those of an installation that tests share: each leaves it with one key."""
    with prepared(request, tmp_path_factory.mktemp("keys")) as settings:
        yield settings


@pytest.fixture(params=["sqlite", "postgres"])
def own_settings(request: pytest.FixtureRequest, tmp_path: Path, in_a_hurry: None) -> Iterator[dict[str, str]]:
    with prepared(request, tmp_path) as settings:
        yield settings


def loaded(settings: dict[str, str]) -> Settings:
    return load({f"WAYBELL_{name}": value for name, value in settings.items()} | {"WAYBELL_CONFIG": os.devnull})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, Any]) -> Iterator[Program]:
    program = Program(tmp_path_factory.mktemp("server"), "serve", **settings)
    eventually(lambda: program.status("/readyz") == 200)
    yield program
    program.end()


@pytest.fixture
def app(settings: dict[str, str]) -> Iterator[App]:
    app = build(loaded(settings))
    yield app
    app.close()


@pytest.fixture
def key(app: App) -> str:
    return a_key(app)


def a_key(app: App) -> str:
    with app.database.transaction() as tx:
        return keys.create(tx, people.in_terminal(accounts.list_accounts(tx)[0]), "tests")[1]


@pytest.fixture
def _no_others(app: App) -> None:
    """Remove the endpoints of the other tests."""
    with app.database.transaction() as tx:
        for table in (subscriptions, endpoint_secrets, endpoints):
            tx.execute(delete(table))


def endpoints_of(app: App, count: int) -> list[str]:
    """Add an endpoint and copies of its rows: to add each by itself takes seconds. Return their ids, oldest first."""
    tools = build_web(app).state.tools
    with app.database.transaction() as tx:
        actor = people.in_terminal(accounts.list_accounts(tx)[0])
        first = actions.add(tx, tools, actor, {"url": "https://e.example/", "headers": {"A": "b"}})
        copies = [new_id("ep") for _ in range(count - 1)]
        if copies:
            endpoint = tx.execute(select(endpoints).where(endpoints.c.id == first)).mappings().one()
            of_first = endpoint_secrets.c.endpoint_id == first
            secret = tx.execute(select(endpoint_secrets).where(of_first)).mappings().one()
            tx.execute(insert(endpoints), [{**endpoint, "id": copy} for copy in copies])
            secrets = [{**secret, "id": new_id("sec"), "endpoint_id": copy} for copy in copies]
            tx.execute(insert(endpoint_secrets), secrets)
        return [first, *copies]


def can_reveal(server: Program, key: str, endpoint_id: str) -> bool:
    answer = server.get(f"/api/Webhook/{endpoint_id}/Secret", key)
    return answer is not None and answer[0] == 200 and "whsec_" in answer[1]


def is_rotated(app: App, endpoint_id: str) -> bool:
    """Whether the new key has taken over this endpoint's secret. They come in the order in which they were made."""
    query = select(endpoint_secrets.c.secret).where(endpoint_secrets.c.endpoint_id == endpoint_id)
    with app.database.reading() as tx:
        return app.vault.is_of_newest(tx.execute(query).scalar_one())


@pytest.mark.usefixtures("_no_others")
@pytest.mark.parametrize("part", [None, 0, 0.4])
def test_killed_on_the_way_it_goes_on_and_servers_read_all_the_while(part, app, server, key, settings, tmp_path):
    ids = endpoints_of(app, ENOUGH)
    file = key_file(app.settings)
    old = file.read_text().split()
    arguments = [sys.executable, "-m", "waybell", "secret-key", "rotate", "--one-machine"]
    process = subprocess.Popen(arguments, cwd=tmp_path, env=environment_of(settings), stdout=subprocess.DEVNULL)
    eventually(lambda: app.vault.key_count == 2)
    if part is not None:
        eventually(lambda: is_rotated(app, ids[int(part * ENOUGH)]))
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was over before"
    first, last = ids[0], ids[-1]
    assert can_reveal(server, key, first)
    assert can_reveal(server, key, last)
    done = run(tmp_path, "secret-key", "rotate", "--one-machine", **settings)
    assert done.returncode == 0, done.stderr
    newest, *others = file.read_text().split()
    assert others == old  # it went on with the key that it had made
    assert newest not in done.stdout + done.stderr
    assert rotation.count_older(app.database, app.vault, SEALED) == 0
    assert "old secret keys" in run(tmp_path, "doctor", **settings).stdout
    assert run(tmp_path, "secret-key", "retire", **settings).returncode == 0
    with app.database.reading() as tx:
        assert "retired the old secret keys" in audit.entries(tx, accounts.list_accounts(tx)[0])[0].act
    assert file.read_text().split() == [newest]
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert "old secret keys" not in run(tmp_path, "doctor", **settings).stdout
    assert can_reveal(server, key, first)
    assert can_reveal(server, key, last)
    added = endpoints_of(app, 1)[0]
    assert can_reveal(server, key, added)
    assert server.events("process.died") == []


def test_with_the_setting_it_says_what_to_set_and_encrypts_when_that_is_done(own_settings, tmp_path):
    settings = own_settings
    with closing(build(loaded(settings))) as app:
        [endpoint_id] = endpoints_of(app, 1)
        key = a_key(app)
        old = key_file(app.settings).read_text()
    told = run(tmp_path, "secret-key", "rotate", **settings, SECRET_KEY=old)
    assert told.returncode == 0, told.stderr
    [new] = re.findall(r"^[\w-]{43}=$", told.stdout, re.MULTILINE)
    assert old not in told.stdout
    both = {**settings, "SECRET_KEY": f"{new},{old}"}
    doctor = run(tmp_path, "doctor", **both).stdout
    assert "3 secrets are still encrypted with an old key" in doctor  # its secret, its headers, the key check
    assert "waybell secret-key rotate" in doctor
    assert "2 secrets" in run(tmp_path, "secret-key", "rotate", **both).stdout
    assert "leave only the first" in run(tmp_path, "secret-key", "retire", **both).stdout
    again = Program(tmp_path, "serve", **settings, SECRET_KEY=new)
    try:
        eventually(lambda: again.status("/readyz") == 200)
        assert can_reveal(again, key, endpoint_id)
    finally:
        again.end()


def test_it_says_what_is_missing(tmp_path, database_url):
    settings = {"DATA_DIR": str(tmp_path / "data")}
    if database_url.startswith("postgresql"):
        settings["DATABASE_URL"] = database_url
    done = run(tmp_path, "secret-key", "rotate", **settings)
    assert done.returncode == 1
    assert "waybell serve" in done.stderr


@pytest.mark.usefixtures("server")
def test_retiring_needs_an_old_key_and_several_machines_need_the_setting(settings, tmp_path):
    nothing = run(tmp_path, "secret-key", "retire", **settings)
    assert "nothing to retire" in nothing.stdout
    done = run(tmp_path, "secret-key", "rotate", **settings)
    if "DATABASE_URL" not in settings:
        assert done.returncode == 0
        assert run(tmp_path, "secret-key", "retire", **settings).returncode == 0
    else:
        assert done.returncode == 1
        assert "WAYBELL_SECRET_KEY" in done.stderr
        assert len((Path(settings["DATA_DIR"]) / "secret.key").read_text().split()) == 1
