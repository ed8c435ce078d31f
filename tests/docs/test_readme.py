"""The README's commands, run as they stand there: only ports and the key are put in."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import Program, eventually, free_port

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
NODE_LIBRARY = ROOT / ".cache" / "node" / "node_modules"


def block(name: str) -> str:
    """The code block of the README that is marked with `<!-- run: name -->`."""
    found = re.search(rf"<!-- run: {re.escape(name)} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Program]:
    settings = dict(re.findall(r"WAYBELL_(\w+)=(\S+)", block("server")))
    program = Program(tmp_path, "serve", terminal=True, PORT=str(free_port()), **settings)
    yield program
    program.end()


def run_readme(server: Program, port: int, receiver: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Follow the README with this receiver; answers what it prints."""
    key = eventually(lambda: re.search(r"\bwb_[\w-]+", server.printed))[0]
    eventually(lambda: server.status("/readyz") == 200)
    shell = block("add").replace("127.0.0.1:8080", f"127.0.0.1:{server.port}").replace("wb_...", key)
    shell = shell.replace(":9000", f":{port}")
    output = folder / "received"
    with output.open("wb") as out:
        secret = bash(shell + '\nprintf %s "$SECRET"', folder).rpartition("\n")[2].rpartition("}")[2]
        process = subprocess.Popen(receiver, cwd=folder, env=os.environ | environment | {"SECRET": secret}, stdout=out)
    try:
        eventually(lambda: server_is_up(port))
        bash(shell + block("order"), folder)
        return eventually(output.read_text)
    finally:
        process.kill()
        process.wait(60)


def bash(script: str, folder: Path) -> str:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, check=True, timeout=180
    ).stdout


def server_is_up(port: int) -> bool:
    done = subprocess.run(
        ["curl", "-sS", "-o", "/dev/null", f"http://127.0.0.1:{port}/"], capture_output=True, check=False
    )
    return done.returncode == 0


def test_the_python_receiver_of_the_readme_verifies_what_the_readme_sends(server, tmp_path):
    port = free_port()
    (tmp_path / "receiver.py").write_text(block("receiver.py").replace("9000", str(port)))
    printed = run_readme(server, port, [sys.executable, "receiver.py"], tmp_path, {})
    assert printed == "OrderCreated 1001\n"


@pytest.mark.skipif(
    shutil.which("node") is None or not NODE_LIBRARY.exists(), reason="Node or its library is not at hand"
)
def test_the_node_receiver_of_the_readme_verifies_what_the_readme_sends(server, tmp_path):
    (tmp_path / "node_modules").symlink_to(NODE_LIBRARY)
    port = free_port()
    (tmp_path / "receiver.mjs").write_text(block("receiver.mjs").replace("9000", str(port)))
    printed = run_readme(server, port, ["node", "receiver.mjs"], tmp_path, {})
    assert printed == "OrderCreated 1001\n"


def test_every_make_target_that_the_readme_names_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", README, re.MULTILINE)) <= targets


def test_every_link_of_the_readme_leads_somewhere():
    for link in re.findall(r"\]\(((?!http)[^)]+)\)", README):
        assert (ROOT / link).exists(), link
