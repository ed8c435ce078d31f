"""The progress of the day: counters for the display, and a line for each thing that happens."""

from collections.abc import Callable
from datetime import datetime, timedelta

from waybell.demo.story import Change
from waybell.simulating.judge import Arrival, Fact, first_arrivals, out_of_order


def _say_nothing(_line: str) -> None:
    pass


class Board:
    """The progress of the day.

    The story reports changes, the inbox's thread reports arrivals; `tell` gets the lines.
    """

    def __init__(self, changes_planned: int, events_planned: int, tell: Callable[[str], None] = _say_nothing) -> None:
        self.changes_planned = changes_planned
        self.events_planned = events_planned
        self.changes = 0
        self.events_caused = 0
        self.chapter = ""
        self.receiver_is_up = True
        self.arrivals: list[Arrival] = []
        self.started_at = _now()
        self.tell = tell

    def begin(self, chapter: str) -> None:
        self.chapter = chapter
        self.say(chapter)

    def changed(self, change: Change) -> None:
        self.changes += change.objects
        self.events_caused += len(change.expects)

    def receiver(self, *, is_up: bool) -> None:
        self.receiver_is_up = is_up
        self.say(f"The receiver is back, {events(self.waiting)}" if is_up else "The receiver goes down")

    def arrived(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        time, event, subject, version, latency, verdict = cells(arrival)
        self.tell(f"{time}  {event:18}  {subject:16}  {version:>3}  {latency:>8}  {verdict}")

    def first(self) -> list[Fact]:
        """Return the verified events that have arrived, without duplicates."""
        return first_arrivals(arrival.fact for arrival in list(self.arrivals) if arrival.fact)

    @property
    def waiting(self) -> int:
        return max(0, self.events_caused - len(self.first()))

    @property
    def late(self) -> int:
        return out_of_order(self.first())

    @property
    def unverified(self) -> int:
        return sum(not arrival.verified for arrival in list(self.arrivals))

    @property
    def duplicates(self) -> int:
        return sum(arrival.duplicate for arrival in list(self.arrivals))

    @property
    def elapsed(self) -> timedelta:
        return _now() - self.started_at

    def say(self, text: str) -> None:
        """Print a line between those of the arrivals."""
        self.tell(f"{clock(_now())}  == {text}")


def cells(arrival: Arrival) -> tuple[str, str, str, str, str, str]:
    """Return arrival time, event, object, version, latency and verdict as text."""
    time, fact = clock(arrival.arrived_at.astimezone()), arrival.fact
    if fact is None:
        return time, "?", "?", "", "", "UNVERIFIED"
    verdict = "duplicate" if arrival.duplicate else "verified"
    return time, fact.type, " ".join(fact.subject), f"v{fact.version}", span(arrival.latency), verdict


def clock(instant: datetime) -> str:
    return instant.strftime("%H:%M:%S.") + f"{instant.microsecond // 1000:03}"


def span(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def events(waiting: int) -> str:
    return "1 event waits" if waiting == 1 else f"{waiting} events wait"


def _now() -> datetime:
    return datetime.now().astimezone()
