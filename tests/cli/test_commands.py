"""The commands that are not servers: what they make, list and refuse, and how they say so."""

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.main

from waybell import __version__
from waybell.accounts import audit, sessions
from waybell.accounts.actions import check_password, list_accounts, user_of_email
from waybell.accounts.grants import Grant
from waybell.accounts.keys import authenticate, list_keys
from waybell.cli import app, main
from waybell.db.database import Database
from waybell.ground.errors import Unauthorized
from waybell.ground.rates import Rates
from waybell.installation import epoch
from waybell.running.lock_files import lock_file
from waybell.running.server_socket import note_url
from waybell.settings import load


@dataclass
class Done:
    code: int
    out: str
    err: str


Waybell = Callable[..., Done]


@pytest.fixture
def waybell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Waybell:
    """Runs one command in a folder of the test, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERMINAL_WIDTH", "100")

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["waybell", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return Done(int(end.value.code or 0), out, err)

    return run


@pytest.fixture
def installed(started: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Return the database of an installation after its first start; the environment names its data folder."""
    shutil.copytree(started, tmp_path / "data")
    monkeypatch.setenv("WAYBELL_DATA_DIR", str(tmp_path / "data"))
    database = Database(load().resolved_database_url)
    yield database
    database.close()


def all_commands() -> list[list[str]]:
    found = [[]]

    def walk(group, path):
        for name, command in group.commands.items():
            found.append([*path, name])
            if hasattr(command, "commands"):
                walk(command, [*path, name])

    walk(typer.main.get_command(app), [])
    return found


@pytest.mark.parametrize("path", all_commands(), ids=" ".join)
def test_every_command_has_help_that_explains_it_and_its_options(waybell, path):
    done = waybell(*path, "--help")
    assert done.code == 0
    assert "Usage: waybell" in done.out
    command: Any = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{parameter.name} is not explained"


def test_the_version_is_told(waybell):
    assert waybell("--version").out == f"waybell {__version__}\n"


def test_a_mistyped_command_is_a_usage_error(waybell):
    done = waybell("srve")
    assert done.code == 2
    assert "srve" in done.err


def test_commands_on_an_empty_folder_say_how_to_begin(waybell):
    done = waybell("key", "list")
    assert done.code == 1
    assert "waybell serve" in done.err
    assert not list(Path.cwd().iterdir())  # and they make nothing


def test_a_made_key_lets_its_owner_in(waybell, installed):
    done = waybell("key", "create", "erp")
    text = done.out.split()[-1]
    with installed.reading() as tx:
        assert authenticate(tx, text, Rates()).actor.name == "erp"


def test_keys_are_listed_without_their_text(waybell, installed):
    text = waybell("key", "create", "erp").out.split()[-1]
    listed = waybell("key", "list").out
    assert "erp" in listed
    assert text[:7] in listed
    assert text not in listed


def test_a_disabled_key_is_refused_until_it_is_enabled(waybell, installed):
    key_id = waybell("key", "create", "erp").out.split()[2].rstrip(".")
    assert waybell("key", "disable", key_id).code == 0
    assert "disabled" in waybell("key", "list").out
    assert waybell("key", "enable", key_id).code == 0
    assert "disabled" not in waybell("key", "list").out


OPTIONS = {
    "--method": "get",
    "--kind": "orders",
    "--shipper": "S1",
    "--depot": "D1",
    "--network": "10.0.0.0/8",
    "--expires": "2099-01-31",
    "--per-second": "3",
    "--per-minute": "30",
    "--pdf-per-second": "1",
    "--label-per-second": "2",
}


