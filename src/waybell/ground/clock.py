"""What time it is. The one source of "now", so that tests can move it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class SystemClock:
    def now(self) -> datetime:
        """The current instant, UTC, in microseconds."""
        return datetime.now(UTC)


class MovableClock(SystemClock):
    """A clock that stands still until somebody moves it."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move_to(self, now: datetime) -> None:
        self._now = now


@dataclass(frozen=True, slots=True)
class Behind(SystemClock):
    """A clock that is behind another by so much."""

    other: SystemClock
    by: timedelta

    def now(self) -> datetime:
        return self.other.now() - self.by


def utc_text(instant: datetime) -> str:
    """An instant as the API writes it: `2026-11-23T10:15:30.123456Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def wall_text(time: datetime) -> str:
    """A wall-clock time as the API writes it, to the second and without zone: `2026-11-23T10:15:30`."""
    return time.replace(tzinfo=None).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant, and the zone of the account that lives through it."""

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
