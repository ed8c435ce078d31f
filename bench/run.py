"""`make bench`: how fast Waybell is, beside what wrk gets through on the same machine in the same run.

Loopback only, on folders and databases of its own below build/, which are removed at the end.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

import accepted
import backlog
import latency
import orders
import pages
import postgres
import report
import sampler
import yardstick
from installation import OTHER_EVENT_TYPE, Installation
from processes import BenchmarkFailed, free_port
from results import Results, lines, scale_lines

BUILD = Path(__file__).parent.parent / "build"
DOCS = BUILD.parent / "docs" / "performance.md"
ENDPOINTS = 50
EVENTS = {"SQLite": 1200, "PostgreSQL": 600}  # times ENDPOINTS is messages
MANY_ENDPOINTS = 10_000


class Benchmark:
    """One run: its tools, its folder, and what it has found so far."""

    def __init__(self, console: Console, folder: Path, options: argparse.Namespace, stack: ExitStack) -> None:
        self._console = console
        self._folder = folder
        self._options = options
        self._quick = 10 if options.quick else 1
        self._nginx = stack.enter_context(yardstick.receiver(folder / "nginx"))
        self._yardstick = yardstick.Yardstick(self._nginx, folder, 2 if options.quick else 5)
        self._postgres = None
        if "PostgreSQL" in options.databases:
            self._postgres = stack.enter_context(postgres.server(folder / "postgres"))
        self.machine = report.machine(self._postgres.version if self._postgres else None)
        self.results = Results(wrk=self._yardstick.runs)

    def run(self) -> tuple[list[report.Line], list[report.Line]]:
        """The lines of the table, and those of the scale."""
        parts: dict[str, Callable[[str], None]] = {
            "backlog": self._backlog,
            "accepted": self._accepted,
            "latency": self._latency,
            "isolation": self._isolation,
            "pages": self._pages,
            "orders": self._orders,
        }
        self._wrk()
        for part in self._options.parts:
            for database in self._options.databases:
                self._say(f"{part}, {database}")
                parts[part](database)
            if part == "backlog":
                self._wrk()  # close to what is compared with it: a shared machine is never the same twice
        if self._options.big:
            self._scale(self._options.big)
        self._wrk()
        return lines(self.results, self._yardstick), scale_lines(self.results)

    def profile(self) -> str:
        """Where the dispatcher spends its time, sampled while it sends a backlog."""
        database = self._options.databases[0]
        self._say(f"profile of the dispatcher, {database}")
        events = EVENTS[database] // self._quick
        into = BUILD / "profile.json"
        with self._installation(database) as installation:
            installation.add_endpoints(ENDPOINTS, self._nginx.url())
            backlog.record(installation, ENDPOINTS, events)
            runner = [str(Path(sampler.__file__)), str(into)]
            found = backlog.drain(installation, ENDPOINTS * events, self._nginx.pid, runner=runner)
        head = f"{database}: {found.per_second:,.0f} messages/s, {found.dispatcher_cpu_us:.0f} µs CPU each\n\n"
        return head + sampler.report(into, "Dispatcher.run", found.dispatcher_cpu_us)

    def _wrk(self) -> None:
        self._say("wrk")
        run = self._yardstick.measure()
        self._console.print(f"  {run.per_second:,.0f} requests/s, {run.cpu_us:.1f} µs CPU each")

    def _backlog(self, database: str) -> None:
        with self._installation(database) as installation:
            found = self._send_backlog(installation, ENDPOINTS, EVENTS[database] // self._quick)
        self.results.backlogs[database] = found

    def _send_backlog(
        self, installation: Installation, endpoints: int, events: int, beside: str = ""
    ) -> backlog.Backlog:
        installation.add_endpoints(endpoints, self._nginx.url())
        rate = backlog.record(installation, endpoints, events)
        found = backlog.drain(
            installation,
            endpoints * events,
            self._nginx.pid,
            database_pid=self._postgres.pid if self._postgres and installation.on_postgres else None,
            beside=beside,
            recorded_per_second=rate,
        )
        self._console.print(f"  {found.per_second:,.0f} messages/s, {found.dispatcher_cpu_us:.0f} µs CPU each")
        return found

    def _accepted(self, database: str) -> None:
        found = []
        for endpoints in (0, 2):
            with self._installation(database) as installation:
                found += accepted.measure(installation, endpoints, 2 if self._options.quick else 4)
        self.results.accepted[database] = found

    def _latency(self, database: str) -> None:
        with self._installation(database) as installation:
            self.results.latencies[database] = latency.measure(installation, self._quick)

    def _isolation(self, database: str) -> None:
        found = []
        for hanging in (False, True):
            with self._installation(database) as installation:
                found.append(latency.measure_isolation(installation, self._quick, hanging=hanging))
        self.results.isolation[database] = found

    def _pages(self, database: str) -> None:
        with self._installation(database) as installation:
            self.results.pages[database] = pages.measure(installation, self._quick)

    def _orders(self, database: str) -> None:
        with self._installation(database) as few, self._installation(database) as many:
            self.results.orders[database] = orders.measure(few, many, quick=self._options.quick)

    def _scale(self, waiting: int) -> None:
        """SQLite again: by itself, beside an endpoint that is down, with a long backlog, and with many endpoints."""
        events = EVENTS["SQLite"] // self._quick
        found = self.results.scale
        self._say("scale, SQLite: for comparison")
        with self._installation("SQLite") as installation:
            found[f"{ENDPOINTS * events:,} waiting for {ENDPOINTS} endpoints"] = self._send_backlog(
                installation, ENDPOINTS, events
            )
        self._say(f"scale, SQLite: {waiting:,} waiting for an endpoint that is down")
        with self._installation("SQLite") as installation:
            nobody = f"http://127.0.0.1:{free_port()}/"
            (down,) = installation.add_endpoints(1, nobody, event_type=OTHER_EVENT_TYPE)
            installation.record([None] * waiting, event_type=OTHER_EVENT_TYPE, body_bytes=200, in_transaction=1000)
            name = f"{waiting:,} waiting for an endpoint that is down"
            found[name] = self._send_backlog(installation, ENDPOINTS, events, beside=down)
        self._say(f"scale, SQLite: {waiting:,} waiting for {ENDPOINTS} endpoints")
        with self._installation("SQLite") as installation:
            name = f"{waiting:,} waiting for {ENDPOINTS} endpoints"
            found[name] = self._send_backlog(installation, ENDPOINTS, waiting // ENDPOINTS)
        many = MANY_ENDPOINTS // self._quick
        self._say(f"scale, SQLite: {many:,} endpoints")
        with self._installation("SQLite") as installation:
            found[f"{many:,} endpoints"] = self._send_backlog(installation, many, 6)

    @contextmanager
    def _installation(self, database: str) -> Iterator[Installation]:
        """A fresh one; its folder is removed afterwards, for they grow large."""
        name = f"{database.lower()}-{time.monotonic_ns()}"
        url = self._postgres.database(name) if database == "PostgreSQL" and self._postgres else None
        folder = self._folder / name
        with closing(Installation(folder, url)) as installation:
            try:
                yield installation
            except BenchmarkFailed as failure:
                raise BenchmarkFailed(f"{failure}\n{installation.complaints()}") from None
        shutil.rmtree(folder)

    def _say(self, what: str) -> None:
        self._console.print(f"[bold]{what}[/]")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parts, databases = ["backlog", "accepted", "latency", "isolation", "pages", "orders"], ["SQLite", "PostgreSQL"]
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to see that it works")
    parser.add_argument("--parts", nargs="*", default=parts, metavar="PART", help=f"of {', '.join(parts)}, or none")
    parser.add_argument("--databases", nargs="+", choices=databases, default=databases, help="both are the default")
    parser.add_argument(
        "--big",
        nargs="?",
        type=int,
        const=1_000_000,
        metavar="N",
        help="also with N (1,000,000) messages waiting and with 10,000 endpoints: takes minutes and 2 GB",
    )
    parser.add_argument("--profile", action="store_true", help="instead: where the dispatcher spends its time")
    parser.add_argument("--docs", action="store_true", help="also put the tables into docs/performance.md")
    parser.add_argument("--install", action="store_true", help="install wrk and nginx with apt-get if they are missing")
    options = parser.parse_args()
    if not set(options.parts) <= set(parts):
        parser.error(f"there are these parts: {', '.join(parts)}")
    return options


def main() -> int:
    options = _options()
    # Printed into a file, a table must not be cut to the width that a terminal would have.
    console = Console(width=None if sys.stdout.isatty() else 160)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: ends what was started, removes the folder
    folder = BUILD / f"bench-{os.getpid()}"
    folder.mkdir(parents=True)
    began = time.monotonic()
    try:
        yardstick.check_tools(install=options.install)
        with ExitStack() as stack:
            benchmark = Benchmark(console, folder, options, stack)
            if options.profile:
                console.print(benchmark.profile(), markup=False, highlight=False)
                return 0
            usual, scale = benchmark.run()
    except BenchmarkFailed as failure:
        console.print(f"[red]The benchmark failed.[/] {failure}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    finally:
        shutil.rmtree(folder)
    made = [*usual, *scale]
    file = BUILD / "bench.json"
    report.write(file, made, {"machine": benchmark.machine, "results": asdict(benchmark.results)})
    report.show(console, made)
    if options.docs:
        if options.parts:
            report.put_into(DOCS, "table", usual)
        if scale:
            report.put_into(DOCS, "scale", scale)
    console.print(f"\n{report.markdown(made)}\n", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{time.monotonic() - began:.0f} s. All figures: {file.relative_to(BUILD.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