def test_a_key_is_restricted_when_it_is_made_and_later_and_made_full_again(waybell, installed):
    def grant():
        with installed.reading() as tx:
            return list_keys(tx, list_accounts(tx)[0])[-1].grant

    options = [text for pair in OPTIONS.items() for text in pair]
    made = waybell("key", "create", "erp", *options)
    assert made.code == 0, made.err
    key_id = made.out.split()[2].rstrip(".")
    words = "GET; Orders; shippers S1; depots D1; from 10.0.0.0/8; until 2099-01-31 00:00 UTC; 3 a second"
    assert words in waybell("key", "list").out
    full = grant()
    assert waybell("key", "restrict", key_id, "--kind", "Routes", "--kind", "Events").code == 0
    assert grant() == replace(full, kinds=("Routes", "Events"))
    assert waybell("key", "restrict", key_id, "--full", "--per-second", "5").code == 0
    assert grant() == Grant(rates=Rates(per_second=5))
    refused = waybell("key", "restrict", key_id, "--network", "everywhere")
    assert refused.code == 2
    assert "Networks" in refused.err
    assert waybell("key", "rename", key_id, "the warehouse").code == 0
    assert "the warehouse" in waybell("key", "list").out


def test_what_is_done_to_keys_in_the_terminal_is_on_record(waybell, installed):
    key_id = waybell("key", "create", "erp").out.split()[2].rstrip(".")
    waybell("key", "restrict", key_id, "--method", "GET")
    waybell("key", "rename", key_id, "crm")
    waybell("key", "disable", key_id)
    with installed.reading() as tx:
        found = [(one.who, one.act) for one in audit.entries(tx, list_accounts(tx)[0], key_id)]
    who = "the terminal of the server"
    assert found == [
        (who, "disabled the key crm"),
        (who, "renamed the key erp"),
        (who, "changed what the key erp may do"),
        (who, "made the key erp"),
    ]


def test_a_key_is_deleted_once_that_is_confirmed_and_that_is_on_record(waybell, installed, monkeypatch):
    key_id, other = (waybell("key", "create", name).out.split()[2].rstrip(".") for name in ("erp", "crm"))
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    refused = waybell("key", "delete", key_id)
    assert refused.code == 1
    assert "Delete the key erp" in refused.out
    assert key_id in waybell("key", "list").out
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert waybell("key", "delete", key_id).code == 0
    assert waybell("key", "delete", other, "--yes").out == f"Key {other} is deleted.\n"
    assert key_id not in waybell("key", "list").out
    assert waybell("key", "delete", key_id, "--yes").code == 2
    with installed.reading() as tx:
        found = [one.act for one in audit.entries(tx, list_accounts(tx)[0], key_id)]
    assert found == ["deleted the key erp", "made the key erp"]


def test_an_unknown_key_is_named(waybell, installed):
    done = waybell("key", "disable", "key_x")
    assert done.code == 2
    assert "key_x" in done.err
    assert "Traceback" not in done.err


def test_an_account_is_chosen_when_there_are_several(waybell, installed):
    made = waybell("account", "create", "Second", "--time-zone", "Europe/Berlin")
    account_id = made.out.split()[2].rstrip(".")
    assert "Second" in waybell("account", "list").out
    refused = waybell("key", "list")
    assert refused.code == 2
    assert account_id in refused.err
    assert waybell("key", "list", "--account", account_id).code == 0


def test_a_wrong_time_zone_is_refused(waybell, installed):
    done = waybell("account", "create", "Second", "--time-zone", "Berlin")
    assert done.code == 2
    assert "Europe/Berlin" in done.err


def test_a_generated_password_is_printed_once_and_signs_in(waybell, installed):
    done = waybell("user", "create", "dana@example.com", "--role", "admin", "--generate")
    password = done.out.split()[-1]
    assert check_password(installed, "dana@example.com", password)
    listed = waybell("user", "list").out
    assert "dana@example.com" in listed
    assert password not in listed


def test_a_password_is_read_from_a_pipe_and_not_echoed(waybell, installed, monkeypatch, tmp_path):
    (tmp_path / "piped").write_text("correct horse\n")
    with (tmp_path / "piped").open() as piped:
        monkeypatch.setattr(sys, "stdin", piped)
        done = waybell("user", "create", "dana@example.com")
    assert "correct horse" not in done.out + done.err
    assert check_password(installed, "dana@example.com", "correct horse")


