"""The doctor's verdicts: each fault is found, and its remedy is a command or a setting."""

import os
import shutil
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from support.certificates import Authority
from waybell.accounts import actions as accounts
from waybell.db.database import Database
from waybell.ground.clock import MovableClock
from waybell.installation import heartbeats
from waybell.running import doctor
from waybell.settings import Settings, load
from web.test_health import a_message, an_endpoint


@pytest.fixture(autouse=True)
def _nothing_is_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no server: none starts in these tests."""
    monkeypatch.setattr(doctor, "_STARTING", 0.0)


@pytest.fixture
def settings(started: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of an installation after its first start; the environment names it."""
    shutil.copytree(started, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WAYBELL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WAYBELL_PORT", "0")
    return load()


def finding(check: str) -> doctor.Finding:
    found = {one.check: one for one in doctor.examine()}
    assert check in found, found
    return found[check]


def change(settings: Settings, statement: str) -> None:
    database = Database(settings.resolved_database_url)
    with database.transaction() as tx:
        tx.execute(text(statement))
    database.close()


def test_a_fresh_installation_has_no_fault(settings):
    assert [one for one in doctor.examine() if one.verdict == "fault"] == []


def test_a_proxy_that_is_not_trusted_is_told_of(settings, monkeypatch):
    assert "proxy" not in {one.check for one in doctor.examine()}
    monkeypatch.setenv("WAYBELL_PUBLIC_URL", "https://waybell.example")
    assert finding("proxy").verdict == "warning"
    monkeypatch.setenv("WAYBELL_TRUSTED_PROXIES", "127.0.0.1")
    assert finding("proxy").verdict == "ok"


def test_every_warning_and_every_fault_says_what_to_do(settings, monkeypatch):
    shutil.rmtree(settings.data_dir)
    monkeypatch.setenv("WAYBELL_HOST", "192.0.2.1")
    for one in doctor.examine():
        assert bool(one.remedy) == (one.verdict != "ok"), one


def test_before_the_first_start_there_are_only_warnings(tmp_path, monkeypatch):
    monkeypatch.setenv("WAYBELL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WAYBELL_PORT", "0")
    found = doctor.examine()
    assert "fault" not in {one.verdict for one in found}
    assert "waybell serve" in next(one.remedy for one in found if one.check == "database")
    assert not (tmp_path / "data").exists()  # looking makes nothing


def test_a_wrong_setting_is_a_fault(settings, monkeypatch):
    monkeypatch.setenv("WAYBELL_PROT", "1")
    assert finding("settings").verdict == "fault"


def test_a_data_folder_that_is_a_file_is_a_fault(tmp_path, monkeypatch):
    (tmp_path / "data").write_text("")
    monkeypatch.setenv("WAYBELL_DATA_DIR", str(tmp_path / "data"))
    assert finding("data folder").verdict == "fault"


@pytest.mark.skipif(os.name != "posix", reason="files have other permissions there")
def test_a_folder_and_a_key_that_others_can_read_are_warnings(settings):
    settings.data_dir.chmod(0o755)
    (settings.data_dir / "secret.key").chmod(0o644)
    assert finding("data folder").remedy == f"Run: chmod 700 {settings.data_dir}"
    assert finding("secret key file").remedy.startswith("Run: chmod 600")


def test_an_old_schema_is_a_fault_with_its_command(settings):
    change(settings, "DELETE FROM alembic_version")
    assert finding("schema").verdict == "fault"
    assert finding("schema").remedy == "Run: waybell migrate"


def test_a_schema_of_a_newer_version_is_a_fault(settings):
    change(settings, "UPDATE alembic_version SET version_num = '9999'")
    assert finding("schema").verdict == "fault"
    assert "9999" in finding("schema").detail


def test_a_wrong_secret_key_is_a_fault(settings, monkeypatch):
    monkeypatch.setenv("WAYBELL_SECRET_KEY", "A" * 43 + "=")
    assert finding("secret key").verdict == "fault"
    assert "WAYBELL_SECRET_KEY" in finding("secret key").remedy


def test_a_lost_secret_key_is_a_fault(settings):
    (settings.data_dir / "secret.key").unlink()
    assert finding("secret key").verdict == "fault"


def test_a_database_that_does_not_answer_is_a_fault_that_keeps_the_password(settings, monkeypatch):
    monkeypatch.setenv("WAYBELL_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/waybell")
    found = finding("database")
    assert found.verdict == "fault"
    assert "WAYBELL_DATABASE_URL" in found.remedy
    assert "hunter2" not in str(found)


def test_a_file_that_is_no_database_is_a_fault(settings):
    (settings.data_dir / "waybell.db").write_bytes(b"not a database at all" * 100)
    assert finding("database").verdict == "fault"


def test_endpoints_whose_messages_are_late_are_named_by_their_hosts(settings):
    database = Database(settings.resolved_database_url)
    with database.transaction() as tx:
        [account] = accounts.list_accounts(tx)
        for number in range(12):
            url = f"https://user{number}.example:8443/in/t0ken"
            an_endpoint(tx, account, f"ep_{number}", url=url)
            due = tx.now - timedelta(seconds=45 + 20 * number)
            a_message(tx, account, f"msg_{number}", f"ep_{number}", due_at=due)
    database.close()
    late = [one for one in doctor.examine() if one.check == "late endpoint"]
    assert [one.detail.split()[0] for one in late] == [f"ep_{number}" for number in range(11, 1, -1)]
    assert {one.verdict for one in late} == {"warning"}
    assert f"(user11.example:8443) of {account.id}" in late[0].detail
    assert "due for 4 min" in late[0].detail
    assert "/settings/web-api/webhooks/ep_11" in late[0].remedy
    assert "t0ken" not in str(late)


def test_a_port_that_another_program_has_is_a_fault(settings, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken.settimeout(0)
        monkeypatch.setenv("WAYBELL_PORT", str(taken.getsockname()[1]))
        found = finding("port")
    assert found.verdict == "fault"
    assert "WAYBELL_PORT" in found.remedy


@pytest.mark.parametrize("year", [1970, 2025, 2099])
def test_a_clock_in_another_time_is_a_fault(year):
    assert doctor.judge_clock(datetime(year, 1, 1, tzinfo=UTC)).verdict == "fault"


def test_a_libcurl_that_cannot_do_its_work_is_a_fault():
    everything = (1 << 7) | (1 << 2)
    assert doctor.judge_curl("8.0", everything).verdict == "ok"
    assert doctor.judge_curl("8.0", 1 << 2).verdict == "fault"
    assert doctor.judge_curl("8.0", 1 << 7).verdict == "fault"


def test_a_bundle_without_certificates_is_a_fault(tmp_path):
    empty = tmp_path / "cacert.pem"
    assert doctor.judge_bundle(empty).verdict == "fault"
    empty.write_text("")
    assert doctor.judge_bundle(empty).verdict == "fault"


def test_authorities_of_ones_own_are_counted_and_a_file_without_any_is_a_fault(settings, tmp_path, monkeypatch):
    authority = Authority(tmp_path / "tls")
    monkeypatch.setenv("WAYBELL_CA_FILE", str(authority.file))
    assert finding("TLS bundle").detail == f"1 certificates, {authority.file}"
    authority.file.write_text("")
    assert finding("settings").verdict == "fault"
    assert f"{authority.file} holds no certificates" in finding("settings").detail


def test_a_full_disk_is_a_fault_and_a_filling_one_a_warning():
    assert doctor.judge_disk(10 * 1024**2).verdict == "fault"
    assert doctor.judge_disk(500 * 1024**2).verdict == "warning"
    assert doctor.judge_disk(10 * 1024**3).verdict == "ok"


@pytest.mark.parametrize(
    ("postgres", "version", "verdict"),
    [
        (False, (3, 34, 1), "fault"),
        (False, (3, 35, 0), "ok"),
        (True, (13, 9), "fault"),
        (True, (14, 0), "ok"),
    ],
)
def test_a_database_that_is_too_old_is_a_fault(postgres, version, verdict):
    assert doctor.judge_version(version, "x", on_sqlite=not postgres).verdict == verdict


def test_a_dispatcher_that_stands_still_is_noticed(settings):
    database = Database(settings.resolved_database_url)
    with database.transaction() as tx:
        heartbeats.beat(tx, heartbeats.DISPATCHER)
    assert finding("dispatcher").verdict == "ok"
    long_ago = MovableClock(datetime(2026, 1, 1, tzinfo=UTC))
    database.clock = long_ago
    with database.transaction() as tx:
        heartbeats.beat(tx, heartbeats.DISPATCHER)
    database.close()
    assert finding("dispatcher").verdict == "warning"


@pytest.mark.parametrize(
    ("changed", "verdict", "says"),
    [
        ({}, "ok", "http://127.0.0.1:8080"),
        ({"public_url": "https://waybell.example", "host": "0.0.0.0"}, "ok", "https://waybell.example"),
        ({"host": "0.0.0.0"}, "warning", "WAYBELL_PUBLIC_URL is not set"),
        ({"trusted_proxies": "127.0.0.1"}, "warning", "WAYBELL_PUBLIC_URL is not set"),
    ],
)
def test_links_that_lead_to_this_machine_only_are_told(changed, verdict, says):
    found = doctor.judge_public_url(load({}, **changed))
    assert found.verdict == verdict
    assert says in found.detail
    assert ("WAYBELL_PUBLIC_URL" in found.remedy) == (verdict == "warning")
