"""Which commits of a history the check of their messages looks at."""

import subprocess
from pathlib import Path

import pytest

from support.scripts import modules_of

ME = ("-c", "user.name=Me", "-c", "user.email=me@example.com")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *ME, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def history(tmp_path, monkeypatch) -> list[str]:
    """Three commits: one from before the rules, one that breaks them, one that keeps them."""
    git(tmp_path, "init", "--quiet")
    messages = ["made from before", "Added a setting for goods", "Add a page\n\nIt says why."]
    for message in messages:
        git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", message)
    monkeypatch.chdir(tmp_path)
    return git(tmp_path, "log", "--format=%h", "--reverse").split()


def test_only_what_came_behind_the_beginning_is_looked_at_and_named_by_its_commit(history):
    with modules_of("tools"):
        import commit_log  # noqa: PLC0415

        [fault] = commit_log.faults_since(history[0])
        assert fault.startswith(f"{history[1]}: The subject should be in the imperative")
        assert commit_log.faults_since(history[1]) == []


def test_a_clone_that_lacks_the_beginning_is_passed_over(history):
    with modules_of("tools"):
        import commit_log  # noqa: PLC0415

        assert commit_log.is_known(history[0])
        assert not commit_log.is_known("86cd36c")
