"""Whether a message costs more when there is more of everything: endpoints, waiting messages, finished ones.

Along each axis one installation grows step by step, and at each step about the same number of messages is sent. A step
is compared with the first one by processor time, which says more than messages/s on a shared machine, and that by the
processor time of wrk, measured right before and after. The first step is made again at the end, in an installation of
its own, and the mean of the two is what the others are compared with, so that a machine that drifts evenly favours
none. How far the two are from 1 is its drift, and nothing below that means anything.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from statistics import fmean
from time import monotonic

import history
from backlog import subjects_of
from installation import EVENT_TYPE, Installation
from processes import BenchmarkFailed, cpu_seconds, family_cpu_seconds, peak_memory_mb, wait_for
from yardstick import WrkRun

ENDPOINTS = (10, 100, 1_000, 10_000)
WAITING = (1_000, 10_000, 100_000, 1_000_000)
FINISHED = (10_000, 100_000, 1_000_000, 10_000_000)
SENT = 20_000  # messages at each step
SENT_TO_ENDPOINTS = 50_000  # ... of that axis: five for each of the most, whose settings are read once, however many
QUICK_ENDPOINTS, QUICK_MESSAGES = 1_000, 100_000  # the most there are in a quick run
DISPATCHERS = (1, 2, 3)
SENT_BY_SEVERAL = 60_000
SEVERAL_DISPATCHERS = ("PostgreSQL",)  # the databases that more than one can work on

_USUAL_ENDPOINTS = 50
_OF_AN_EVENT = 10  # endpoints, however many there are: or an event would be read the less often, the more there are
_BYTES_OF_FINISHED = 1_700  # with attempt and indexes: 1,400 on PostgreSQL, 1,100 on SQLite; the rest is for its log
_SHARING_SECONDS = 60
_LONGEST_SECONDS = 300


@dataclass(frozen=True)
class Step:
    axis: str
    size: int
    again: bool  # the first one once more, at the end
    messages: int
    seconds: float
    dispatcher_cpu_us: float  # a message, all dispatchers together
    database_cpu_us: float | None  # a message; on PostgreSQL
    peak_memory_mb: float  # of the largest dispatcher
    wrk_per_second: float  # mean of a run right before and one right after
    wrk_cpu_us: float

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.dispatcher_cpu_us + (self.database_cpu_us or 0)


@dataclass(frozen=True)
class Means:
    """What a measurement needs from the benchmark."""

    installation: Callable[[], AbstractContextManager[Installation]]  # a fresh one
    url: str  # of a receiver
    database_pid: int | None
    wrk: Callable[[], WrkRun]
    say: Callable[[str], None]
    quick: bool


def relative_costs(axis: Sequence[Step]) -> list[float]:
    """Processor time of a message at each step of an axis, against that of the first, each measured in that of wrk."""
    return _against_the_first(axis, [step.cpu_us / step.wrk_cpu_us for step in axis])


def relative_speeds(axis: Sequence[Step]) -> list[float]:
    return _against_the_first(axis, [step.per_second / step.wrk_per_second for step in axis])


def _against_the_first(axis: Sequence[Step], values: Sequence[float]) -> list[float]:
    """Against the mean of the first step and its repetition, as far as there is one yet."""
    usual = fmean(value for step, value in zip(axis, values, strict=True) if step.size == axis[0].size)
    return [value / usual for value in values]


def that_fit(sizes: Sequence[int], free_bytes: int) -> list[int]:
    """Of so many finished messages, those for which the disk has room."""
    return [size for size in sizes if size * _BYTES_OF_FINISHED <= free_bytes]


def measure(means: Means, *, several: bool) -> Iterator[Step]:
    """All steps of one database, as they are made; `several` when more than one dispatcher can work on it."""
    yield from _walk(means, _endpoints, ENDPOINTS, QUICK_ENDPOINTS)
    yield from _walk(means, _waiting, WAITING, QUICK_MESSAGES)
    yield from _walk(means, _finished, FINISHED, QUICK_MESSAGES)
    if several:
        yield from _dispatchers(means)


def _walk(
    means: Means, along: Callable[[Means, Sequence[int], bool], Iterator[Step]], sizes: Sequence[int], most: int
) -> Iterator[Step]:
    """Along an axis, and then its first step again."""
    if means.quick:
        sizes = [size for size in sizes if size <= most]
    yield from along(means, sizes, False)
    yield from along(means, sizes[:1], True)


def _sent(means: Means, sent: int = SENT) -> int:
    return sent // 10 if means.quick else sent


def _endpoints(means: Means, sizes: Sequence[int], again: bool) -> Iterator[Step]:  # noqa: FBT001
    """Ten of them get each event, and all get the same number. Every event has a subject of its own."""
    with means.installation() as installation:
        groups: list[str] = []
        sent = _sent(means, SENT_TO_ENDPOINTS)
        for size in sizes:
            for number in range(len(groups), size // _OF_AN_EVENT):
                groups.append(f"Group{number}")
                installation.listen(installation.add_endpoints(_OF_AN_EVENT, means.url), groups[-1])
            installation.record([None] * (sent // _OF_AN_EVENT), event_types=groups)
            yield _step(means, installation, ("endpoints", size, again), sent)


def _waiting(means: Means, sizes: Sequence[int], again: bool) -> Iterator[Step]:  # noqa: FBT001
    """For 50 live endpoints; so many still wait when enough are sent and the dispatcher is stopped."""
    with means.installation() as installation:
        installation.add_endpoints(_USUAL_ENDPOINTS, means.url)
        events, sent = 0, _sent(means)
        for size in sizes:
            left = events * _USUAL_ENDPOINTS - installation.attempted()[0]
            more = -(-(size + sent - left) // _USUAL_ENDPOINTS)
            means.say(f"recording {more * _USUAL_ENDPOINTS:,} messages")
            installation.record(subjects_of(more, after=events))
            events += more
            yield _step(means, installation, ("waiting", size, again), sent, leaving=True)


def _finished(means: Means, sizes: Sequence[int], again: bool) -> Iterator[Step]:  # noqa: FBT001
    """Of 50 endpoints, in the past month, with an attempt each; the backlog is for the same endpoints."""
    with means.installation() as installation:
        installation.add_endpoints(_USUAL_ENDPOINTS, means.url)
        added, sent = 0, _sent(means)
        events = sent // _USUAL_ENDPOINTS
        fitting = that_fit(sizes, shutil.disk_usage(installation.folder).free)
        if fitting != list(sizes):
            means.say(f"the disk is too full for {sizes[-1]:,} finished ones: there are {max(fitting, default=0):,}")
        for turn, size in enumerate(fitting):
            missing = size - added * _USUAL_ENDPOINTS - turn * sent
            if missing > 0:
                told = _told(means, missing)
                added = history.add_finished(installation, EVENT_TYPE, missing, after=added, progress=told)
            installation.record(subjects_of(events, after=turn * events))
            yield _step(means, installation, ("finished", size, again), sent)


def _dispatchers(means: Means) -> Iterator[Step]:
    """So many processes on one backlog for 50 endpoints."""
    for place, size in enumerate((*DISPATCHERS, DISPATCHERS[0])):
        with means.installation() as installation:
            installation.add_endpoints(_USUAL_ENDPOINTS, means.url)
            sent = _sent(means, SENT_BY_SEVERAL)
            installation.record(subjects_of(sent // _USUAL_ENDPOINTS))
            what = ("dispatchers", size, place == len(DISPATCHERS))
            yield _step(means, installation, what, sent, dispatchers=size)


def _told(means: Means, count: int) -> history.Progress:
    """Say each tenth, where it takes long."""
    tenths = [0]

    def tell(now: int) -> None:
        if count >= 500_000 and now * 10 // count > tenths[0]:
            tenths[0] = now * 10 // count
            means.say(f"{now:,} of {count:,} finished ones added")

    return tell


def _step(
    means: Means,
    installation: Installation,
    place: tuple[str, int, bool],
    sent: int,
    *,
    leaving: bool = False,
    dispatchers: int = 1,
) -> Step:
    """Send so many of what waits: all of it, unless it is `leaving` some.

    The dispatchers are ready before the first message may go. What is timed begins then.
    """
    axis, size, again = place
    history.settle(installation)
    wrk = [means.wrk()]
    succeeded, failed = installation.attempted()
    installation.hold()
    with ExitStack() as stack:
        pids = [stack.enter_context(installation.running("dispatch"))["dispatch"] for _ in range(dispatchers)]
        if dispatchers > 1:
            what = f"{dispatchers} dispatchers share the endpoints"
            wait_for(lambda: installation.shared_among(dispatchers), what, seconds=_SHARING_SECONDS, every=0.1)
        used = [cpu_seconds(pid) for pid in pids]
        database_used = family_cpu_seconds(means.database_pid) if means.database_pid else 0
        began = monotonic()
        installation.release()
        wait_for(
            (lambda: installation.attempted()[0] >= succeeded + sent) if leaving else installation.is_drained,
            f"{sent:,} messages are sent with {axis} at {size:,}",
            seconds=_LONGEST_SECONDS,
            every=0.05,
        )
        seconds = monotonic() - began
        cpu = sum(cpu_seconds(pid) for pid in pids) - sum(used)
        database_cpu = family_cpu_seconds(means.database_pid) - database_used if means.database_pid else None
        now = installation.attempted()
        memory = max(peak_memory_mb(pid) for pid in pids)
    wrk.append(means.wrk())
    messages = now[0] - succeeded
    if now[1] != failed or (messages < sent if leaving else messages != sent):
        raise BenchmarkFailed(f"{messages:,} of {sent:,} messages succeeded, {now[1] - failed:,} attempts failed.")
    step = Step(
        axis,
        size,
        again,
        messages,
        seconds,
        cpu / messages * 1e6,
        None if database_cpu is None else database_cpu / messages * 1e6,
        memory,
        fmean(run.per_second for run in wrk),
        fmean(run.cpu_us for run in wrk),
    )
    means.say(f"{size:,} {axis}{' again' if again else ''}: {step.per_second:,.0f}/s, {step.cpu_us:.0f} µs CPU each")
    return step