def test_a_user_is_limited(waybell, installed):
    assert waybell("user", "create", "c@example.com", "--role", "carrier", "--generate").code == 2
    made = (
        "user",
        "create",
        "c@example.com",
        "--role",
        "carrier",
        "--carrier",
        "C-1",
        "--carrier",
        "C-2",
        "--generate",
    )
    assert waybell(*made).code == 0
    assert "carriers C-1, C-2" in waybell("user", "list").out
    done = waybell("user", "access", "C@example.com", "--role", "viewer", "--team", "T-1")
    assert done.out == "C@example.com is viewer, and sees teams T-1.\n"
    assert "everything" in waybell("user", "access", "c@example.com", "--role", "dispatcher").out


def test_a_made_link_signs_its_user_in(waybell, installed, monkeypatch):
    monkeypatch.setenv("WAYBELL_PUBLIC_URL", "https://waybell.example/")
    done = waybell("user", "link", "Admin@Localhost")
    beginning, token = done.out.strip().split("?token=")
    assert beginning == "https://waybell.example/sign-in/link"
    with installed.transaction() as tx:
        user_id = sessions.use_link(tx, token)
        assert user_id == user_of_email(tx, "admin@localhost")


def test_a_link_leads_to_where_the_server_runs(waybell, installed, tmp_path):
    note_url(load(port=9321))
    assert waybell("user", "link", "admin@localhost").out.startswith("http://127.0.0.1:9321/sign-in/link")


def test_what_is_made_in_the_terminal_is_on_record(waybell, installed):
    key_id = waybell("key", "create", "erp").out.split()[2].rstrip(".")
    waybell("key", "disable", key_id)
    waybell("user", "create", "dana@example.com", "--generate")
    with installed.reading() as tx:
        entries = audit.entries(tx, list_accounts(tx)[0])
    assert [entry.act for entry in entries] == [
        "added the user dana@example.com as dispatcher",
        "disabled the key erp",
        "made the key erp",
        "made the key First key",
    ]
    assert {entry.who for entry in entries} == {"the terminal of the server"}


def test_a_new_password_signs_in_and_ends_the_sessions(waybell, installed):
    with installed.transaction() as tx:
        session = sessions.begin(tx, user_of_email(tx, "admin@localhost"), timedelta(days=7))
    password = waybell("user", "password", "admin@localhost", "--generate").out.split()[-1]
    assert check_password(installed, "admin@localhost", password)
    with installed.reading() as tx:
        assert sessions.find(tx, session, timedelta(days=7)) is None
        [entry, _] = audit.entries(tx, list_accounts(tx)[0])
    assert (entry.who, entry.act) == ("the terminal of the server", "set the password of a user")


def test_a_user_is_signed_out_everywhere(waybell, installed):
    with installed.transaction() as tx:
        user_id = user_of_email(tx, "admin@localhost")
        token, link = sessions.begin(tx, user_id, timedelta(days=7)), sessions.make_link(tx, user_id)
    assert waybell("user", "sign-out", "Admin@localhost").code == 0
    with installed.transaction() as tx:
        assert sessions.find(tx, token, timedelta(days=7)) is None
        with pytest.raises(Unauthorized):
            sessions.use_link(tx, link)
        assert audit.entries(tx, list_accounts(tx)[0])[0].act == "signed admin@localhost out everywhere"
    assert waybell("user", "sign-out", "nobody@example.com").code == 2


