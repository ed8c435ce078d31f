"""The board on a terminal: the progress of the day, and the last arrivals. It fits 80 columns."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from waybell.demo.board import Board, cells, events
from waybell.simulating.judge import Arrival

_SLOW = timedelta(milliseconds=100)
_WIDE = 96  # columns from which there is room for one more word
_OTHER_LINES = 8  # six above the arrivals, and two below for the cursor
_MAX_ROWS = 24


def live(console: Console, board: Board) -> Live:
    """Return a display that redraws the board a few times a second while entered, and then clears it."""
    return Live(console=console, get_renderable=lambda: _draw(console, board), refresh_per_second=12, transient=True)


def _draw(console: Console, board: Board) -> RenderableType:
    rows = max(3, min(_MAX_ROWS, console.height - _OTHER_LINES))
    inner = console.width - 2
    parts = [_title(board), Rule(style="dim"), _bars(board), _state(board, inner), Text()]
    recent = _recent(board.arrivals[-rows:], rows, wide=console.width >= _WIDE)
    # The last line is empty, as room for a terminal's "^C", which would otherwise break the line and move the next
    # drawing down.
    return Group(Padding(Group(*parts, recent), (0, 1)), Text())


def _title(board: Board) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(ratio=1, no_wrap=True)
    line.add_column(justify="right", no_wrap=True)
    seconds = f"{board.elapsed.total_seconds():.0f} s"
    line.add_row(Text.assemble(("Waybell", "bold"), "  ", board.chapter), Text(seconds, "dim"))
    return line


def _bars(board: Board) -> RenderableType:
    lines = Table.grid(expand=True, padding=(0, 2, 0, 0))
    lines.add_column(width=15, no_wrap=True)
    lines.add_column(ratio=1)
    lines.add_column(width=9, justify="right", no_wrap=True)
    for name, done, planned in (
        ("Changes made", board.changes, board.changes_planned),
        ("Events received", len(board.first()), board.events_planned),
    ):
        bar = ProgressBar(total=planned, completed=min(done, planned), complete_style="cyan", finished_style="green")
        lines.add_row(name, bar, Text.assemble(f"{done}", (f" / {planned}", "dim")))
    return lines


def _state(board: Board, width: int) -> RenderableType:
    waiting = board.waiting
    if not board.receiver_is_up:
        notice = f" The receiver is down: connections are refused, {events(waiting)}"
        return Text(notice.ljust(width)[:width], "black on yellow", no_wrap=True)
    counters = (
        ("verified", len(board.first()), "green"),
        ("unverified", board.unverified, "bold red"),
        ("out of order", board.late, "bold red"),
        ("duplicates", board.duplicates, "yellow"),
        ("under way", waiting, ""),
    )
    line = Text(no_wrap=True, overflow="crop")
    for name, count, style in counters:
        line.append(f"{name} {count}   ", style if count else "dim")
    return line


def _recent(arrivals: Sequence[Arrival], rows: int, *, wide: bool) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in (12, 18, 16):
        table.add_column(width=width, no_wrap=True)
    table.add_column(width=3, justify="right", no_wrap=True)
    table.add_column(width=8, justify="right", no_wrap=True)
    table.add_column(width=10, no_wrap=True)
    if wide:
        table.add_column(no_wrap=True)
    for arrival in arrivals:
        time, event, subject, version, latency, verdict = cells(arrival)
        slow = arrival.verified and arrival.latency > _SLOW
        row = [
            Text(time, "dim"),
            Text(event),
            Text(subject),
            Text(version, "dim"),
            Text(latency, "yellow" if slow else ""),
            Text(verdict, "green" if arrival.verified else "bold red"),
        ]
        table.add_row(*row, *([Text(arrival.note, "dim")] if wide else []))
    for _ in range(rows - len(arrivals)):  # keeps the display from moving while the table fills
        table.add_row(Text())
    return table
