"""The records under `docs/decisions` have one form, are numbered without a gap, and stand in the list."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))


def test_the_list_has_each_record_with_its_title():
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    titles = [path.read_text().partition("\n")[0] for path in RECORDS]
    assert [f"# {int(number)}. {title}" for number, _, title in listed] == titles, "list it in docs/decisions/README.md"
    assert [name for _, name, _ in listed] == [path.name for path in RECORDS]
    assert [int(number) for number, _, _ in listed] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_says_its_context_its_decision_and_the_consequences(path):
    text = path.read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    for link in re.findall(r"\]\(((?!http)[^)#]+)", text):
        assert (FOLDER / link).exists(), link
