"""What CHANGELOG.md says of each version."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FILE = Path(__file__).parent.parent / "CHANGELOG.md"
UNRELEASED = "Unreleased"


@dataclass(frozen=True, slots=True)
class Section:
    """What changed in one version; `released` is missing for what is not released yet."""

    name: str
    released: date | None
    text: str


def sections(changelog: str) -> list[Section]:
    """Return the sections in the order in which they stand. Raises `ValueError` for a heading that is none."""
    parts = re.split(r"^## (.+)\n", changelog, flags=re.MULTILINE)[1:]
    return [_section(heading, text) for heading, text in zip(parts[::2], parts[1::2], strict=True)]


def _section(heading: str, text: str) -> Section:
    if heading == UNRELEASED:
        return Section(heading, None, text.strip())
    found = re.fullmatch(r"(\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)", heading)
    if not found:
        raise ValueError(f"## {heading}: write ## {UNRELEASED}, or ## 1.2.3 - 2026-11-30.")
    return Section(found[1], date.fromisoformat(found[2]), text.strip())
