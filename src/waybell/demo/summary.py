"""The result of the day: the table and the sentence at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from waybell.demo.board import span
from waybell.simulating.judge import Arrival, Verdict

_DOWN = ("refused", "connection")


@dataclass(frozen=True, slots=True)
class Day:
    """The result of the day. States of messages, attempts and causes of failures are the server's own report."""

    changes: int
    verdict: Verdict
    messages: dict[str, int]
    attempts: int
    failures: dict[str, int]
    arrivals: Sequence[Arrival]
    took: timedelta


def summary(day: Day) -> RenderableType:
    verdict = day.verdict
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(min_width=22, no_wrap=True)
    table.add_column(min_width=8, justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_row("Changes made", f"{day.changes}", Text("through the public API", "dim"))
    table.add_row("Events", f"{verdict.events}", Text("by the event feed", "dim"))
    table.add_row("Messages", f"{sum(day.messages.values())}", Text(_states(day.messages), "dim"))
    table.add_row("Attempts", f"{day.attempts}", Text(_failures(day.failures), "dim"))
    table.add_row("Received and verified", Text(f"{verdict.verified}", "green"))
    table.add_row("Latency", *_latency(day.arrivals))
    table.add_row("Duplicates", f"{verdict.duplicates}")
    for name, count in _faults(verdict):
        table.add_row(name, Text(f"{count}", "bold red" if count else "green"))
    head = Text.assemble(("A delivery day", "bold"), (f" in {day.took.total_seconds():.1f} s", "dim"))
    return Padding(Group(head, Text(), table, Text(), sentence(verdict)), (1, 1, 0, 1))


def sentence(verdict: Verdict) -> Text:
    """Return the result in one line, for people and for scripts."""
    counts = (
        f"{verdict.verified} of {verdict.events} events received and verified, {verdict.lost} lost, "
        f"{verdict.out_of_order} out of order."
    )
    if verdict.passed:
        return Text.assemble(("PASSED  ", "bold green"), counts)
    return Text.assemble(("FAILED  ", "bold red"), counts)


def _faults(verdict: Verdict) -> list[tuple[str, int]]:
    """Return the counts of faults; the rare ones only when there are any."""
    rare = (
        ("Changes without event", verdict.untold),
        ("Not verified", verdict.unverified),
        ("Not in the feed", verdict.unexpected),
    )
    return [
        ("Out of order", verdict.out_of_order),
        ("Lost", verdict.lost),
        *((name, count) for name, count in rare if count),
    ]


def _states(messages: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(messages.items()))


def _failures(failures: dict[str, int]) -> str:
    """Describe the failures. A receiver that goes down breaks connections first and then refuses them."""
    down = sum(failures.get(word, 0) for word in _DOWN)
    others = [f"{count} {word}" for word, count in sorted(failures.items()) if word not in _DOWN]
    return ", ".join([f"{down} found the receiver down", *others])


def _latency(arrivals: Sequence[Arrival]) -> tuple[str, Text]:
    """Return the median and the longest time from a change to the receiver; the longest includes the outage."""
    found = sorted(arrival.latency for arrival in arrivals if arrival.verified and not arrival.duplicate)
    if not found:
        return "", Text()
    half = timedelta(seconds=median(latency.total_seconds() for latency in found))
    return span(half), Text(f"median; {span(found[-1])} at most, through the outage", "dim")
