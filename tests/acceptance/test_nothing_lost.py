"""The promise that matters most: what the API has answered with a 2xx is sent, whatever is killed meanwhile."""

import http.client
import json
import os
import re
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.postgres import fresh_database
from support.program import Program, free_port, run
from support.receiver import Receiver
from support.waiting import wait_for

SUBJECTS = 8


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


class Publisher:
    """Publishes one event after another, remembers those that were accepted, and does not mind a server that dies."""

    def __init__(self, port: int, key: str) -> None:
        self.accepted: list[str] = []
        self._port, self._key = port, key
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        while not self._ended.is_set():
            number += 1
            event = {"Event": "Load.Changed", "Subject": f"load:{number % SUBJECTS}", "Data": {"Number": number}}
            try:
                status, answer = post(self._port, self._key, "/api/Event", event)
            except (OSError, http.client.HTTPException):
                continue  # not answered: it may be sent or not
            assert status in (201, 503), answer
            if status == 201:
                self.accepted.append(answer["Id"])

    def more(self, count: int) -> None:
        """Wait until so many more were accepted."""
        enough = len(self.accepted) + count
        wait_for(lambda: len(self.accepted) >= enough, 60)

    def end(self) -> None:
        self._ended.set()
        self._thread.join(30)


def post(port: int, key: str, path: str, body: object) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, json.dumps(body), {"X-API-KEY": key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


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
