"""A simulated day from start to end: a server, a receiver, the acts, the verdict."""

import http.client
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from waybell.ground.errors import Invalid
from waybell.simulating.asked import Asked
from waybell.simulating.board_look import BoardLook, board_differences
from waybell.simulating.client import Client, Refused
from waybell.simulating.day import Wanted, plan
from waybell.simulating.driving import Drive, Manner
from waybell.simulating.endpoint import Endpoint, registered
from waybell.simulating.inbox import Inbox, ReceiverFailed
from waybell.simulating.ledger import Ledger
from waybell.simulating.progress import Arrivals, PlainLines, live
from waybell.simulating.server import ZONE, Server, ServerFailed
from waybell.simulating.signals import stopped_by_signals
from waybell.simulating.verdict import DayVerdict, Looks, Told, judge_day

STOPPED_BY_HAND = 130
_LOOKS_AT = (0.15, 0.35, 0.55, 0.75, 0.9)  # shares of the acts after which the board is looked at
_TROUBLE_SHARE = 0.02  # of the requests that a troubled receiver answers late or with an error
_DOWN_SECONDS = 3.0
_EXAMPLES = 12


def run(asked: Asked) -> int:
    """Play the day and return the exit code: 0 only when the verdict is good."""
    console = Console(highlight=False)
    try:
        with stopped_by_signals(), TemporaryDirectory(prefix="waybell-simulate-", ignore_cleanup_errors=True) as folder:
            return _Show(console, asked, Path(folder)).run()
    except KeyboardInterrupt:
        console.print("Stopped.")
        return STOPPED_BY_HAND
    except (ServerFailed, ReceiverFailed, Refused, OSError, http.client.HTTPException) as error:
        console.print(Text.assemble(("The day did not end well. ", "bold red"), str(error)))
        return 1


@dataclass(frozen=True, slots=True)
class _Stage:
    """The parts that a running day needs."""

    client: Client
    inbox: Inbox
    endpoint: Endpoint
    board: BoardLook | None
    wanted: Wanted


