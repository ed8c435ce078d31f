"""What time it is. The one source of "now", so that tests can move it."""

from datetime import UTC, datetime


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


def utc_text(instant: datetime) -> str:
    """An instant as the API writes it: `2026-11-23T10:15:30.123456Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
