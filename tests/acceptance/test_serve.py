"""The server as its operator meets it: real processes that start, die and stop."""

import os
import re
import shutil
import signal
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from support.program import Program, eventually, free_port, is_running, run
from waybell.accounts import actions as accounts
from waybell.accounts import keys, people
from waybell.db.database import Database
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.jobs.tables import retry_jobs
from waybell.webhooks.messages.tables import messages

Start = Callable[..., Program]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """`waybell serve` after its first start, on a terminal: shared by tests that only look at it."""
    folder = tmp_path_factory.mktemp("first")
    named = ("--account-name", "Northwind", "--time-zone", "Europe/Tallinn")
    settings: dict[str, Any] = {"PORT": str(free_port()), "DATA_DIR": str(folder / "data")}
    program = Program(folder, "serve", *named, terminal=True, **settings)
    program.data = folder / "data"  # type: ignore[attr-defined]
    yield program
    program.end()


@pytest.fixture
def data(started: Path, tmp_path: Path) -> Path:
    """The data folder of an installation that was started once: the first start takes longest."""
    return Path(shutil.copytree(started, tmp_path / "data"))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Start]:
    """Starts `waybell serve` on a free port and the data folder of the test."""
    programs: list[Program] = []

    def start(*arguments: str, terminal: bool = True, **settings: Any) -> Program:
        settings = {"PORT": str(free_port()), "DATA_DIR": str(tmp_path / "data"), **settings}
        programs.append(Program(tmp_path, *(arguments or ("serve",)), terminal=terminal, **settings))
        return programs[-1]

    yield start
    for program in programs:
        program.end()


def api_key(program: Program) -> str:
    found = eventually(lambda: re.search(r"\bwb_[\w-]+", program.printed))
    return found[0]


def another_key(data: Path) -> str:
    with closing(Database(f"sqlite:///{data / 'waybell.db'}")) as database, database.transaction() as tx:
        return keys.create(tx, people.in_terminal(accounts.list_accounts(tx)[0]), "tests")[1]


def answers(program: Program) -> bool:
    return program.status("/healthz") == 200


def test_a_first_start_makes_an_account_whose_key_works(first):
    assert eventually(lambda: first.get("/api/Test", api_key(first))) == (200, "ok")


def test_what_the_first_start_made_is_printed_once_and_never_logged(serve):
    first = serve()
    key = api_key(first)
    password = re.search(r"Password\s+(\S+)", first.printed)
    assert password
    eventually(lambda: answers(first))
    assert first.stop() == 0

    second = serve()
    eventually(lambda: answers(second))
    assert second.printed == ""
    link = re.search(r"/sign-in/link\?token=([\w-]+)", first.printed)
    assert link
    for secret in (key, password[1], link[1]):
        assert secret not in first.logged + second.logged


def test_a_service_prints_no_password_and_no_key_and_says_how_to_come_by_them(serve, tmp_path):
    """What a service prints is kept, in a journal or by whoever collects logs."""
    program = serve(terminal=False)
    eventually(lambda: answers(program))
    printed = eventually(lambda: program.printed.partition("Check everything")[1] and program.printed)
    assert "wb_" not in printed
    assert "Password  " not in printed
    folder = f" --data-dir {tmp_path / 'data'}"
    commands = re.findall(r"  (waybell (?:user|key) .*)", printed)
    assert commands == [f"waybell user password admin@localhost{folder}", f"waybell key create NAME{folder}"]
    made = run(tmp_path, *commands[1].split()[1:])
    key = re.search(r"\bwb_[\w-]{43}", made.stdout)[0]
    assert program.get("/api/Test", key) == (200, "ok")
    assert len(re.findall(r"\bkey_\w+", run(tmp_path, *f"key list{folder}".split()).stdout)) == 1
    link = re.search(rf"http://127\.0\.0\.1:{program.port}(/sign-in/link\?token=\S+)", printed)
    assert program.status(link[1]) == 200


def test_the_first_start_says_what_to_do_next_in_commands_that_work(first):
    eventually(lambda: "waybell doctor" in first.printed)
    steps = first.printed.partition("Next:")[2]
    assert re.search(rf"curl -H 'X-API-KEY: wb_\S+' http://127\.0\.0\.1:{first.port}/api/Test", steps)
    assert f"http://127.0.0.1:{first.port}/api/Webhook" in steps


def test_the_first_start_prints_a_link_that_signs_in_once(first):
    api_key(first)
    link = re.search(rf"http://127\.0\.0\.1:{first.port}(/sign-in/link\?token=\S+)", first.printed)
    assert link
    eventually(lambda: answers(first))
    jar = urllib.request.HTTPCookieProcessor()
    with urllib.request.build_opener(jar).open(link[0], data=b"", timeout=60) as page:
        assert page.url.endswith("/welcome")
        assert "From nothing to the first webhook" in page.read().decode()
    assert first.status(link[1]) == 401


