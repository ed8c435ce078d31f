"""What a fault is, and the scene that it happens in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from support.installation import Installation
from support.load import Publisher

if TYPE_CHECKING:
    from postgres import Server

DATABASES = ("SQLite", "PostgreSQL")


@dataclass(frozen=True)
class Scene:
    installation: Installation
    publishers: Sequence[Publisher]
    postgres: "Server | None"

    @property
    def accepted(self) -> int:
        return sum(len(one.accepted) for one in self.publishers)


Strike = Callable[[Scene], None]


# What the programs must find in their environment for the fault to reach them; files of it may be made in the folder.
Environment = Callable[[Path], Mapping[str, str]]


def _as_it_is(_folder: Path) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Fault:
    """`strike` does it once and returns when it is over. What comes after that is recovery."""

    name: str
    strike: Strike
    times: int = 2
    databases: Sequence[str] = DATABASES
    # Attempts that may be repeated for each strike: what was under way. None where the fault itself repeats them.
    repeats: int | None = 0
    environment: Environment = _as_it_is


class NotHere(Exception):  # noqa: N818 - it reads as what it is
    """This machine cannot show the fault; says what it lacks."""
