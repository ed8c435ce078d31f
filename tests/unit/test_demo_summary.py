"""The summary fits a terminal of 80 columns and says plainly what went wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rich.console import Console

from waybell.demo.board import Board, cells, span
from waybell.demo.live import live
from waybell.demo.summary import Day, summary
from waybell.simulating.judge import Arrival, Fact, Verdict

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GOOD = Verdict(
    events=325, received=325, verified=325, duplicates=0, out_of_order=0, untold=0, lost=0, unverified=0, unexpected=0
)
FACT = Fact("evt_1", "OrderStatusUpdated", ("route", "TLN-CENTRE"), 12, NOON)
ARRIVAL = Arrival(FACT, NOON + timedelta(milliseconds=4.1), note="In Progress")


def printed(renderable, width=80):
    console = Console(width=width, height=24, force_terminal=False, legacy_windows=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def shown(verdict):
    return printed(
        summary(Day(205, verdict, {"succeeded": 325}, 341, {"refused": 16}, [ARRIVAL] * 3, timedelta(seconds=21.4)))
    )


def test_the_good_end_is_one_sentence():
    assert "PASSED  325 of 325 events received and verified, 0 lost, 0 out of order." in shown(GOOD)


def test_a_lost_event_is_said():
    text = shown(replace(GOOD, verified=324, lost=1))
    assert "FAILED  324 of 325 events received and verified, 1 lost, 0 out of order." in text


def test_rare_faults_are_shown_when_there_are_any():
    assert "without event" not in shown(GOOD)
    assert "Changes without event" in shown(replace(GOOD, untold=2))


def test_nothing_is_wider_than_the_terminal():
    board = Board(205, 325)
    for _ in range(40):
        board.arrived(ARRIVAL)
    board.begin("On the road: deliver, deliver in part, reject")
    for width in (80, 120):
        console = Console(width=width, height=24)
        for is_up in (True, False):
            board.receiver(is_up=is_up)
            text = printed(live(console, board).get_renderable(), width)
            assert max(map(len, text.splitlines())) <= width
            assert len(text.splitlines()) < 24
    assert max(map(len, shown(GOOD).splitlines())) <= 80


def test_a_line_tells_event_object_version_latency_and_verdict():
    assert cells(ARRIVAL)[1:] == ("OrderStatusUpdated", "route TLN-CENTRE", "v12", "4.1 ms", "verified")
    assert cells(replace(ARRIVAL, duplicate=True))[-1] == "duplicate"
    assert cells(Arrival(None, NOON))[-1] == "UNVERIFIED"


def test_long_latencies_are_in_seconds():
    assert span(timedelta(milliseconds=999)) == "999.0 ms"
    assert span(timedelta(seconds=3.456)) == "3.46 s"
