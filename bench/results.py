"""All that one run has found, and the lines that it makes, with the targets beside them."""

from dataclasses import dataclass, field
from itertools import groupby

import growth
from accepted import Accepted
from backlog import Backlog
from growth import Step
from hanging import Compared as BesideHanging
from isolation import Compared, Heap, Run
from latency import Latency
from orders import Added, LookUp, Orders
from pages import Pages, PageTime
from report import Line
from yardstick import WrkRun, Yardstick

SHARE_OF_WRK = {"SQLite": 0.20, "PostgreSQL": 0.08}
IDLE_P50_MS, IDLE_P99_MS = 5, 25
ISOLATION, ISOLATION_SPEED = 1.2, 0.9  # p99 and messages/s of those that are well, times that with all well
HANGING, HANGING_RESTART = 1.5, 2  # p99 of one that is well, times that without those that hang
GROWTH = 0.85  # messages/s with much of everything, times that with little; so a message may cost 1 / 0.85 as much
MEMORY_MB = 150
PAGE_MS, FIRST_VISIT_KB = 100, 300
GROWN = 1.5  # p99 of a look-up with many orders, times that with few
STEADY = 1.3  # what the runs of wrk may differ by


@dataclass
class Results:
    wrk: list[WrkRun] = field(default_factory=list)
    backlogs: dict[str, Backlog] = field(default_factory=dict)
    accepted: dict[str, list[Accepted]] = field(default_factory=dict)
    latencies: dict[str, list[Latency]] = field(default_factory=dict)
    isolation: dict[str, list[Run]] = field(default_factory=dict)  # all of them
    compared: dict[str, list[Compared]] = field(default_factory=dict)
    heaps: dict[str, Heap] = field(default_factory=dict)
    hanging: dict[str, BesideHanging] = field(default_factory=dict)
    growth: dict[str, list[Step]] = field(default_factory=dict)
    pages: dict[str, Pages] = field(default_factory=dict)
    orders: dict[str, Orders] = field(default_factory=dict)


def lines(found: Results, yardstick: Yardstick) -> list[Line]:
    """The table. Ratios are against the median of the runs of wrk."""
    made = [Line("wrk to nginx", f"{run.per_second:,.0f} requests/s, {run.cpu_us:.1f} µs CPU") for run in found.wrk]
    slowest, *_, fastest = sorted(run.per_second for run in found.wrk)
    if fastest > STEADY * slowest:
        varied = f"{fastest / slowest:.2f} x between its runs"
        made.append(
            Line("The machine was busy with other things", f"wrk differed by {varied}: do not trust the ratios")
        )
    for database, one in found.backlogs.items():
        made += _backlog(database, one, yardstick)
    for database, several in found.accepted.items():
        made += [_accepted(database, one, yardstick) for one in several]
    for database, latencies in found.latencies.items():
        made += [_latency(database, one) for one in latencies]
    for database, pages in found.pages.items():
        made += [_page(database, time) for time in pages.times]
        made.append(_first_visit(database, pages))
    for database, orders in found.orders.items():
        made += [_added(database, one) for one in orders.added]
        pairs = zip(orders.look_ups[::2], orders.look_ups[1::2], strict=True)
        made += [_look_up(database, few, many) for few, many in pairs]
    return made


def isolation_lines(found: Results) -> list[Line]:
    made = [_isolation(database, one) for database, several in found.compared.items() for one in several]
    return made + [_heap(database, one) for database, one in found.heaps.items()]


def hanging_lines(found: Results) -> list[Line]:
    return [line for database, one in found.hanging.items() for line in _hanging(database, one)]


def growth_lines(found: Results) -> list[Line]:
    made = []
    for database, steps in found.growth.items():
        for _, along in groupby(steps, key=lambda step: step.axis):
            axis = list(along)
            costs, speeds = growth.relative_costs(axis), growth.relative_speeds(axis)
            for step, cost, speed in zip(axis, costs, speeds, strict=True):
                judged = step.size != axis[0].size and step.axis != "dispatchers"
                made.append(_step(database, step, cost, speed, judged=judged))
    return made


def _backlog(database: str, one: Backlog, yardstick: Yardstick) -> list[Line]:
    share, target = one.per_second / yardstick.per_second, SHARE_OF_WRK[database]
    made = [
        Line(
            f"{database}: durable messages from backlog",
            f"{one.per_second:,.0f}/s",
            f"{share:.1%} of wrk",
            f">= {target:.0%} of wrk",
            share >= target,
        ),
        Line(
            f"{database}: CPU of the dispatcher",
            f"{one.dispatcher_cpu_us:.0f} µs a message",
            f"{one.dispatcher_cpu_us / yardstick.cpu_us:.1f} x wrk",
        ),
    ]
    if one.database_cpu_us is not None:
        made.append(Line(f"{database}: CPU of the database server", f"{one.database_cpu_us:.0f} µs a message"))
    made.append(Line(f"{database}: memory of the dispatcher, peak", f"{one.peak_memory_mb:.0f} MB"))
    made.append(
        Line(
            f"{database}: messages recorded, 50 an event",
            f"{one.recorded_per_second:,.0f}/s",
            f"{one.recorded_per_second / yardstick.per_second:.1%} of wrk",
        )
    )
    return made


def _accepted(database: str, one: Accepted, yardstick: Yardstick) -> Line:
    how = "POST /api/Event" if one.bulk == 1 else f"/Bulk of {one.bulk}"
    return Line(
        f"{database}: events accepted by {how}, {one.endpoints} endpoints",
        f"{one.per_second:,.0f}/s, p99 of a request {one.p99_ms:.0f} ms, {one.web_cpu_us:,.0f} µs CPU an event",
        f"{one.per_second / yardstick.per_second:.2%} of wrk",
    )


def _latency(database: str, one: Latency) -> Line:
    idle = one.name == "idle"
    return Line(
        f"{database}: commit to receive, {one.name}",
        f"p50 {one.p50_ms:.1f}, p90 {one.p90_ms:.1f}, p99 {one.p99_ms:.1f} ms"
        + ("" if one.per_second > 0.98 * one.asked_per_second else f" (at {one.per_second:,.0f}/s)"),
        "",
        f"p50 <= {IDLE_P50_MS}, p99 <= {IDLE_P99_MS} ms" if idle else "",
        one.p50_ms <= IDLE_P50_MS and one.p99_ms <= IDLE_P99_MS if idle else None,
    )


_FARES = {"hang": "hang", "refuse": "refuse connections", "slow": "answer after 10 s"}


def _isolation(database: str, one: Compared) -> Line:
    return Line(
        f"{database}: {one.bad} of 100 endpoints {_FARES[one.fault]}",
        f"p99 {one.p99_ms:.1f} ms ({one.healthy.p99_ms:.1f}; {one.paused.p99_ms:.1f}), "
        f"backlog {one.per_second:,.0f}/s ({one.healthy.per_second:,.0f}; {one.paused.per_second:,.0f}), "
        f"{one.parked} parked",
        f"{one.healthy.p99_ratio:.2f} x, {one.healthy.speed_ratio:.2f} x "
        f"({one.paused.p99_ratio:.2f} x, {one.paused.speed_ratio:.2f} x)",
        f"<= {ISOLATION} x, >= {ISOLATION_SPEED} x",
        one.healthy.p99_ratio <= ISOLATION and one.healthy.speed_ratio >= ISOLATION_SPEED,
    )


def _heap(database: str, one: Heap) -> Line:
    ratio = one.beside.per_second / one.without.per_second
    told = [
        f"{run.per_second:,.0f}/s, {run.dispatcher_cpu_us:.0f} µs CPU, {run.peak_memory_mb:.0f} MB"
        for run in (one.beside, one.without)
    ]
    return Line(
        f"{database}: {one.waiting:,} wait for an endpoint that is dead: backlog to 50 others",
        f"{told[0]} ({told[1]})",
        f"{ratio:.2f} x",
        f">= {ISOLATION_SPEED} x, <= {MEMORY_MB} MB",
        ratio >= ISOLATION_SPEED and one.beside.peak_memory_mb <= MEMORY_MB,
    )


def _hanging(database: str, one: BesideHanging) -> list[Line]:
    what = f"{database}: another account's {one.beside.hanging:,} new endpoints hang"
    beside, without = one.beside, one.without
    return [
        Line(
            what,
            f"p99 {beside.p99_ms:.1f} ms ({without.p99_ms:.1f})",
            f"{one.p99_ratio:.2f} x",
            f"<= {HANGING} x",
            one.p99_ratio <= HANGING,
        ),
        Line(
            f"{what}, across a restart",
            f"p99 {beside.restart_p99_ms:,.0f} ms ({without.restart_p99_ms:,.0f})",
            f"{one.restart_p99_ratio:.2f} x",
            f"<= {HANGING_RESTART} x",
            one.restart_p99_ratio <= HANGING_RESTART,
        ),
    ]


_GROWN = {
    "endpoints": "{} endpoints",
    "waiting": "{} still waiting",
    "finished": "{} finished",
    "dispatchers": "{} dispatchers",
}


def _step(database: str, one: Step, cost: float, speed: float, *, judged: bool) -> Line:
    what = _GROWN[one.axis].format(f"{one.size:,}").replace("1 dispatchers", "1 dispatcher")
    cpu = f"{one.dispatcher_cpu_us:.0f}"
    if one.database_cpu_us is not None:
        cpu += f" + {one.database_cpu_us:.0f}"
    measured = f"{one.per_second:,.0f}/s, {cpu} µs CPU, {one.peak_memory_mb:.0f} MB"
    return Line(
        f"{database}: {what}{', again' if one.again else ''}",
        measured,
        f"cost {cost:.2f} x, speed {speed:.2f} x",
        f"cost <= {1 / GROWTH:.2f} x" if judged else "",
        cost <= 1 / GROWTH if judged else None,
    )


def _added(database: str, one: Added) -> Line:
    how = "POST /Order" if one.bulk == 1 else f"POST /Order/Bulk of {one.bulk}"
    return Line(
        f"{database}: {how}, {one.stored:,} orders stored",
        f"{one.per_second:,.0f} orders/s, p99 of a request {one.p99_ms:.0f} ms, {one.web_cpu_us:,.0f} µs CPU an order",
    )


def _look_up(database: str, few: LookUp, many: LookUp) -> Line:
    ratio = many.p99_ms / few.p99_ms
    measured = [f"{one.stored:,} stored: p50 {one.p50_ms:.1f}, p99 {one.p99_ms:.1f} ms" for one in (few, many)]
    return Line(f"{database}: {few.name}", "; ".join(measured), f"{ratio:.2f} x", f"<= {GROWN} x", ratio <= GROWN)


def _page(database: str, one: PageTime) -> Line:
    return Line(
        f"{database}: page: {one.name}",
        f"median {one.median_ms:.0f} ms, slowest of 20 {one.slowest_ms:.0f} ms, {one.kilobytes:.1f} KB",
        "",
        f"<= {PAGE_MS} ms",
        one.median_ms <= PAGE_MS,
    )


def _first_visit(database: str, one: Pages) -> Line:
    return Line(
        f"{database}: transferred on a first visit, the page of an endpoint",
        f"{one.first_visit_kilobytes:.0f} KB",
        "",
        f"<= {FIRST_VISIT_KB} KB",
        one.first_visit_kilobytes <= FIRST_VISIT_KB,
    )
