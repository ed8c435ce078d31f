"""The progress of a simulated day: counters, and how they look on a terminal or as plain lines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from waybell.simulating.driving import Drive
from waybell.simulating.judge import Arrival, Fact
from waybell.simulating.ledger import Ledger

_MOST_FAULTS = 20


@dataclass(slots=True)
class Arrivals:
    """The webhooks that the receiver has reported; the thread of the inbox adds them."""

    first: list[Fact] = field(default_factory=list)
    latencies: list[timedelta] = field(default_factory=list)
    duplicates: int = 0
    unverified: int = 0
    _ids: set[str] = field(default_factory=set)

    def add(self, arrival: Arrival) -> None:
        if arrival.fact is None:
            self.unverified += 1
        elif arrival.fact.id in self._ids:
            self.duplicates += 1
        else:
            self._ids.add(arrival.fact.id)
            self.first.append(arrival.fact)
            self.latencies.append(arrival.latency)

    def have(self, ids: set[str]) -> bool:
        return ids <= self._ids


def hour(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def line(drive: Drive, ledger: Ledger, arrivals: Arrivals) -> str:
    """Return the progress as one plain line."""
    return (
        f"{hour(drive.now)}  {drive.left:,} acts left  {ledger.acts['outcome']:,} outcomes  "
        f"{len(arrivals.first):,} events received  {len(ledger.faults)} faults"
    )


def live(console: Console, title: str, acts: int, drive: Drive, ledger: Ledger, arrivals: Arrivals) -> Live:
    """Return a display that redraws the progress a few times a second while entered, and then clears it."""

    def draw() -> RenderableType:
        head = Table.grid(expand=True)
        head.add_column(ratio=1, no_wrap=True)
        head.add_column(justify="right", no_wrap=True)
        head.add_row(Text.assemble(("Waybell", "bold"), "  ", title), Text(hour(drive.now), "bold"))
        bars = Table.grid(expand=True, padding=(0, 2, 0, 0))
        bars.add_column(width=16, no_wrap=True)
        bars.add_column(ratio=1)
        bars.add_column(width=16, justify="right", no_wrap=True)
        outcomes = ledger.acts["outcome"]
        for name, done, planned in (
            ("Acts of the day", acts - drive.left, acts),
            ("Outcomes", outcomes, max(1, len(ledger.orders))),
        ):
            bar = ProgressBar(
                total=planned, completed=min(done, planned), complete_style="cyan", finished_style="green"
            )
            bars.add_row(name, bar, Text.assemble(f"{done:,}", (f" / {planned:,}", "dim")))
        counters = Text(no_wrap=True, overflow="crop")
        for name, count, style in (
            ("events received", len(arrivals.first), "green"),
            ("repeats", arrivals.duplicates, "yellow"),
            ("faults", len(ledger.faults), "bold red"),
        ):
            counters.append(f"{name} {count:,}   ", style if count else "dim")
        return Group(Padding(Group(head, Rule(style="dim"), bars, counters), (0, 1)), Text())

    return Live(console=console, get_renderable=draw, refresh_per_second=6, transient=True)


class PlainLines:
    """Prints a plain line at each full hour of the simulated day, and the first faults when they happen."""

    def __init__(self, drive: Drive, ledger: Ledger, arrivals: Arrivals, tell: Callable[[str], None]) -> None:
        self._drive, self._ledger, self._arrivals, self._tell = drive, ledger, arrivals, tell
        self._told = -1
        self._faults_told = 0

    def look(self) -> None:
        for fault in self._ledger.faults[self._faults_told : _MOST_FAULTS]:
            self._faults_told += 1
            self._tell(f"{hour(self._drive.now)}  {fault}")
        if self._drive.now // 3600 != self._told:
            self._told = self._drive.now // 3600
            self._tell(line(self._drive, self._ledger, self._arrivals))