def test_the_first_account_is_named_as_the_operator_says(first):
    api_key(first)
    assert "Northwind" in first.printed
    assert "Europe/Tallinn" in first.printed


@pytest.mark.skipif(os.name != "posix", reason="folders have other permissions there")
def test_the_data_folder_that_is_made_is_for_its_owner_only(first):
    api_key(first)
    assert first.data.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name != "posix", reason="files have other permissions there")
def test_all_files_are_for_their_owner_only_in_any_folder(serve, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    program = serve()
    eventually(lambda: answers(program))
    eventually(lambda: program.status("/readyz") == 200)
    assert run(tmp_path, "backup", str(folder / "copy.db"), DATA_DIR=str(folder)).returncode == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert {"waybell.db", "waybell.db-wal", "waybell.db-turn", "secret.key", "copy.db", "web.url"} <= modes.keys()
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_a_running_server_is_ready_once_its_dispatcher_goes_round(first):
    eventually(lambda: first.status("/readyz") == 200)


def test_killed_processes_are_restarted_after_pauses_that_grow(serve, data):
    program = serve()
    for times in (1, 2, 3):
        os.kill(program.started("dispatch", times), signal.SIGKILL)
    program.started("dispatch", 4)
    died = program.events("process.died", name="dispatch", exit_code=-signal.SIGKILL)
    assert [line["restart_in_seconds"] for line in died] == [0.2, 0.4, 0.8]

    key = another_key(data)
    eventually(lambda: answers(program))
    web = program.started("web")
    os.kill(web, signal.SIGKILL)
    assert program.get("/api/Test", key) == (200, "ok")  # callers wait for the restart and are not refused
    assert program.started("web", 2) != web
    assert program.events("process.died", name="web", exit_code=-signal.SIGKILL)
    eventually(lambda: program.status("/readyz") == 200)


def test_children_stop_when_their_supervisor_is_killed(serve, data):
    program = serve()
    children = [program.started("web"), program.started("dispatch")]
    program.process.kill()
    program.process.wait()
    eventually(lambda: not any(map(is_running, children)))
    assert {line["name"] for line in program.events("process.stopped")} == {"web", "dispatch"}


def test_a_new_server_can_take_over_from_one_that_was_killed(serve, data):
    first = serve()
    first.started("dispatch")
    first.process.kill()
    first.process.wait()
    second = serve()  # the old children may still be about to stop
    eventually(lambda: second.status("/readyz") == 200)
    second.started("dispatch")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_all_processes_gracefully_with_exit_code_0(serve, number, data):
    program = serve()
    children = [program.started("web"), program.started("dispatch")]
    eventually(lambda: answers(program))
    assert program.stop(number) == 0
    assert not any(map(is_running, children))
    assert {line["name"] for line in program.events("process.stopped")} == {"web", "dispatch"}
    assert not program.events("process.died")


def test_a_stop_during_the_start_is_clean_too(serve):
    program = serve()
    api_key(program)  # the children are being started about now
    eventually(lambda: program.events("process.started"))
    assert program.stop() == 0


def test_a_second_signal_kills_at_once(serve, data):
    key = another_key(data)
    program = serve(DRAIN_TIMEOUT="60s")
    web, dispatch = program.started("web"), program.started("dispatch")
    eventually(lambda: answers(program))
    with socket.create_connection(("127.0.0.1", program.port)) as caller:
        # A request whose body never comes keeps web from stopping.
        head = f"POST /api/Test HTTP/1.1\r\nHost: x\r\nX-API-KEY: {key}\r\nContent-Length: 5\r\n\r\n"
        caller.sendall(head.encode())
        os.kill(dispatch, signal.SIGSTOP)  # and this keeps the dispatcher from it
        program.process.send_signal(signal.SIGINT)
        eventually(lambda: program.events("serve.stopping"))
        assert program.stop(signal.SIGINT) == 1
    assert not is_running(web)
    assert not is_running(dispatch)


def test_a_taken_port_is_named_before_anything_is_made(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "serve", "--port", str(port), "--data-dir", "data")
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_wrong_secret_key_stops_the_start_and_is_named(data, tmp_path):
    other = "A" * 43 + "="
    done = run(tmp_path, "serve", PORT="0", DATA_DIR=str(data), SECRET_KEY=other)
    assert done.returncode == 1
    assert "WAYBELL_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lost_key_file_is_missed_and_not_made_anew(data, tmp_path):
    (data / "secret.key").unlink()
    done = run(tmp_path, "serve", PORT="0", DATA_DIR=str(data))
    assert done.returncode == 1
    assert "secret.key" in done.stderr
    assert not (data / "secret.key").exists()


KEY = "A" * 43 + "="


# All commands read the key in the same way, and each start takes a second.
@pytest.mark.parametrize(
    ("command", "content"),
    [
        pytest.param("serve", b"", id="empty"),
        pytest.param("web", b"\n", id="blank"),
        pytest.param("dispatch", b"\x8f\x00\xff\xfe" * 16, id="binary"),
        pytest.param("serve", KEY[:20].encode(), id="cut"),
        pytest.param("web", f"{KEY}\n{KEY[:11]}".encode(), id="second cut"),
        pytest.param("dispatch", KEY.encode("utf-16"), id="utf-16"),
    ],
)
def test_a_damaged_key_file_is_named_and_left_as_it_is(tmp_path, command, content):
    """Nobody is told to make a new key: that would lose all secrets of the database."""
    path = tmp_path / "data" / "secret.key"
    path.parent.mkdir()
    path.write_bytes(content)
    done = run(tmp_path, command, PORT="0", DATA_DIR=str(path.parent))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert str(path) in done.stderr
    assert "back-up" in done.stderr
    assert "urandom" not in done.stderr
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("serve", ""),
        ("web", ""),
        ("dispatch", ""),
        ("serve", "secret.key"),
        ("web", "waybell.db"),
        ("dispatch", "start.lock"),
        ("serve", "waybell.db-turn"),
    ],
)
def test_a_folder_where_files_should_be_is_named(tmp_path, command, file):
    """A folder where a file should be fails for each user in the same way as a file that may not be written."""
    folder = tmp_path / "data"
    if file:
        (folder / file).mkdir(parents=True)
    else:
        folder.write_text("a file where the folder should be")
    done = run(tmp_path, command, PORT="0", DATA_DIR=str(folder))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert str(folder / file) in done.stderr


