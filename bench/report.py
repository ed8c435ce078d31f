"""What was measured as lines of a table: on the terminal, in Markdown, and in a JSON file."""

import json
import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pycurl
from rich.console import Console
from rich.table import Table

from waybell import __version__


@dataclass(frozen=True)
class Line:
    what: str
    measured: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None  # None where there is no target

    @property
    def verdict(self) -> str:
        return {True: "met", False: "missed", None: ""}[self.met]


_HEADINGS = ("What", "Measured", "Ratio", "Target", "")


def machine(postgres_version: str | None) -> dict[str, Any]:
    """What the figures depend on, without saying whose machine it is."""
    return {
        "processors": os.cpu_count(),
        "load_average_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": postgres_version,
        "curl": pycurl.version_info()[1],
        "waybell": __version__,
    }


def show(console: Console, lines: Sequence[Line]) -> None:
    table = Table(*_HEADINGS)
    for line in lines:
        style = {True: "green", False: "yellow", None: None}[line.met]
        table.add_row(line.what, line.measured, line.ratio, line.target, line.verdict, style=style)
    console.print(table)


def markdown(lines: Sequence[Line]) -> str:
    rows = [_HEADINGS, ("---",) * len(_HEADINGS)]
    rows += [(line.what, line.measured, line.ratio, line.target, line.verdict) for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def put_into(page: Path, name: str, content: str) -> None:
    """Replace what stands between the marks of this name in a page of the documentation."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    head, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, tail = rest.partition(end)
    page.write_text(f"{head}{begin}\n{content}\n\n{end}{tail}", encoding="utf-8")


def write(file: Path, lines: Sequence[Line], facts: dict[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    document = {**facts, "lines": [asdict(line) for line in lines]}
    file.write_text(json.dumps(document, indent=2) + "\n")
