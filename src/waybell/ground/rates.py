"""Rate limits of an API key: pure rules. The calls are counted in `meter.py`.

A window begins with each second and each minute of the clock, so all processes agree on the windows without talking to
each other. A client that waits until the window ends, as the headers tell it, has its whole allowance again.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from waybell.ground.errors import Invalid

MAX_RATE = 1_000_000
RatedDocument = Literal["pdf", "label"]  # answers that cost more than others, each with its own rate


@dataclass(frozen=True, slots=True)
class Rates:
    """The calls that one key may make; None stands for the default in the settings.

    Calls for documents also count as calls.
    """

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
        """Return the name of the first rate that is above the same rate of `other`, or None.

        A rate that is unset on either side is not compared.
        """
        pairs = zip(self.named(), other.named(), strict=True)
        return next((name for (name, ours), (_, theirs) in pairs if ours and theirs and ours > theirs), None)

    def in_words(self) -> str:
        units = {"PerSecond": "a second", "PerMinute": "a minute", "PdfPerSecond": "PDFs a second"}
        return ", ".join(
            f"{value} {units.get(name, 'labels a second')}" for name, value in self.named() if value is not None
        )

    def named(self) -> Iterator[tuple[str, int | None]]:
        """Yield each rate with its name in the API."""
        for one in fields(self):
            yield "".join(word.capitalize() for word in one.name.split("_")), getattr(self, one.name)


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit on the calls in each window of `seconds`."""

    name: str
    limit: int
    seconds: int

    def window(self, now: float) -> int:
        """Return the number of the window that holds `now` (seconds since 1970)."""
        return int(now // self.seconds)

    def end(self, now: float) -> int:
        """Return the end of the window that holds `now`, in seconds since 1970."""
        return (self.window(now) + 1) * self.seconds

    @property
    def share(self) -> int:
        """The calls that a process counts on its own before it asks for the counts of the other processes."""
        return max(1, self.limit // 10)


@lru_cache(maxsize=1000)
def rules_of(rates: Rates, document: RatedDocument | None = None) -> tuple[Rule, ...]:
    """Return the rules for a call, that of the minute first. All rates must be set, see `Rates.or_default`."""
    found = [Rule("minute", rates.per_minute or 0, 60), Rule("second", rates.per_second or 0, 1)]
    match document:
        case "pdf":
            found.append(Rule("pdf", rates.pdf_per_second or 0, 1))
        case "label":
            found.append(Rule("label", rates.label_per_second or 0, 1))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Use:
    """The state of a key after a call: the calls left in this minute, its end, and the rule that refused the call."""

    remaining: int
    reset: int  # seconds since 1970
    refused: Rule | None = None
    retry_after: int = 0  # seconds

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers in the form that clients of the Track-POD API parse.

        The limit header holds the name of the longest window instead of a number.
        """
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
    """Write a UTC time in the round-trip format of .NET, with seven decimals."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.0000000Z".encode()


def seconds_until(end: int, now: float) -> int:
    return max(1, math.ceil(end - now))
