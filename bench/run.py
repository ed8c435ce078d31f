"""`make bench`: how fast Waybell is, beside what wrk gets through on the same machine in the same run.

Loopback only, on folders and databases of its own below build/, which are removed at the end.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console

import accepted
import backlog
import growth
import hanging
import history
import isolation
import latency
import orders
import pages
import plot
import postgres
import report
import sampler
import yardstick
from installation import Installation
from processes import BenchmarkFailed
from results import Results, growth_lines, hanging_lines, isolation_lines, lines

BUILD = Path(__file__).parent.parent / "build"
DOCS = BUILD.parent / "docs"
PAGE, PLOT = DOCS / "performance.md", "growth.svg"
DATABASES = ("SQLite", "PostgreSQL")
USUAL_PARTS = ("backlog", "accepted", "latency", "pages", "orders")
LONG_PARTS = ("isolation", "hanging", "growth")  # up to half an hour: only when they are asked for
ENDPOINTS = 50
EVENTS = {"SQLite": 1200, "PostgreSQL": 600}  # times ENDPOINTS is messages


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
        self.failed = False  # a part did: the others are worth something all the same

    def run(self) -> dict[str, list[report.Line]]:
        """The lines of each table, by its name, where the parts that fill it were run."""
        parts: dict[str, Callable[[str], None]] = {
            "backlog": self._backlog,
            "accepted": self._accepted,
            "latency": self._latency,
            "isolation": self._isolation,
            "hanging": self._hanging,
            "growth": self._growth,
            "pages": self._pages,
            "orders": self._orders,
        }
        self._wrk()
        for part in self._options.parts:
            for database in self._options.databases:
                self._say(f"{part}, {database}")
                try:
                    parts[part](database)
                except BenchmarkFailed as failure:
                    self.failed = True
                    self._console.print(f"[red]This part failed.[/] {failure}", highlight=False)
            if part == "backlog":
                self._wrk()  # close to what is compared with it: a shared machine is never the same twice
        self._wrk()
        tables = {
            "isolation": isolation_lines(self.results),
            "hanging": hanging_lines(self.results),
            "growth": growth_lines(self.results),
        }
        if not set(self._options.parts) <= set(LONG_PARTS):
            tables["table"] = lines(self.results, self._yardstick)
        return {name: table for name, table in tables.items() if table}

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
            database_pid=self._database_pid("PostgreSQL" if installation.on_postgres else "SQLite"),
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
        runs, compared = self.results.isolation.setdefault(database, []), self.results.compared.setdefault(database, [])
        for bad in isolation.BAD:
            rounds = [
                [self._isolated(database, fare, bad) for fare in isolation.order(number)]
                for number in range(isolation.ROUNDS)
            ]
            runs += [one for several in rounds for one in several]
            compared += isolation.compared(rounds)
        events = EVENTS[database] // self._quick
        with self._installation(database) as without, self._installation(database) as beside:
            self.results.heaps[database] = isolation.heap(
                lambda one, dead: self._send_backlog(one, ENDPOINTS, events, dead),
                without,
                beside,
                quick=self._options.quick,
                progress=self._tell,
            )

    def _isolated(self, database: str, fare: isolation.Fare, bad: int) -> isolation.Run:
        with self._installation(database, isolation.SETTINGS) as installation:
            run = isolation.measure(installation, fare, bad, quick=self._options.quick)
        self._tell(
            f"{bad} of 100 {fare}: p99 {run.p99_ms:.1f} ms, backlog {run.backlog_per_second:,.0f}/s, "
            f"{run.failed} attempts failed, {run.parked} parked, {run.never_came} messages never came"
        )
        return run

    def _hanging(self, database: str) -> None:
        rounds = []
        for number in range(1 if self._options.quick else hanging.ROUNDS):
            counts = (hanging.HANGING, 0) if number % 2 else (0, hanging.HANGING)
            runs = {count: self._beside_hanging(database, count) for count in counts}
            rounds.append((runs[hanging.HANGING], runs[0]))
        self.results.hanging[database] = hanging.compared(rounds)

    def _beside_hanging(self, database: str, count: int) -> hanging.Run:
        with self._installation(database, hanging.SETTINGS) as installation:
            run = hanging.measure(installation, count, quick=self._options.quick)
        self._tell(
            f"{count} hang: p50 {run.p50_ms:.1f}, p99 {run.p99_ms:.1f} ms; across a restart p50 "
            f"{run.restart_p50_ms:.1f}, p99 {run.restart_p99_ms:.0f} ms; {run.failed} attempts failed"
        )
        return run

    def _growth(self, database: str) -> None:
        means = growth.Means(
            partial(self._installation, database, history.KEPT),
            self._nginx.url(),
            self._database_pid(database),
            partial(self._yardstick.measure, 1 if self._options.quick else 2),
            self._tell,
            self._options.quick,
        )
        steps = self.results.growth.setdefault(database, [])
        for step in growth.measure(means, several=database in growth.SEVERAL_DISPATCHERS):
            steps.append(step)

    def _pages(self, database: str) -> None:
        with self._installation(database) as installation:
            self.results.pages[database] = pages.measure(installation, self._quick)

    def _orders(self, database: str) -> None:
        with self._installation(database) as few, self._installation(database) as many:
            self.results.orders[database] = orders.measure(few, many, quick=self._options.quick)

    @contextmanager
    def _installation(self, database: str, settings: Mapping[str, str] | None = None) -> Iterator[Installation]:
        """A fresh one; its folder is removed afterwards, for they grow large."""
        name = f"{database.lower()}-{time.monotonic_ns()}"
        url = self._postgres.database(name) if database == "PostgreSQL" and self._postgres else None
        folder = self._folder / name
        with closing(Installation(folder, url, settings)) as installation:
            try:
                yield installation
            except BenchmarkFailed as failure:
                raise BenchmarkFailed(f"{failure}\n{installation.complaints()}") from None
        shutil.rmtree(folder)
        if url and self._postgres:
            self._postgres.drop(name)

    def _database_pid(self, database: str) -> int | None:
        return self._postgres.pid if self._postgres and database == "PostgreSQL" else None

    def _say(self, what: str) -> None:
        self._console.print(f"[bold]{what}[/]")

    def _tell(self, what: str) -> None:
        self._console.print(f"  {time.strftime('%H:%M:%S')} {what}", highlight=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parts = [*USUAL_PARTS, *LONG_PARTS]
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, to see that it works")
    parser.add_argument(
        "--parts",
        nargs="+",
        default=USUAL_PARTS,
        metavar="PART",
        help=f"the default is {', '.join(USUAL_PARTS)}; there are also {', '.join(LONG_PARTS)}, which take long",
    )
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES, help="both are the default")
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
            tables = benchmark.run()
    except BenchmarkFailed as failure:
        console.print(f"[red]The benchmark failed.[/] {failure}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    finally:
        shutil.rmtree(folder)
    made = [line for table in tables.values() for line in table]
    file = BUILD / "bench.json"
    report.write(file, made, {"machine": benchmark.machine, "results": asdict(benchmark.results)})
    report.show(console, made)
    into_docs = options.docs and not benchmark.failed
    if benchmark.results.growth and not benchmark.failed:
        plot.draw(benchmark.results.growth, (DOCS if into_docs else BUILD) / PLOT)
    if into_docs:
        for name, table in tables.items():
            picture = f"\n\n![{plot.DESCRIPTION}]({PLOT})" if name == "growth" else ""
            report.put_into(PAGE, name, report.markdown(table) + picture)
    console.print(f"\n{report.markdown(made)}\n", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{time.monotonic() - began:.0f} s. All figures: {file.relative_to(BUILD.parent)}")
    if benchmark.failed:
        console.print("[red]The benchmark failed, see above.[/] Nothing was put into the documentation.")
    return int(benchmark.failed)


if __name__ == "__main__":
    sys.exit(main())
