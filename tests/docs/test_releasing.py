"""The version stands in one place, and `make release` refuses what should not go out."""

import re
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
import typer

import waybell
from support.scripts import modules_of
from waybell.cli import app as cli

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 30)
CHANGELOG = """# Changelog

## Unreleased

## 0.3.0 - 2026-11-30

### Added
- Something.

## 0.2.0 - 2026-11-01

The first.
"""


@pytest.fixture(scope="module")
def tools():
    with modules_of("tools"):
        import changelog  # noqa: PLC0415
        import release  # noqa: PLC0415

        yield sys.modules
    del changelog, release


@pytest.fixture
def problems(tools):
    def judge(changelog: str = CHANGELOG, version: str = "0.3.0", tags=("v0.2.0",)) -> list[str]:
        sections = tools["changelog"].sections(changelog)
        return tools["release"].problems_of(version, sections, tags, TODAY)

    return judge


def test_the_version_is_that_of_the_newest_section_of_the_changelog(tools):
    unreleased, newest, *_ = tools["changelog"].sections((ROOT / "CHANGELOG.md").read_text())
    assert unreleased.name == "Unreleased"
    assert newest.name == waybell.__version__
    assert newest.released
    assert newest.text


def test_the_version_stands_in_one_place_and_no_tag_is_needed_to_install(tools):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    path = ROOT / project["tool"]["hatch"]["version"]["path"]
    assert path == tools["release"].VERSION_FILE
    assert tools["release"].version_in(path.read_text()) == waybell.__version__


def test_what_is_ready_can_be_released(problems):
    assert problems() == []
    assert problems(CHANGELOG.replace("0.2.0 - 2026-11-01", "0.1.0 - 2026-11-01"), tags=()) == []


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"version": "0.4.0"}, "The newest version in CHANGELOG.md is 0.3.0, but __version__ is 0.4.0."),
        ({"changelog": CHANGELOG.replace("Unreleased\n", "Unreleased\n\n- More.\n")}, "move them to ## 0.3.0"),
        ({"changelog": CHANGELOG.replace("## Unreleased\n", "")}, "does not begin with ## Unreleased"),
        ({"changelog": CHANGELOG.replace("\n### Added\n- Something.\n", "")}, "says nothing of 0.3.0"),
        ({"changelog": CHANGELOG.replace("2026-11-30", "2026-12-01")}, "in the future"),
        ({"tags": ("v0.3.0",)}, "The tag v0.3.0 is there already"),
        ({"tags": ("v0.2.0", "v0.10.0")}, "A later version has a tag: v0.10.0"),
    ],
)
def test_what_is_not_ready_is_refused_and_says_what_to_do(problems, case, said):
    found = problems(**case)
    assert any(said in problem for problem in found), found


def test_a_heading_of_the_changelog_that_is_none_is_named(tools):
    with pytest.raises(ValueError, match=r"## 0\.3: write ## Unreleased, or ## 1\.2\.3"):
        tools["changelog"].sections("## 0.3\n")


def test_the_list_of_parts_names_what_the_wheel_carries_of_others(tools):
    folders = {path.name for path in tools["vendor"].VENDOR.iterdir() if path.is_dir()}
    parts = {
        f"{part['name'].removeprefix('@').replace('/', '-')}-{part['version']}" for part in tools["release"].carried()
    }
    assert folders < parts
    assert all(part["purl"].startswith("pkg:npm/") for part in tools["release"].carried())


def test_the_page_on_installing_lists_each_package_that_is_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [re.match(r"[\w-]+", requirement)[0].lower() for requirement in project["dependencies"]]
    table = (ROOT / "docs" / "installing.md").read_text().partition("| package |")[2]
    assert [name for name in asked if name not in table] == []
    assert list(project["optional-dependencies"]) == ["optimize", "dev"]


def test_the_commands_of_the_page_on_installing_are_understood():
    """Each `waybell ...` of a code block, also where a container or another user runs it."""
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / "installing.md").read_text(), re.DOTALL)
    understood = 0
    for line in "\n".join(blocks).splitlines():
        found = re.fullmatch(r"(?!docker build).*\bwaybell ([a-z].*)", line)
        if not found:
            continue
        command, arguments = typer.main.get_command(cli), found[1].split()
        while hasattr(command, "commands"):
            command = command.commands[arguments.pop(0)]
        command.make_context("waybell", arguments)
        understood += 1
    assert understood > 7


def test_pages_link_to_files_and_sections_that_are_there():
    for page in ("installing.md", "releasing.md"):
        text = (ROOT / "docs" / page).read_text()
        for target, section in re.findall(r"\]\(((?!http)[^)#]*)#?([^)]*)\)", text):
            linked = (ROOT / "docs" / target) if target else ROOT / "docs" / page
            assert linked.exists(), (page, target)
            if section:
                titles = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
                assert section in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
