"""Whether a thousand new endpoints of one account that hang delay another account's endpoint that is well.

Measured is from commit to receive at that one, under an even load, in the seconds in which all the others hang for the
first time and begin to time out; and then while the dispatcher is restarted. The run to compare with has no others.
"""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from installation import EVENT_TYPE, Installation
from latency import WARM_UP_EVENTS, Load, publish, receiver, waited
from processes import BenchmarkFailed, accepts_connections, free_port, wait_for

HANGING = 1000
ROUNDS = 3
SETTINGS = {"WAYBELL_DRAIN_TIMEOUT": "100ms"}  # a stop need not wait for those that hang
_EVENTS = 5  # for each that hangs
_EVERY, _CONNECTIONS = 0.01, 4
_SECONDS = 20  # the first of them time out after fifteen
_RESTART_SECONDS, _RESTART_AFTER = 12, 3
_PATIENCE_SECONDS = 60
_MOST_CONNECTIONS = 4096  # those that timed out too stay in the kernel's queue


@dataclass(frozen=True)
class Run:
    hanging: int
    p50_ms: float
    p99_ms: float
    restart_p50_ms: float
    restart_p99_ms: float
    failed: int  # attempts, of those that hang


@dataclass(frozen=True)
class Compared:
    """Medians of the pairs of a run with those that hang and one without, of the same round."""

    beside: Run
    without: Run
    p99_ratio: float
    restart_p99_ratio: float


def measure(installation: Installation, hanging: int, *, quick: bool) -> Run:
    port = free_port()
    (well,) = installation.add_endpoints(1, f"http://127.0.0.1:{port}/hook")
    other = installation.add_account("Hanging Ltd")
    silent = free_port()
    installation.add_endpoints(hanging, f"http://127.0.0.1:{silent}/hang", event_type="OrderUpdated", account=other)
    shorter = 4 if quick else 1
    even, restart = _load("even", _SECONDS / shorter), _load("restart", _RESTART_SECONDS / (2 if quick else 1))
    expected = 0

    def wait_until_sent(load: Load) -> None:
        nonlocal expected
        expected += load.requests
        wait_for(
            lambda: installation.attempted([well])[0] >= expected,
            "the endpoint that is well gets all",
            seconds=_PATIENCE_SECONDS,
            every=0.02,
        )

    folder = installation.folder / "receiver"
    with _silent(silent), receiver(folder, port), installation.running("web"):
        wait_for(lambda: accepts_connections(installation.port), "the web server accepts connections", seconds=30)
        with installation.running("dispatch"):
            warm_up = Load("warm-up", WARM_UP_EVENTS, 1, 0.02)
            publish(installation, warm_up)
            wait_until_sent(warm_up)
            installation.record([f"order-{number}" for number in range(_EVENTS)], ("OrderUpdated",), account=other)
            publish(installation, even)
            wait_until_sent(even)
            publishing = _Publishing(installation, restart)
            time.sleep(_RESTART_AFTER)  # it is to be cut in the middle of its work
        with installation.running("dispatch"):
            publishing.join()
            wait_until_sent(restart)
        failed = installation.attempted()[1]
    found = waited(folder / "arrivals")
    p50, p99, restart_p50, restart_p99 = (
        _percentile(found.get(load.name, []), load, share) for load in (even, restart) for share in (0.5, 0.99)
    )
    return Run(hanging, p50, p99, restart_p50, restart_p99, failed)


@contextmanager
def _silent(port: int) -> Iterator[None]:
    """Hold a port at which the kernel takes connections and requests, and nobody answers.

    A process that took a thousand connections would compete with the dispatcher for the CPU, and with the receiver
    whose arrivals are measured.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(_MOST_CONNECTIONS)
        yield


def compared(rounds: Sequence[tuple[Run, Run]]) -> Compared:
    """Of each round the run with those that hang and the one without."""
    beside, without = zip(*rounds, strict=True)
    return Compared(
        _middle(beside),
        _middle(without),
        median(one.p99_ms / other.p99_ms for one, other in rounds),
        median(one.restart_p99_ms / other.restart_p99_ms for one, other in rounds),
    )


def _middle(runs: Sequence[Run]) -> Run:
    return Run(
        runs[0].hanging,
        median(one.p50_ms for one in runs),
        median(one.p99_ms for one in runs),
        median(one.restart_p50_ms for one in runs),
        median(one.restart_p99_ms for one in runs),
        round(median(one.failed for one in runs)),
    )


def _load(name: str, seconds: float) -> Load:
    return Load(name, round(seconds / _EVERY), 1, _EVERY, _CONNECTIONS, (EVENT_TYPE,))


def _percentile(waits: Sequence[float], load: Load, share: float) -> float:
    """What was under way when the dispatcher stopped may arrive twice."""
    if len(waits) < load.requests:
        raise BenchmarkFailed(f"{load.name}: {load.requests} messages were to arrive, {len(waits)} did.")
    found = sorted(waits)
    return found[min(len(found) - 1, int(len(found) * share))]


class _Publishing(threading.Thread):
    def __init__(self, installation: Installation, load: Load) -> None:
        super().__init__(daemon=True)
        self._what = installation, load
        self.start()

    def run(self) -> None:
        publish(*self._what)
