"""The current time. All code asks a clock from here, so that tests can move it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class SystemClock:
    def now(self) -> datetime:
        """Return the current instant in UTC, with microseconds."""
        return datetime.now(UTC)


class MovableClock(SystemClock):
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move_to(self, now: datetime) -> None:
        self._now = now


@dataclass(frozen=True, slots=True)
class Behind(SystemClock):
    """A clock that runs behind another by a fixed time."""

    other: SystemClock
    by: timedelta

    def now(self) -> datetime:
        return self.other.now() - self.by


def utc_text(instant: datetime) -> str:
    """Write an instant as the API does: `2026-11-23T10:15:30.123456Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def wall_text(time: datetime) -> str:
    """Write a wall-clock time as the API does, to the second and without a zone: `2026-11-23T10:15:30`."""
    return time.replace(tzinfo=None).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant together with the time zone of an account."""

    now: datetime
    zone: ZoneInfo

    @property
    def local(self) -> str:
        return wall_text(self.now.astimezone(self.zone))

    @property
    def utc(self) -> str:
        return wall_text(self.now.astimezone(UTC))

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()
