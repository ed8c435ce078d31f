"""docs/security.md names tests and modules that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()


def test_what_it_rests_on_and_what_attacks_it_are_there():
    promises = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert len(promises) > 10
    for promise in promises:
        _, _, rests_on, attacked_by, _ = promise.split("|")
        tests = re.findall(r"`(tests/\S+?\.py)`", attacked_by)
        assert tests or attacked_by.strip() == "the same", promise
        for path in [*tests, *(f"src/waybell/{one}" for one in re.findall(r"`([a-z_/]+\.py)`", rests_on))]:
            assert (ROOT / path).exists(), path
