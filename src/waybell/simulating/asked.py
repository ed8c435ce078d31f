"""The options of `waybell simulate`, read and checked."""

import re
from dataclasses import dataclass
from typing import Any, Self

from waybell.ground.errors import Invalid

FAULTS = ("offline", "cut", "duplicates", "endpoint", "kill")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_SLOWEST, _FASTEST = 0.1, 100_000.0


@dataclass(frozen=True, slots=True)
class Asked:
    drivers: int = 100
    orders: int = 2000
    seed: int = 1
    speed: float | None = None  # None is as fast as possible
    until: int | None = None  # seconds after midnight
    faults: frozenset[str] = frozenset()
    connections: int = 8
    url: str = ""
    key: str = ""
    sign_in: str = ""
    port: int = 0
    database_url: str = ""
    beside_others: bool = False

    @classmethod
    def read(cls, *, speed: str, until: str, faults: str, **others: Any) -> Self:
        """Read the options that are texts. Raise `Invalid` for one that cannot be read or does not fit the others."""
        asked = cls(speed=_speed(speed), until=_seconds(until), faults=_faults(faults), **others)
        if bool(asked.url) != bool(asked.key):
            raise Invalid("Give --url and --key together, or neither of them.")
        if asked.url and not asked.url.startswith(("http://", "https://")):
            raise Invalid("--url: begin with http:// or https://")
        if asked.sign_in and not asked.url:
            raise Invalid("--sign-in is for the server of --url; one that is started here signs in by itself.")
        if "kill" in asked.faults and asked.url:
            raise Invalid("--faults kill is for a server that is started here. Leave out --url and --key.")
        if asked.database_url and asked.url:
            raise Invalid("--database-url is for a server that is started here. Leave out --url and --key.")
        if asked.orders < asked.drivers:
            raise Invalid("--orders: give each driver at least one order.")
        return asked

    @property
    def pace(self) -> str:
        """Return the speed in words."""
        if self.speed is None:
            return "as fast as possible"
        return "in real time" if self.speed == 1 else f"{self.speed:g} times as fast as life"


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not _SLOWEST <= speed <= _FASTEST:
        raise Invalid(f"--speed: give a number from {_SLOWEST} to {_FASTEST:.0f}, or max.")
    return speed


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if not (read := _CLOCK.fullmatch(text)):
        raise Invalid("--until: give a time of day, such as 12:30.")
    return int(read[1]) * 3600 + int(read[2]) * 60


def _faults(text: str) -> frozenset[str]:
    wanted = frozenset(word.strip() for word in text.split(",") if word.strip())
    if unknown := sorted(wanted - set(FAULTS)):
        raise Invalid(f"--faults: {', '.join(unknown)} is not known. Known are {', '.join(FAULTS)}.")
    return wanted
