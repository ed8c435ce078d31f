"""Starting on PostgreSQL: the schema comes by `waybell migrate`, the first account by the first server."""

import os
import re
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from support.postgres import fresh_copy, fresh_database
from support.program import Program, eventually, free_port, run
from waybell.running.first_start import prepare
from waybell.settings import load


@pytest.fixture
def url(postgres_server: str) -> Iterator[str]:
    """A database without any table."""
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def migrated(postgres_template: str) -> Iterator[str]:
    """A database with all tables and no account."""
    with fresh_copy(postgres_template) as url:
        yield url


def test_an_empty_database_stops_the_start_and_names_the_command(url, tmp_path):
    done = run(tmp_path, "serve", PORT="0", DATABASE_URL=url)
    assert done.returncode == 1
    assert "Run: waybell migrate" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "web", "dispatch"])
def test_an_old_schema_stops_the_start_and_names_the_command(migrated, tmp_path, command):
    with psycopg.connect(migrated, autocommit=True) as connection:
        connection.execute("DELETE FROM alembic_version")
    done = run(tmp_path, command, PORT="0", DATABASE_URL=migrated)
    assert done.returncode == 1
    assert "Run: waybell migrate" in done.stderr


def test_migrating_twice_does_no_harm(url, tmp_path):
    assert "empty" in run(tmp_path, "migrate", DATABASE_URL=url).stdout
    again = run(tmp_path, "migrate", DATABASE_URL=url)
    assert again.returncode == 0
    assert "already" in again.stdout


def test_after_migrating_the_first_server_makes_the_account_and_is_ready(url, tmp_path):
    run(tmp_path, "migrate", DATABASE_URL=url)
    settings = {"PORT": str(free_port()), "DATABASE_URL": url, "DATA_DIR": str(tmp_path / "data")}
    program = Program(tmp_path, "serve", terminal=True, **settings)
    try:
        key = eventually(lambda: re.search(r"\bwb_[\w-]+", program.printed))[0]
        assert eventually(lambda: program.get("/api/Test", key)) == (200, "ok")
        eventually(lambda: program.status("/readyz") == 200)
        assert program.stop() == 0
    finally:
        program.end()


def test_servers_that_start_together_make_one_account(migrated, tmp_path):
    key = "A" * 43 + "="
    programs = [
        Program(
            tmp_path,
            "web",
            PORT=str(free_port()),
            DATABASE_URL=migrated,
            SECRET_KEY=key,
            DATA_DIR=str(tmp_path / "none"),
        )
        for _ in range(3)
    ]
    try:
        eventually(lambda: all(program.status("/healthz") == 200 for program in programs))
        assert len([program for program in programs if "is ready" in program.printed]) == 1
        with psycopg.connect(migrated) as connection:
            assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (1,)
    finally:
        for program in programs:
            program.end()
    assert not (tmp_path / "none").exists()  # with the key in the settings nothing needs a folder


def test_another_machine_without_the_key_is_told_so(migrated, tmp_path):
    assert prepare(load({"WAYBELL_CONFIG": os.devnull}, database_url=migrated, data_dir=tmp_path / "first"))
    done = run(tmp_path, "web", PORT="0", DATABASE_URL=migrated, DATA_DIR=str(tmp_path / "second"))
    assert done.returncode == 1
    assert "WAYBELL_SECRET_KEY" in done.stderr
    assert not (tmp_path / "second" / "secret.key").exists()


@pytest.mark.parametrize("command", ["serve", "web", "dispatch"])
def test_a_start_waits_for_a_database_that_is_not_there_yet(migrated, tmp_path, command):
    """Containers start together: the database takes its first connections some seconds later."""
    url = make_url(migrated)
    later = f"{url.database}_later"
    awaited = url.set(database=later).render_as_string(hide_password=False)
    program = Program(tmp_path, command, PORT=str(free_port()), DATABASE_URL=awaited, DATA_DIR=str(tmp_path / "data"))
    with psycopg.connect(url.set(database="postgres").render_as_string(False), autocommit=True) as server:
        try:
            [said] = eventually(lambda: program.events("database.awaited"))
            assert later in said["error"]
            server.execute(f'CREATE DATABASE "{later}" TEMPLATE "{url.database}"')
            program.started("dispatch" if command == "dispatch" else "web")
            assert len(program.events("database.awaited")) == 1
            assert program.stop() == 0
        finally:
            program.end()
            server.execute(f'DROP DATABASE IF EXISTS "{later}" WITH (FORCE)')


def test_the_wait_for_a_database_ends(tmp_path):
    nobody = "postgresql://me:hunter2@127.0.0.1:1/waybell"
    done = run(tmp_path, "web", PORT="0", DATABASE_URL=nobody, DATABASE_WAIT="600ms", LOG_FORMAT="json")
    assert done.returncode == 1
    assert "database.awaited" in done.stderr
    assert "does not answer" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr
