"""Durable messages a second: a dispatcher, started on a backlog, sends all of it.

The backlog is recorded through the outbox and the fan-out as the API does it. The dispatcher is `waybell dispatch`, a
process of its own. From the first attempt to the moment when nothing is left in the database.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from installation import Installation
from processes import BenchmarkFailed, cpu_seconds, family_cpu_seconds, peak_memory_mb, wait_for

_LONGEST_SECONDS = 600
# A quarter of the events are about subjects that come again, so that their messages wait behind one another.
_REPEATED_SUBJECTS = 20


@dataclass(frozen=True)
class Backlog:
    messages: int
    seconds: float
    recorded_per_second: float
    dispatcher_cpu_us: float  # a message
    database_cpu_us: float | None  # a message; on PostgreSQL
    receiver_cpu_us: float
    peak_memory_mb: float

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


def subjects_of(events: int, *, after: int = 0) -> list[str]:
    """`after` so many that were recorded before."""
    numbers = range(after, after + events)
    return [f"again-{n // 4 % _REPEATED_SUBJECTS}" if n % 4 == 0 else f"subject-{n}" for n in numbers]


def record(installation: Installation, endpoints: int, events: int) -> float:
    """Messages recorded a second."""
    began = time.monotonic()
    installation.record(subjects_of(events))
    return endpoints * events / (time.monotonic() - began)


def drain(
    installation: Installation,
    expected: int,
    receiver_pid: int,
    *,
    database_pid: int | None = None,
    beside: str = "",
    runner: Sequence[str] = (),
    recorded_per_second: float = 0,
) -> Backlog:
    """Run a dispatcher until everything is sent but what waits for the endpoint `beside`."""
    with installation.running("dispatch", runner=runner) as pids:
        pid = pids["dispatch"]
        cpu = cpu_seconds(pid), cpu_seconds(receiver_pid), family_cpu_seconds(database_pid) if database_pid else 0
        # Seldom enough not to take processor time from what is measured.
        wait_for(
            lambda: installation.is_drained(beside=beside),
            f"the dispatcher sends {expected} messages",
            seconds=_LONGEST_SECONDS,
            every=0.05,
        )
        ended = time.time()
        used = cpu_seconds(pid) - cpu[0]
        receiver_used = cpu_seconds(receiver_pid) - cpu[1]
        database_used = family_cpu_seconds(database_pid) - cpu[2] if database_pid else None
        peak = peak_memory_mb(pid)
    tally = installation.tally(beside=beside)
    if tally.states != {"succeeded": expected} or tally.attempts != tally.attempts_kept or tally.refused:
        raise BenchmarkFailed(f"Of {expected} messages, not all were sent once and kept: {tally}")
    if tally.attempts != expected:
        raise BenchmarkFailed(f"{expected} messages took {tally.attempts} attempts.")
    return Backlog(
        expected,
        ended - tally.first_attempt,
        recorded_per_second,
        used / expected * 1e6,
        None if database_used is None else database_used / expected * 1e6,
        receiver_used / expected * 1e6,
        peak,
    )
