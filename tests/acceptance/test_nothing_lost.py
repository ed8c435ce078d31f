"""The promise that matters most: what the API has answered with a 2xx is sent, whatever is killed meanwhile."""

import os
import re
import signal
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.load import SUBJECTS, Publisher, post
from support.postgres import fresh_database
from support.program import Program, free_port, run
from support.receiver import Receiver
from support.waiting import wait_for


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[dict[str, str]]:
    """The settings of a server on this database, quick to take over what a killed dispatcher had claimed."""
    common = {
        "DATA_DIR": str(tmp_path / "data"),
        "PORT": str(free_port()),
        "ALLOW_HTTP_ENDPOINTS": "true",
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "ATTEMPT_TIMEOUT": "2s",
        "LEASE": "12s",
        "RETRY_PAUSES": "1s,1s,2s,4s,8s",
    }
    if request.param == "sqlite":
        yield common
        return
    with fresh_database(os.environ["WAYBELL_TEST_POSTGRES_URL"], f"waybell_lost_{worker_id}_{os.getpid()}") as url:
        assert run(tmp_path, "migrate", DATABASE_URL=url).returncode == 0
        yield common | {"DATABASE_URL": url}


def kill_dispatcher(program: Program, settings: dict[str, str], folder: Path) -> Program:
    times = len(program.events("process.started", name="dispatch"))
    os.kill(program.started("dispatch", times), signal.SIGKILL)
    program.started("dispatch", times + 1)
    return program


def kill_web(program: Program, settings: dict[str, str], folder: Path) -> Program:
    times = len(program.events("process.started", name="web"))
    os.kill(program.started("web", times), signal.SIGKILL)
    program.started("web", times + 1)
    return program


def kill_everything(program: Program, settings: dict[str, str], folder: Path) -> Program:
    for name in ("dispatch", "web"):
        os.kill(program.started(name, len(program.events("process.started", name=name))), signal.SIGKILL)
    program.process.kill()
    program.end()
    return Program(folder, "serve", **settings)


KILLS: list[Callable[[Program, dict[str, str], Path], Program]] = [kill_dispatcher, kill_web, kill_everything]


@pytest.mark.timeout(180)
def test_kill_9_in_the_middle_of_a_load_loses_nothing_and_keeps_the_order(settings, tmp_path):
    receiver = Receiver()
    program = Program(tmp_path, "serve", **settings)
    publisher = None
    try:
        key = wait_for(lambda: re.search(r"\bwb_[\w-]+", program.printed), 60)[0]
        wait_for(lambda: program.status("/readyz") == 200, 60)
        assert post(program.port, key, "/api/EventType", {"Name": "Load.Changed", "Meaning": "A load"})[0] == 201
        assert post(program.port, key, "/api/Webhook", {"Url": receiver.url})[0] == 201
        publisher = Publisher(program.port, key)
        for kill in KILLS:
            publisher.more(60)
            program = kill(program, settings, tmp_path)
        publisher.more(60)
        publisher.end()
        wait_for(lambda: {got.event_id for got in receiver.received} >= set(publisher.accepted), 60)
    finally:
        if publisher:
            publisher.end()
        program.end()
        receiver.close()
    assert len(publisher.accepted) >= 240
    assert out_of_order(receiver) == []


def out_of_order(receiver: Receiver) -> list[str]:
    """Events that arrived for the first time behind a later one of their subject."""
    seen: set[str] = set()
    newest: dict[int, int] = defaultdict(int)
    late = []
    for got in receiver.received:
        metadata, subject = got.document["Metadata"], got.document["Data"]["Number"] % SUBJECTS
        if got.event_id not in seen and metadata["Version"] < newest[subject]:
            late.append(got.event_id)
        seen.add(got.event_id)
        newest[subject] = max(newest[subject], metadata["Version"])
    return late
