"""Whether endpoints that fare badly delay the others: 1, 10 and 50 of a hundred hang, refuse, or take ten seconds.

There are two runs to compare with, of the same hundred endpoints and with the same messages recorded for all of them.
In one all are healthy: that is what the others had before, and what the target is about; it also sends the messages of
those that will be bad. In the other these are *paused*, so nothing is tried there: what is slower than in that is what
the trying costs.

Nothing is switched off: an endpoint that keeps failing is parked after some time, as in real life, and costs nothing
then. A run begins long before that, and how many were parked when it ended is told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from time import monotonic, sleep
from typing import Literal, NamedTuple

import backlog
import history
from installation import OTHER_EVENT_TYPE, Installation
from latency import WARM_UP_EVENTS, Load, publish, receiver, summary, waited
from processes import accepts_connections, cpu_seconds, free_port, wait_for

Fault = Literal["hang", "refuse", "slow"]
FAULTS: tuple[Fault, ...] = ("hang", "refuse", "slow")
Fare = Fault | Literal["healthy", "paused"]
BAD = (1, 10, 50)
ROUNDS = 3
# A hundred events a second, each to ten of the endpoints: a thousand messages a second. Those that take 10 s get more
# at once each time they succeed, which shows only after a while. All runs are as long: each checkpoint of SQLite takes
# longer than the one before, so in a longer run more has to wait.
SECONDS = 12
BACKLOG = 15_000  # messages to the others
# How long the others' messages are waited for, twice in a run: once all slots are taken, they could take minutes.
PATIENCE_SECONDS = 20
HEAP = 1_000_000  # messages for the one that is dead

# A stop need not wait for those that hang.
SETTINGS = {"WAYBELL_DRAIN_TIMEOUT": "100ms"}
_ENDPOINTS, _GROUPS = 100, 10
_EVERY = 0.01
_CONNECTIONS = 4


@dataclass(frozen=True)
class Run:
    fare: Fare  # of those that are bad, or would be
    bad: int
    p50_ms: float
    p99_ms: float
    samples: int
    never_came: int  # of these: until the run ended; they count as if they had come after our patience
    asked_per_second: float  # messages, while the latency was measured
    per_second: float  # as they were really published
    backlog_per_second: float
    backlog_cpu_us: float  # of the dispatcher, a message of the backlog
    failed: int  # attempts, in the whole run
    parked: int  # of the bad ones, when it ended


class Beside(NamedTuple):
    """A run to compare with, and how many times its figures those of the bad run are."""

    p99_ms: float
    per_second: float
    p99_ratio: float
    speed_ratio: float


@dataclass(frozen=True)
class Compared:
    """Medians of the pairs of a bad run and one to compare with, of the same round."""

    fault: Fault
    bad: int
    p99_ms: float
    per_second: float
    parked: int
    healthy: Beside
    paused: Beside


@dataclass(frozen=True)
class Heap:
    """The usual backlog without and beside a dead endpoint for which `waiting` messages wait."""

    waiting: int
    without: backlog.Backlog
    beside: backlog.Backlog


def order(number: int) -> list[Fare]:
    """Of the runs of a round: the other way round each time, so that drift of the machine meets all alike."""
    runs: list[Fare] = ["healthy", "paused", *FAULTS]
    return runs if number % 2 == 0 else runs[::-1]


def compared(rounds: list[list[Run]]) -> list[Compared]:
    """For each number of bad endpoints and each fault; `rounds` are runs with the same number of bad ones."""
    found = []
    for fault in FAULTS:
        runs = _of(rounds, fault)
        found.append(
            Compared(
                fault,
                runs[0].bad,
                median(one.p99_ms for one in runs),
                median(one.backlog_per_second for one in runs),
                max(one.parked for one in runs),
                _beside(runs, _of(rounds, "healthy")),
                _beside(runs, _of(rounds, "paused")),
            )
        )
    return found


def _of(rounds: list[list[Run]], fare: Fare) -> list[Run]:
    """The one of each round."""
    return [one for runs in rounds for one in runs if one.fare == fare]


def _beside(runs: list[Run], others: list[Run]) -> Beside:
    pairs = list(zip(runs, others, strict=True))
    return Beside(
        median(other.p99_ms for other in others),
        median(other.backlog_per_second for other in others),
        median(one.p99_ms / other.p99_ms for one, other in pairs),
        median(one.backlog_per_second / other.backlog_per_second for one, other in pairs),
    )


def measure(installation: Installation, fare: Fare, bad: int, *, quick: bool) -> Run:
    """First the latency under an even load, then, in the same process, a backlog to those that are well."""
    port = free_port()
    host = f"http://127.0.0.1:{port}"
    urls: dict[Fare, str] = {
        "healthy": f"{host}/unnoted",
        "paused": f"{host}/unnoted",
        "hang": f"{host}/hang",
        "refuse": f"http://127.0.0.1:{free_port()}/",
        "slow": f"{host}/slow",
    }
    well = installation.add_endpoints(_ENDPOINTS - bad, f"{host}/hook", event_type=OTHER_EVENT_TYPE)
    ill = installation.add_endpoints(bad, urls[fare])  # of its event type none is published
    groups = in_groups(well, ill)
    installation.register(tuple(groups))
    for name, some in groups.items():
        installation.listen(some, name)
    if fare == "paused":
        installation.hold(ill)
    seconds = SECONDS / (3 if quick else 1)
    loads = [
        Load("warm-up", WARM_UP_EVENTS, 1, 0.02, event_types=tuple(groups)),
        Load("even", round(seconds / _EVERY / _GROUPS) * _GROUPS, 1, _EVERY, _CONNECTIONS, tuple(groups)),
    ]
    folder = installation.folder / "receiver"
    with receiver(folder, port), installation.running("serve") as pids:
        web = installation.port
        wait_for(lambda: accepts_connections(web), "the web server accepts connections", seconds=30)
        expected, rate = 0, 0.0
        for load in loads:
            rate = publish(installation, load)
            expected += load.requests * len(well) // _GROUPS
            _wait_until_sent(installation, well, expected)
        events = (BACKLOG // (10 if quick else 1)) // len(well)
        installation.hold(well)
        installation.record(backlog.subjects_of(events), event_types=(OTHER_EVENT_TYPE,))
        before, used, began = installation.attempted(well)[0], cpu_seconds(pids["dispatch"]), monotonic()
        installation.release(well)
        _wait_until_sent(installation, well, expected + events * len(well))
        took, used = monotonic() - began, cpu_seconds(pids["dispatch"]) - used
        sent = installation.attempted(well)[0] - before
        _, failed = installation.attempted()
        parked = installation.count_parked()
    arrived = waited(folder / "arrivals").get("even", [])
    messages = loads[1].requests * len(well) // _GROUPS
    missing = max(0, messages - len(arrived))
    even = summary(loads[1], arrived + [PATIENCE_SECONDS * 1000.0] * missing, rate, messages)
    return Run(
        fare,
        bad,
        even.p50_ms,
        even.p99_ms,
        even.messages,
        missing,
        even.asked_per_second,
        even.per_second,
        sent / took,
        used / max(1, sent) * 1e6,
        failed,
        parked,
    )


def in_groups(well: Sequence[str], ill: Sequence[str]) -> dict[str, list[str]]:
    """Ten endpoints for each of ten event types, with as many bad ones in each, or one more."""
    others = iter(well)
    groups = {}
    for number in range(_GROUPS):
        some = ill[number::_GROUPS]
        groups[f"Group{number}"] = [*some, *islice(others, _ENDPOINTS // _GROUPS - len(some))]
    return groups


def _wait_until_sent(installation: Installation, endpoint_ids: list[str], count: int) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while installation.attempted(endpoint_ids)[0] < count and monotonic() < deadline:
        sleep(0.02)


def heap(
    send: Callable[[Installation, str], backlog.Backlog],
    without: Installation,
    beside: Installation,
    *,
    quick: bool,
    progress: Callable[[str], None],
) -> Heap:
    """`send` adds the usual endpoints and their backlog, and sends it, beside the endpoint named, if any."""
    waiting = HEAP // (10 if quick else 1)
    alone = send(without, "")
    (dead,) = beside.add_endpoints(1, f"http://127.0.0.1:{free_port()}/", event_type=OTHER_EVENT_TYPE)
    history.add_waiting(beside, OTHER_EVENT_TYPE, waiting)
    history.settle(beside)
    progress(f"{waiting:,} wait for one that refuses connections")
    return Heap(waiting, alone, send(beside, dead))
