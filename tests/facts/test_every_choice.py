"""The page `docs/compatibility.md` lists the choices: what Waybell does where no document of the Track-POD API says it.

The tests of a choice name its number at the beginning of their docstring: "Choice 23."
"""

import ast
import re
from pathlib import Path

import pytest

from support.operations import OPERATIONS

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
FACTS = sorted(Path(__file__).parent.glob("test_*.py"))


def docstrings():
    for path in FACTS:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield ast.get_docstring(node) or ""


def test_each_choice_of_the_page_is_named_by_a_test_and_each_number_in_a_test_is_a_choice():
    listed = [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)]
    tested = {int(number) for one in docstrings() for number in re.findall(r"^Choice (\d+)\.", one)}
    assert len(listed) == len(set(listed)), "docs/compatibility.md gives a number to two choices"
    assert sorted(listed) == list(range(1, max(listed) + 1)), "docs/compatibility.md leaves out a number"
    assert sorted(tested - set(listed)) == [], "add these choices to docs/compatibility.md"
    assert sorted(set(listed) - tested) == [], "no test in tests/facts begins its docstring with 'Choice <this>.'"


@pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)
def test_the_docstring_of_a_file_names_operations_of_the_api(path):
    """A file says "of `AddOrder`", because a number of an operation says nothing to its reader."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert not re.search(r"[Oo]perations? \d", said), f"{path.name}: name the operations instead of numbering them"
    unknown = set(re.findall(r"`([A-Z]\w+)`", said)) - set(OPERATIONS)
    assert not unknown, f"{path.name}: tests/support/operations.py knows no operation of these names"
