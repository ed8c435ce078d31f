"""The pages of promises name modules, tests and faults that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["security", "sending"])
def test_what_it_rests_on_and_what_attacks_it_are_there(page):
    text, *_ = (ROOT / f"docs/{page}.md").read_text().partition("<!-- faults -->")  # behind it stand figures
    promises = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(promises) > 10
    for promise in promises:
        _, _, rests_on, attacked_by, _ = promise.split("|")
        attacks = re.findall(r"`((?:tests|faults)/\S+?\.py)`", attacked_by)
        assert attacks or attacked_by.strip() == "the same" or "make faults" in attacked_by, promise
        for path in [*attacks, *(f"src/waybell/{one}" for one in re.findall(r"`([a-z_/]+\.py)`", rests_on))]:
            assert (ROOT / path).exists(), path