def test_an_unknown_setting_stops_the_start_with_a_suggestion(tmp_path):
    done = run(tmp_path, "serve", PROT="1")
    assert done.returncode == 1
    assert "Did you mean WAYBELL_PORT?" in done.stderr


def test_a_second_dispatcher_on_one_folder_is_refused(first, tmp_path):
    pid = first.started("dispatch")
    done = run(tmp_path, "dispatch", DATA_DIR=str(first.data))
    assert done.returncode == 1
    assert f"process {pid}" in done.stderr


def test_web_and_dispatch_run_alone_too(serve):
    web = serve("web")
    key = api_key(web)
    assert eventually(lambda: web.get("/api/Test", key)) == (200, "ok")
    assert web.status("/readyz") == 503
    dispatch = serve("dispatch")
    eventually(lambda: web.status("/readyz") == 200)
    assert web.stop() == 0
    assert dispatch.stop() == 0


@pytest.fixture
def stopped(data: Path) -> Iterator[Database]:
    """The database of an installation where nothing runs."""
    with closing(Database(f"sqlite:///{data / 'waybell.db'}")) as database:
        yield database


def test_what_a_killed_dispatcher_had_claimed_is_taken_back_at_the_start(serve, stopped):
    with stopped.transaction() as tx:
        claimed = {
            "id": "msg_1",
            "account_id": "acc_1",
            "endpoint_id": "ep_1",
            "event_id": "evt_1",
            "event_type": "OrderUpdated",
            "subject": "order:1",
            "version": 1,
            "state": "sending",
            "due_at": tx.now,
            "attempt": 1,
            "failures": 0,
            "manual": False,
            "lease_until": tx.now + timedelta(hours=1),
            "created_at": tx.now,
        }
        tx.execute(messages.insert(), claimed)
    program = serve("dispatch")
    eventually(lambda: program.events("messages.claims_taken_back", count=1))


def test_the_dispatch_process_does_retry_jobs(serve, stopped):
    with stopped.transaction() as tx:
        account = accounts.list_accounts(tx)[0]
        endpoint = {
            "id": "ep_1",
            "account_id": account.id,
            "url": "https://receiver.example/",
            "description": "",
            "event_types": [],
            "ordered": False,
            "concurrency": 1,
            "schemes": ["v1"],
            "state": "enabled",
            "created_at": tx.now,
            "changed_at": tx.now,
            "revision": 1,
        }
        tx.execute(endpoints.insert(), endpoint)
        job = {
            "id": "job_1",
            "account_id": account.id,
            "endpoint_id": "ep_1",
            "what": "failed",
            "since": tx.now - timedelta(hours=1),
            "until": tx.now,
            "state": "running",
            "total": 0,
            "done": 0,
            "retried": 0,
            "created_at": tx.now,
        }
        tx.execute(retry_jobs.insert(), job)

    def state() -> str:
        with stopped.reading() as tx:
            return tx.execute(select(retry_jobs.c.state)).scalar_one()

    serve("dispatch")
    eventually(lambda: state() == "succeeded")


def test_the_doctor_waits_for_a_server_that_is_starting(serve, data, tmp_path):
    program = serve()
    eventually(lambda: connects(program.port))  # it holds its port long before it answers there
    done = run(tmp_path, "doctor", PORT=str(program.port), DATA_DIR=str(data))
    assert done.returncode == 0
    assert "a Waybell answers" in done.stdout
    assert "makes progress" in done.stdout


def connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
