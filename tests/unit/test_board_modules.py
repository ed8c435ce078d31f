"""The modules of the board that hold no DOM, under node: the tests themselves are in tests/unit/board."""

import shutil
import subprocess
from pathlib import Path

import pytest

from waybell.web.ui.render import STATIC

TESTS = Path(__file__).parent / "board"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("name", sorted(file.name for file in TESTS.glob("*.mjs")))
def test_the_modules_of_the_board(tmp_path, name):
    shutil.copytree(str(STATIC / "board"), tmp_path / "board")
    (tmp_path / "board/package.json").write_text('{"type": "module"}')  # as a browser takes them
    shutil.copy(TESTS / name, tmp_path)
    ran = subprocess.run(
        ["node", "--test", name], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
