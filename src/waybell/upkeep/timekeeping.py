"""How far this machine's clock is believed by upkeep, which takes back, disables and deletes for everybody.

Claims end, and all else goes, by the earlier of our clock and PostgreSQL's: by one that is ahead, claims would end that
hold. SQLite has no other to compare with: there a clock that was set forward ends none for as long as a claim lasts.
And what cannot be undone is done only by a clock that has gone evenly for a while, as long as this process runs. One
that is wrong at the start of the machine, or was just set, has that long to be put right. A machine that slept, or
whose clock was set for good, only waits that long.
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

_TOLERATED = timedelta(seconds=10)  # machines differ by less
_STEADY_AFTER = 600.0  # seconds: NTP needs less
_TELL_EVERY = 60.0  # seconds


class Reading(NamedTuple):
    """Of both clocks at once; the other one, in seconds, only goes forward."""

    wall: datetime
    monotonic: float


@dataclass(frozen=True, slots=True)
class Course:
    """How the clock has gone: the last reading, and when it was set before it, or when we began to look."""

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
    """By how much the clock was set forward between the two; negative when back."""
    return now.wall - before.wall - timedelta(seconds=now.monotonic - before.monotonic)


class Belief(NamedTuple):
    database: Database  # goes by the earlier of the two clocks
    behind: timedelta  # by how much that is earlier than PostgreSQL's
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
        """Look at the clocks, once in a few seconds; from any thread."""
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
