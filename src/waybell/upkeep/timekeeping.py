"""How far upkeep trusts this machine's clock before it ends claims, disables endpoints and deletes rows.

Claims end, and rows are deleted, by the earlier of our clock and PostgreSQL's; a clock that is ahead would end valid
claims. SQLite offers no second clock, so after our clock was set forward no claim ends for the length of a lease.
Irreversible work needs a clock that has run evenly for a while, as long as this process runs: a clock that is wrong
after the machine's start, or was just set, has that time to be corrected. After a sleep of the machine, or a correct
change of its clock, that work is only delayed.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple

import structlog

from waybell.db.database import Database
from waybell.ground.clock import Behind

log = structlog.get_logger()

_TOLERATED = timedelta(seconds=10)  # smaller differences between machines are normal
_STEADY_AFTER = 600.0  # seconds; NTP needs less
_TELL_EVERY = 60.0  # seconds


class Reading(NamedTuple):
    """A reading of both clocks at once; the monotonic one is in seconds."""

    wall: datetime
    monotonic: float


@dataclass(frozen=True, slots=True)
class Course:
    """The history of the clock: the last reading, and when the clock was last set, or when this process began."""

    last: Reading
    even_since: float
    set_forward_at: float = -inf

    def then(self, now: Reading) -> "Course":
        forward = gained(self.last, now)
        return Course(
            now,
            now.monotonic if abs(forward) > _TOLERATED else self.even_since,
            now.monotonic if forward > _TOLERATED else self.set_forward_at,
        )

    @property
    def is_steady(self) -> bool:
        return self.last.monotonic - self.even_since >= _STEADY_AFTER

    def was_set_forward_within(self, time: timedelta) -> bool:
        return self.last.monotonic - self.set_forward_at < time.total_seconds()


def gained(before: Reading, now: Reading) -> timedelta:
    """Return how far the clock was set forward between two readings, negative when it was set back."""
    return now.wall - before.wall - timedelta(seconds=now.monotonic - before.monotonic)


class Belief(NamedTuple):
    database: Database  # with the earlier of the two clocks
    behind: timedelta  # how much earlier that clock is than PostgreSQL's
    course: Course


class Timekeeping:
    def __init__(self, database: Database) -> None:
        self._database = database
        reading = self._read()
        self._course = Course(reading, reading.monotonic)
        self._told_at: float | None = None
        self._lock = threading.Lock()

    def _read(self) -> Reading:
        return Reading(self._database.clock.now(), time.monotonic())

    def read_clocks(self) -> Belief:
        """Read the clocks; call it every few seconds, from any thread."""
        ahead = self._database.clock_ahead()
        with self._lock:
            now = self._read()
            forward = gained(self._course.last, now)
            self._course = self._course.then(now)
            if forward > _TOLERATED:
                log.warning("clock.set_forward", seconds=forward.total_seconds())
            if abs(ahead) > _TOLERATED and (self._told_at is None or now.monotonic - self._told_at >= _TELL_EVERY):
                log.error("clock.apart", seconds=ahead.total_seconds())
                self._told_at = now.monotonic
        database = self._database.going_by(Behind(self._database.clock, max(ahead, timedelta())))
        return Belief(database, max(-ahead, timedelta()), self._course)
