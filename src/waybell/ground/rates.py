"""How many calls a key may make: pure rules. The counting is in `meter.py`.

Windows begin with each second and each minute of the clock: so all processes agree on them without asking, and a client
that waits until the end of the window, as the headers tell it, has its whole allowance again.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from waybell.ground.errors import Invalid

MAX_RATE = 1_000_000
RatedDocument = Literal["pdf", "label"]  # what costs more to make than other answers, and has a rate of its own


@dataclass(frozen=True, slots=True)
class Rates:
    """Calls that one key may make; None stands for what the settings say. Those for documents count among all calls."""

    per_second: int | None = None
    per_minute: int | None = None
    pdf_per_second: int | None = None
    label_per_second: int | None = None

    def checked(self) -> "Rates":
        for name, value in self.named():
            if value is not None and not 1 <= value <= MAX_RATE:
                raise Invalid(f"{name}: must be from 1 to {MAX_RATE}.")
        return self

    def or_default(self, defaults: "Rates") -> "Rates":
        ours = ((one, getattr(self, one.name)) for one in fields(self))
        return Rates(*[getattr(defaults, one.name) if value is None else value for one, value in ours])

    def exceeds(self, other: "Rates") -> str | None:
        """The name of the first rate that both name and that is above the other's, if there is one."""
        pairs = zip(self.named(), other.named(), strict=True)
        return next((name for (name, ours), (_, theirs) in pairs if ours and theirs and ours > theirs), None)

    def in_words(self) -> str:
        units = {"PerSecond": "a second", "PerMinute": "a minute", "PdfPerSecond": "PDFs a second"}
        return ", ".join(
            f"{value} {units.get(name, 'labels a second')}" for name, value in self.named() if value is not None
        )

    def named(self) -> Iterator[tuple[str, int | None]]:
        """Each rate by the name that the API gives it."""
        for one in fields(self):
            yield "".join(word.capitalize() for word in one.name.split("_")), getattr(self, one.name)


@dataclass(frozen=True, slots=True)
class Rule:
    """So many calls in each window of so many seconds."""

    name: str
    limit: int
    seconds: int

    def window(self, now: float) -> int:
        """The number of the window in which this moment lies (seconds since 1970)."""
        return int(now // self.seconds)

    def end(self, now: float) -> int:
        """When that window ends, in seconds since 1970."""
        return (self.window(now) + 1) * self.seconds

    @property
    def share(self) -> int:
        """How many calls a process counts by itself before it asks what the others have counted."""
        return max(1, self.limit // 10)


@lru_cache(maxsize=1000)
def rules_of(rates: Rates, document: RatedDocument | None = None) -> tuple[Rule, ...]:
    """The rules of a call, that of the minute first. All rates are set, see `Rates.or_default`."""
    found = [Rule("minute", rates.per_minute or 0, 60), Rule("second", rates.per_second or 0, 1)]
    match document:
        case "pdf":
            found.append(Rule("pdf", rates.pdf_per_second or 0, 1))
        case "label":
            found.append(Rule("label", rates.label_per_second or 0, 1))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Use:
    """How a key stands after a call: what is left of this minute, when it ends, and the rule that refused the call."""

    remaining: int
    reset: int  # seconds since 1970
    refused: Rule | None = None
    retry_after: int = 0  # seconds

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As clients of the original parse them: the limit is the name of the longest window and no number."""
        return [
            (b"x-rate-limit-limit", b"1m"),
            (b"x-rate-limit-remaining", str(self.remaining).encode()),
            (b"x-rate-limit-reset", _round_trip(self.reset)),
        ]

    @property
    def refusal(self) -> str:
        assert self.refused
        what = {"pdf": "PDFs", "label": "labels"}.get(self.refused.name, "requests")
        window = "minute" if self.refused.seconds > 1 else "second"
        return f"This key may make {self.refused.limit} {what} a {window}. Try again in {self.retry_after} s."


@lru_cache(maxsize=2)
def _round_trip(seconds: int) -> bytes:
    """UTC as .NET writes it to read it back: with seven decimals."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.0000000Z".encode()


def seconds_until(end: int, now: float) -> int:
    return max(1, math.ceil(end - now))
