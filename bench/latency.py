"""From commit to receive: how soon after its transaction an event arrives, idle and busy.

Counted from `Metadata.Date`, the instant at which the transaction began to write: so the commit itself, with its wait
for the disk, is inside. All clocks are one clock, as everything runs on one machine.
"""

import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from installation import EVENT_TYPE, Installation
from processes import BenchmarkFailed, accepts_connections, end, free_port, started, wait_for
from yardstick import data_of

WARM_UP_EVENTS = 20  # connections are opened and statements compiled: not counted
_SETTLE_SECONDS = 60


@dataclass(frozen=True)
class Latency:
    name: str
    asked_per_second: float  # messages
    per_second: float  # as they were really published
    messages: int
    p50_ms: float
    p90_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Load:
    """Requests of `bulk` events, one each `every` seconds. The event types take turns, request by request."""

    name: str
    requests: int
    bulk: int
    every: float
    connections: int = 1
    event_types: Sequence[str] = (EVENT_TYPE,)


IDLE = Load("idle", 200, 1, 0.05)
BUSY = Load("1,000 events/s", 500, 20, 0.02, connections=4)


@contextmanager
def receiver(folder: Path, port: int) -> Iterator[None]:
    file = folder / "arrivals"
    command = [sys.executable, str(Path(__file__).parent / "receiver.py"), str(file), str(port)]
    with started(command, folder) as process:
        wait_for(lambda: accepts_connections(port), "the receiver accepts connections", seconds=10, process=process)
        yield
        end(process)


def measure(installation: Installation, quick: int) -> list[Latency]:
    """One endpoint, `waybell serve`, first idle and then busy; `quick` shortens it so many times."""
    port = free_port()
    installation.add_endpoints(1, f"http://127.0.0.1:{port}/hook")
    return _measure(installation, [_shortened(IDLE, quick), _shortened(BUSY, quick)], port)


def _shortened(load: Load, quick: int) -> Load:
    return replace(load, requests=load.requests // quick)


def _measure(installation: Installation, loads: Sequence[Load], port: int) -> list[Latency]:
    folder = installation.folder / "receiver"
    with receiver(folder, port), installation.running("serve"):
        web = installation.port
        wait_for(lambda: accepts_connections(web), "the web server accepts connections", seconds=30)
        rates = []
        for load in [Load("warm-up", WARM_UP_EVENTS, 1, 0.02), *loads]:
            rates.append(publish(installation, load))
            wait_for(installation.is_drained, "everything is sent", seconds=_SETTLE_SECONDS, every=0.05)
    found = waited(folder / "arrivals")
    receivers = installation.count_endpoints()
    return [
        summary(load, found.get(load.name, []), rate, load.requests * load.bulk * receivers)
        for load, rate in zip(loads, rates[1:], strict=True)
    ]


def summary(load: Load, waits: Sequence[float], rate: float, expected: int) -> Latency:
    """`rate` is events a second as they were published, `expected` how many messages they made."""
    found = sorted(waits)
    if len(found) != expected:
        raise BenchmarkFailed(f"{load.name}: {expected} messages were to arrive, {len(found)} did.")
    an_event = expected / (load.requests * load.bulk)
    return Latency(
        load.name,
        load.bulk / load.every * an_event,
        rate * an_event,
        len(found),
        *(found[min(len(found) - 1, int(len(found) * share))] for share in (0.5, 0.9, 0.99)),
    )


def publish(installation: Installation, load: Load) -> float:
    """Keep to the schedule over several connections; answers how many events a second were really published."""
    first = time.monotonic() + 0.05
    turns = iter(range(load.requests))
    lock = threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
            while True:
                with lock:
                    turn = next(turns, None)
                if turn is None:
                    break
                time.sleep(max(0.0, first + turn * load.every - time.monotonic()))
                _post(connection, installation.first.key_text, load, turn)
            connection.close()
        except (OSError, BenchmarkFailed) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(load.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise BenchmarkFailed(f"Publishing failed: {failures[0]}")
    return load.requests * load.bulk / max(time.monotonic() - first, load.requests * load.every)


def _post(connection: http.client.HTTPConnection, key: str, load: Load, turn: int) -> None:
    events = [
        {
            "Event": load.event_types[turn % len(load.event_types)],
            "Subject": f"{load.name}-{turn}-{n}",
            "Data": {"Load": load.name, **data_of(turn, body_bytes=1000)},
        }
        for n in range(load.bulk)
    ]
    headers = {"X-API-KEY": key, "Content-Type": "application/json"}
    path, body = ("/api/Event/Bulk", events) if load.bulk > 1 else ("/api/Event", events[0])
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 201:
        raise BenchmarkFailed(f"POST {path} was answered with {response.status}: {answer.decode()[:200]}")


def waited(file: Path) -> dict[str, list[float]]:
    """For each load, milliseconds from Metadata.Date to the arrival. What is of no load is left out."""
    found: dict[str, list[float]] = {}
    for line in file.read_bytes().splitlines():
        arrived, _, body = line.partition(b" ")
        document = json.loads(body)
        if "Load" in document["Data"]:
            date = datetime.fromisoformat(document["Metadata"]["Date"])
            found.setdefault(document["Data"]["Load"], []).append(int(arrived) / 1e6 - date.timestamp() * 1e3)
    return found