class _Show:
    def __init__(self, console: Console, asked: Asked, folder: Path) -> None:
        self._console = console
        self._asked = asked
        self._folder = folder
        self._watched = sys.stdout.isatty() and not console.is_dumb_terminal
        self._arrivals = Arrivals()
        self._ledger = Ledger()
        self._looks = Looks(absent="not looked at")
        self._server: Server | None = None

    def run(self) -> int:
        asked = self._asked
        with ExitStack() as stack:
            # The receiver comes first and so ends last: it takes what the server still sends while it stops.
            inbox = stack.enter_context(Inbox(self._folder, self._arrivals.add))
            url, key, link = asked.url, asked.key, asked.sign_in
            if not url:
                with self._status("Starting a server on a throw-away folder ..."):
                    self._server = stack.enter_context(Server(self._folder, asked.port, asked.database_url))
                url, key, link = self._server.url, self._server.account.key_text, self._server.sign_in_link()
            client = stack.enter_context(Client(url, key))
            board = self._open_board(stack, url, link)
            wanted = self._wanted(client, board)
            endpoint = stack.enter_context(registered(client, inbox))
            return self._play(_Stage(client, inbox, endpoint, board, wanted), url, key)

    def _open_board(self, stack: ExitStack, url: str, link: str) -> BoardLook | None:
        if not link:
            self._looks = Looks(absent="not looked at: give --sign-in")
            return None
        board = stack.enter_context(BoardLook(url, link))
        if board.is_there:
            self._looks = Looks()
            return board
        self._looks = Looks(absent="this server has none")
        return None

    def _wanted(self, client: Client, board: BoardLook | None) -> Wanted:
        """Return the day to be played. Raise `Invalid` when the account has other orders on it, unless allowed."""
        here = datetime.now(ZoneInfo(ZONE) if self._server else None)
        day = board.today() if board else here.date().isoformat()
        names = [order.get("Number") or "" for order in client.call("GET", f"/api/Order/Date/{day}")]
        if names and not self._asked.beside_others:
            raise Invalid(
                f"The account has {len(names)} orders on {day} already. Take an account for trials, or go on beside "
                "them with --beside-others."
            )
        names += [route.get("Code") or "" for route in client.call("GET", f"/api/Route/Date/{day}")]
        tried = (f"S{day[5:7]}{day[8:10]}{suffix}-" for suffix in ("", *(f".{number}" for number in range(2, 1000))))
        prefix = next(prefix for prefix in tried if not any(name.startswith(prefix) for name in names))
        asked = self._asked
        return Wanted(day, asked.seed, asked.drivers, asked.orders, prefix, offline="offline" in asked.faults)

    def _play(self, stage: _Stage, url: str, key: str) -> int:
        asked, wanted = self._asked, stage.wanted
        with self._status("Making up the day ..."):
            acts = [act for act in plan(wanted).acts if asked.until is None or act.at <= asked.until]
        if not acts:
            raise Invalid("--until: nothing has happened by then. The day begins at 05:00.")
        self._console.print(
            f"{wanted.day}, seed {wanted.seed}: {wanted.drivers} drivers and {wanted.orders:,} orders, "
            f"{len(acts):,} acts, {asked.pace}"
        )
        manner = Manner(
            url,
            key,
            wanted.day,
            asked.speed,
            asked.connections,
            cut="cut" in asked.faults,
            doubles="duplicates" in asked.faults,
            seed=wanted.seed,
        )
        drive = Drive(acts, manner, self._ledger)
        began = time.monotonic()
        stopped = self._drive(drive, len(acts), stage)
        took = time.monotonic() - began
        with self._status("Waiting for the webhooks that are under way ..."):
            feed = stage.endpoint.events(wanted.prefix)
            ids = {fact.id for fact in feed}
            stage.endpoint.drain(lambda: self._arrivals.have(ids), lambda: len(self._arrivals.first))
            arrived_after = time.monotonic() - began
            verdict = self._judge(stage, feed)
        self._tell(verdict, took, arrived_after, stopped=stopped)
        if stopped:
            return STOPPED_BY_HAND
        return 0 if verdict.passed else 1

    def _drive(self, drive: Drive, acts: int, stage: _Stage) -> bool:
        """Carry out the acts, with the troubles that were asked for; return whether the day was stopped by hand."""
        plain = PlainLines(drive, self._ledger, self._arrivals, self._say)
        due = sorted([*self._troubles(stage), *self._looks_due(drive, stage)], key=lambda one: one[0])
        title = f"{stage.wanted.drivers} drivers, {stage.wanted.orders:,} orders, {self._asked.pace}"
        drive.start()
        try:
            with (
                live(self._console, title, acts, drive, self._ledger, self._arrivals)
                if self._watched
                else nullcontext()
            ):
                while drive.is_running:
                    time.sleep(0.05)
                    while due and 1 - drive.left / acts >= due[0][0]:
                        due.pop(0)[1]()
                    if self._server and not self._server.is_running:
                        raise ServerFailed(f"The server has ended. The end of its log:\n{self._server.end_of_log()}")
                    if not self._watched:
                        plain.look()
        except KeyboardInterrupt:
            self._say("Stopping; the verdict so far follows.")
            return True
        finally:
            drive.stop()
            drive.join()
        return False

    def _troubles(self, stage: _Stage) -> Iterator[tuple[float, Callable[[], object]]]:
        inbox, faults = stage.inbox, self._asked.faults
        if "endpoint" in faults:
            yield 0.1, lambda: inbox.tell(f"trouble {_TROUBLE_SHARE}")
            yield 0.4, lambda: self._take_down(inbox)
            yield 0.8, lambda: inbox.tell("trouble 0")
        if "kill" in faults and self._server:
            for at in (0.3, 0.6, 0.85):
                yield at, self._kill

    def _take_down(self, inbox: Inbox) -> None:
        self._say("The receiver is down for a while.")
        inbox.tell("down")
        time.sleep(_DOWN_SECONDS)
        inbox.tell("up")

    def _kill(self) -> None:
        assert self._server
        self._say("The server is killed, and started again.")
        self._server.kill_and_start_again()

    def _looks_due(self, drive: Drive, stage: _Stage) -> Iterator[tuple[float, Callable[[], object]]]:
        if stage.board:
            for at in _LOOKS_AT:
                yield at, lambda: self._look(stage, drive.quiet())

    def _look(self, stage: _Stage, quiet: AbstractContextManager[None]) -> None:
        """Compare the board with the API while nothing is under way."""
        if stage.board is None:
            return
        day, prefix = stage.wanted.day, stage.wanted.prefix
        with quiet:
            board, unkept = stage.board.look(day)
            orders = _own(stage.client.call("GET", f"/api/Order/Date/{day}"), "Number", prefix)
            routes = _own(stage.client.call("GET", f"/api/Route/Date/{day}"), "Code", prefix)
        found = [*unkept, *board_differences(board, orders, routes, day)]
        self._looks = Looks(self._looks.times + 1, [*self._looks.differences, *found])

    def _judge(self, stage: _Stage, feed: list[Any]) -> DayVerdict:
        day, prefix = stage.wanted.day, stage.wanted.prefix
        self._look(stage, nullcontext())
        known = stage.inbox.tell(f"day {day}T00:00:00")
        told = Told(
            [fact for fact in self._arrivals.first if fact.subject[1].startswith(prefix)],
            self._arrivals.latencies,
            self._arrivals.duplicates,
            self._arrivals.unverified,
            {number: order for number, order in known["orders"].items() if number.startswith(prefix)},
            {number: ids for number, ids in known["outcomes"].items() if number.startswith(prefix)},
            known["told_for_estimates"],
        )
        api = _own(stage.client.call("GET", f"/api/Order/Date/{day}"), "Number", prefix)
        return judge_day(self._ledger, feed, told, api, self._looks)

    def _tell(self, verdict: DayVerdict, took: float, arrived_after: float, *, stopped: bool) -> None:
        table = Table.grid(padding=(0, 3, 0, 0))
        table.add_column(min_width=26, no_wrap=True)
        table.add_column(min_width=8, justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        for check in verdict.checks:
            style = "" if check.good is None else "green" if check.good else "bold red"
            table.add_row(check.name, Text(check.value, style), Text(check.detail, "dim"))
        if self._server and (cpu := self._server.cpu_seconds):
            table.add_row("CPU of the server", f"{cpu:,.0f} s")
        head = Text.assemble(
            ("A simulated day", "bold"), (f" in {took:,.1f} s; all webhooks after {arrived_after:,.1f} s", "dim")
        )
        word = ("PASSED  ", "bold green") if verdict.passed else ("FAILED  ", "bold red")
        so_far = "Stopped by hand; so far: " if stopped else ""
        sentence = Text.assemble(word, so_far, verdict.sentence)
        faults = [Text(f"  {fault}", "red") for fault in verdict.faults[:_EXAMPLES]]
        self._console.print(Padding(Group(head, Text(), table, Text(), *faults, sentence), (1, 1, 0, 1)))

    def _status(self, text: str) -> AbstractContextManager[object]:
        return self._console.status(text) if self._watched else nullcontext()

    def _say(self, text: str) -> None:
        self._console.out(text, highlight=False)


def _own(documents: list[dict[str, Any]], member: str, prefix: str) -> list[dict[str, Any]]:
    return [one for one in documents if (one.get(member) or "").startswith(prefix)]