def test_a_new_password_is_read_from_a_pipe(waybell, installed, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    assert waybell("user", "password", "admin@localhost").code == 0
    assert check_password(installed, "admin@localhost", "correct horse")
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert waybell("user", "password", "admin@localhost").code == 2
    assert check_password(installed, "admin@localhost", "correct horse")


@pytest.mark.parametrize("command", ["link", "password"])
def test_an_unknown_user_is_named(waybell, installed, command):
    done = waybell("user", command, "nobody@example.com")
    assert done.code == 2
    assert "nobody@example.com" in done.err


def test_no_command_takes_a_password_as_an_argument():
    for path in all_commands():
        command: Any = typer.main.get_command(app)
        for name in path:
            command = command.commands[name]
        assert not [parameter for parameter in command.params if "password" in (parameter.name or "")]


def test_settings_are_shown_with_their_source_and_secrets_masked(waybell, monkeypatch, tmp_path):
    (tmp_path / "waybell.toml").write_text('attempt_timeout = "20s"\n')
    monkeypatch.setenv("WAYBELL_PORT", "9000")
    monkeypatch.setenv("WAYBELL_SECRET_KEY", "A" * 43 + "=")
    monkeypatch.setenv("WAYBELL_DATABASE_URL", "postgresql://me:hunter2@db/waybell")
    lines = {line.split()[0]: line.split()[1:] for line in waybell("config", "show").out.splitlines()}
    assert lines["port"] == ["9000", "WAYBELL_PORT"]
    assert lines["attempt_timeout"] == ["20s", "waybell.toml"]
    assert lines["host"] == ["127.0.0.1", "default"]
    assert lines["secret_key"] == ["**********", "WAYBELL_SECRET_KEY"]
    assert lines["database_url"] == ["postgresql://me:***@db/waybell", "WAYBELL_DATABASE_URL"]


def test_an_unknown_setting_is_named_with_what_was_meant(waybell, monkeypatch):
    monkeypatch.setenv("WAYBELL_DATABASEURL", "x")
    done = waybell("config", "show")
    assert done.code == 1
    assert "Did you mean WAYBELL_DATABASE_URL?" in done.err


def test_a_database_that_we_do_not_speak_is_refused(waybell, monkeypatch):
    monkeypatch.setenv("WAYBELL_DATABASE_URL", "mysql://me@db/waybell")
    done = waybell("key", "list")
    assert done.code == 1
    assert "postgresql://" in done.err


def test_a_database_that_does_not_answer_is_an_error_without_its_password(waybell, monkeypatch):
    monkeypatch.setenv("WAYBELL_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/waybell")
    done = waybell("account", "list")
    assert done.code == 1
    assert "does not answer" in done.err
    assert "hunter2" not in done.err
    assert "Traceback" not in done.err


# Back-ups


def test_a_back_up_is_one_file_that_holds_what_the_database_held_and_that_knows_what_it_is(
    installed, waybell, tmp_path
):
    done = waybell("backup", "copy.db")
    assert done.code == 0, done.err
    assert "secret key" in done.out
    assert not (tmp_path / "copy.db.unfinished").exists()
    assert not (tmp_path / "copy.db-wal").exists()
    copy = Database(f"sqlite:///{tmp_path}/copy.db")
    with copy.transaction() as tx, installed.reading() as original:
        assert list_accounts(tx) == list_accounts(original)
        assert epoch.begin_on_copy(tx)
        assert not epoch.begin_on_copy(tx)
    copy.close()
    again = waybell("backup", "copy.db")
    assert again.code == 1
    assert "already" in again.err


def test_a_back_up_into_a_folder_that_is_not_there_says_so_and_leaves_nothing(installed, waybell, tmp_path):
    done = waybell("backup", "nowhere/copy.db")
    assert done.code == 1
    assert "The back-up was not made" in done.err


def test_that_a_database_was_put_back_is_not_said_while_a_dispatcher_runs_on_it(installed, waybell, tmp_path):
    with lock_file(tmp_path / "data" / "dispatch.lock"):
        refused = waybell("restored")
    assert refused.code == 1
    assert "Stop it first" in refused.err
    assert waybell("restored").code == 0
