"""The demo from start to end: a server, a receiver, the day, the verdict."""

import http.client
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from waybell.demo.board import Board
from waybell.demo.live import live
from waybell.demo.moving import MovingDays
from waybell.demo.orders import read_orders
from waybell.demo.story import Change, Chapter, Receiver, day
from waybell.demo.summary import Day, summary
from waybell.ground.errors import SetupError
from waybell.simulating.client import Client, Refused, segment
from waybell.simulating.inbox import Inbox, ReceiverFailed
from waybell.simulating.judge import Expected, Fact, judge
from waybell.simulating.server import Server, ServerFailed
from waybell.simulating.signals import stopped_by_signals

_ARRIVAL = timedelta(seconds=45)  # for webhooks under way when the story has ended
_RECORD = timedelta(seconds=10)  # for the server to record what has arrived
_STOPPED_BY_HAND = 130


def play(*, once: bool, port: int) -> int:
    """Play the day and return the exit code. On a terminal, unless `once`, keep serving until Ctrl-C.

    The server listens on `port`, or on a free one when that is 0.
    """
    console = Console(highlight=False)
    on_terminal = sys.stdout.isatty()
    watched = on_terminal and not console.is_dumb_terminal
    try:
        with stopped_by_signals(), TemporaryDirectory(prefix="waybell-demo-", ignore_cleanup_errors=True) as folder:
            return _Show(console, Path(folder), port, watched=watched).run(stay=on_terminal and not once)
    except KeyboardInterrupt:
        console.print("Stopped.")
        return _STOPPED_BY_HAND
    except (SetupError, ServerFailed, ReceiverFailed) as error:
        console.print(Text.assemble(("The demo did not end well. ", "bold red"), str(error)))
        return 1


class _Show:
    def __init__(self, console: Console, folder: Path, port: int, *, watched: bool) -> None:
        self._console = console
        self._folder = folder
        self._port = port
        self._watched = watched
        self._acts = day(read_orders())
        changes = [act for act in self._acts if isinstance(act, Change)]
        self._board = Board(
            sum(change.objects for change in changes),
            sum(len(change.expects) for change in changes),
            *([] if watched else [self._print_line]),
        )

    def run(self, *, stay: bool) -> int:
        with ExitStack() as stack:
            # The receiver comes first and so ends last: it takes what the server still sends while it stops.
            inbox = stack.enter_context(Inbox(self._folder, self._board.arrived))
            with (
                self._console.status("Starting a server on a throw-away folder ...") if self._watched else nullcontext()
            ):
                server = stack.enter_context(Server(self._folder, self._port))
            client = stack.enter_context(server.client())
            self._tell(
                "\n See it on its pages while it happens. This link signs you in, once:", server.sign_in_link(), ""
            )
            try:
                passed = self._play(client, inbox)
            except (OSError, http.client.HTTPException, Refused) as error:
                raise ServerFailed(f"{error}\nThe end of the server's log:\n{server.end_of_log()}") from None
            if not passed:
                self._console.out(f"The end of the server's log:\n{server.end_of_log()}\n", highlight=False)
            if stay:
                self._keep_serving(server, inbox)
        return 0 if passed else 1

    def _play(self, client: Client, inbox: Inbox) -> bool:
        endpoint_id = _register(client, inbox)
        with live(self._console, self._board) if self._watched else nullcontext():
            expected = self._act_out(client, inbox)
            self._board.begin("What arrived is compared with the event feed")
            feed = [Fact.read(event) for event in client.items("/api/Event")]
            if _wait(_ARRIVAL, partial(self._have_arrived, {fact.id for fact in feed})):
                _wait(_RECORD, lambda: set(_states(client, endpoint_id)) == {"succeeded"})
            took = self._board.elapsed
            messages = _states(client, endpoint_id)
            attempts = list(client.items(f"/api/Webhook/{segment(endpoint_id)}/Attempt"))
        arrivals = list(self._board.arrivals)
        verdict = judge(expected, feed, arrivals)
        failures = Counter(attempt["Error"] for attempt in attempts if not attempt["Succeeded"])
        self._console.print(
            summary(Day(self._board.changes, verdict, messages, len(attempts), failures, arrivals, took))
        )
        return verdict.passed

    def _act_out(self, client: Client, inbox: Inbox) -> Counter[Expected]:
        """Act out the story; return the events that the confirmed changes must cause."""
        expected: Counter[Expected] = Counter()
        for act in self._acts:
            match act:
                case Chapter():
                    self._board.begin(act.title)
                case Change():
                    began = time.monotonic()
                    client.call(act.method, act.path, act.body)
                    expected.update(act.expects)
                    self._board.changed(act)
                    # Counted from the request on, so that the day takes no longer on a busy machine.
                    _pass_until(began + act.pause.total_seconds())
                case Receiver():
                    _pass_until(time.monotonic() + act.after.total_seconds())
                    inbox.tell(act.goes)
                    self._board.receiver(is_up=act.goes == "up")
        return expected

    def _have_arrived(self, ids: set[str]) -> bool:
        return ids <= {fact.id for fact in self._board.first()}

    def _keep_serving(self, server: Server, inbox: Inbox) -> None:
        account = server.account
        self._tell(
            "\n Ten drivers now go through a day of 120 orders, an hour in a minute, and then",
            " through the next, until Ctrl-C; nothing is kept. Now and then the receiver is",
            " down for a while: see on the pages how its webhooks wait.",
            f"   pages    {server.url}",
            f"   sign in  {account.email}, password {account.password}; or once by this link:",
            server.sign_in_link(),
            f"   API key  {account.key_text}",
            " Change something yourself, and see it arrive here:",
            f"   curl {server.url}/api/Order -H 'Content-Type: application/json' \\",
            f"     -H 'X-API-KEY: {account.key_text}' \\",
            '     -d \'{"Number": "1061", "Client": "Tea Room Kopli", "Address": "Kopli 25"}\'',
            "",
        )
        self._board.tell = lambda _line: None
        try:
            MovingDays(server, inbox, self._board.say).play(seen=self._watch)
        except KeyboardInterrupt:
            self._board.tell = lambda _line: None
            self._console.print(" Stopping.")

    def _watch(self) -> None:
        """Print what happens from now on. The morning of a day has too many events to be read."""
        self._board.tell = self._print_line
        self._board.say("Ten drivers are on the road")

    def _tell(self, *lines: str) -> None:
        """Print lines without wrapping, because they are meant to be copied."""
        self._console.print("\n".join(lines), soft_wrap=True, markup=False)

    def _print_line(self, line: str) -> None:
        self._console.out(line, highlight=False)


def _register(client: Client, inbox: Inbox) -> str:
    """Add an endpoint for all event types, as an integrator does first, and give its secret to the receiver."""
    url = f"http://127.0.0.1:{inbox.wait_for_port()}/waybell"
    endpoint_id: str = client.call("POST", "/api/Webhook", {"Url": url, "Description": "The demo's receiver"})["Id"]
    (secret,) = client.call("GET", f"/api/Webhook/{segment(endpoint_id)}/Secret")["Items"]
    inbox.tell(f"secret {secret['Secret']}")
    return endpoint_id


def _states(client: Client, endpoint_id: str) -> Counter[str]:
    """Return the number of the endpoint's messages by state."""
    return Counter(message["State"] for message in client.items(f"/api/Webhook/{segment(endpoint_id)}/Message"))


def _wait(longest: timedelta, condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds or the time is over; return whether it holds."""
    deadline = time.monotonic() + longest.total_seconds()
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return held


def _pass_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
