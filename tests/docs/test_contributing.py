"""The page for contributors names paths and make targets that exist, and has each folder of tests on its map."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_path_that_the_page_names_is_there():
    named = set(re.findall(r"`((?:src|tests|docs|tools)/[\w./-]+|[A-Z]+\.md|\.[a-z]\w+)`", PAGE))
    named |= set(re.findall(r"\b((?:tests|tools)/[\w/]+\.py)", PAGE)) | set(re.findall(r"\]\(([^)#]+)\)", PAGE))
    assert len(named) > 40
    made = {".venv"}
    assert [path for path in sorted(named - made) if not (ROOT / path).exists()] == [], "CONTRIBUTING.md names them"


def test_every_target_of_make_that_the_page_names_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {one for said in re.findall(r"(?:`|^    )make ([a-z -]+)", PAGE, re.MULTILINE) for one in said.split()}
    assert len(named) > 8
    assert named - targets == set(), "CONTRIBUTING.md names them"


def test_every_folder_of_tests_is_on_the_map():
    folders = {f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0].isalpha()}
    assert set(re.findall(r"^\| `(tests/\w+)` \|", PAGE, re.MULTILINE)) == folders, "see the map in CONTRIBUTING.md"
