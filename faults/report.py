"""What the faults did, as people read it: a line for each as it ends, tables at the end, and those of the docs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fault import Fault
from support.load import Account

PAGE = Path(__file__).parent.parent / "docs" / "sending.md"
_BEGIN, _END = "<!-- faults -->\n", "<!-- /faults -->"
_HEADINGS = ("fault", "times", "events", "lost", "out of order", "repeats", "seconds to recover")


@dataclass(frozen=True)
class Row:
    """What a fault did to an installation."""

    fault: Fault
    database: str
    times: int
    account: Account
    recovery: float  # seconds: the longest time from a strike to the arrival of what each publisher published next
    trouble: str = ""

    @property
    def allowed_repeats(self) -> int | None:
        return None if self.fault.repeats is None else self.fault.repeats * self.times

    @property
    def is_sound(self) -> bool:
        too_many = self.allowed_repeats is not None and self.account.duplicates > self.allowed_repeats
        return self.account.is_sound and not self.trouble and not too_many

    @property
    def figures(self) -> tuple[str, ...]:
        found = self.account
        counts = (found.accepted, found.lost, found.out_of_order, found.duplicates)
        return (str(self.times), *(f"{count:,}" for count in counts), f"{self.recovery:.1f}")


def say(console: Console, row: Row) -> None:
    word = "[green]sound" if row.is_sound else f"[red]NOT SOUND {row.trouble}"
    console.print(
        f"  {row.fault.name}, {row.database}: {row.times} times, {row.account.accepted:,} events, "
        f"{row.account.lost} lost, {row.account.out_of_order} out of order, {row.account.duplicates} twice, "
        f"recovered in {row.recovery:.1f} s: {word}",
        highlight=False,
    )


def table(database_name: str, rows: Sequence[Row]) -> Table:
    """Fits 80 columns: a fault's name stays on its line."""
    caption = "late: out of order; twice: attempts repeated; back: seconds until new events arrived again"
    made = Table(
        title=f"{database_name}: what is accepted must arrive at three receivers",
        caption=caption,
        box=None,
        padding=(0, 0, 0, 1),
        pad_edge=False,
    )
    made.add_column("fault", no_wrap=True)
    for heading in ("times", "events", "lost", "late", "twice", "back"):
        made.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        made.add_row(row.fault.name, *row.figures, style="" if row.is_sound else "red")
    return made


def into_docs(rows: Sequence[Row], share: float, page: Path = PAGE) -> None:
    """Replace what stands between the marks of `docs/sending.md`."""
    head, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    page.write_text(f"{head}{_BEGIN}\n{_markdown(rows, share)}\n{_END}{tail}", encoding="utf-8")


def _markdown(rows: Sequence[Row], share: float) -> str:
    """A table for each database, and under which circumstances they were made."""
    some = "" if share == 1 else f", with {share:.0%} of the usual strikes (`--share {share:g}`)"
    parts = [f"Measured on a machine of {os.cpu_count()} processors{some}.\n"]
    for name in dict.fromkeys(row.database for row in rows):
        lines = [_HEADINGS, ("---", *["---:"] * (len(_HEADINGS) - 1))]
        lines += [(row.fault.name, *row.figures) for row in rows if row.database == name]
        parts.append(f"**{name}**\n")
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n")
    return "\n".join(parts)
