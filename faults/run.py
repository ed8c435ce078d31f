"""`make faults`: everything that can go wrong, under load, on both databases; what was lost, and how long it took.

Each fault strikes again and again while clients publish. Then the load ends, and within a deadline every event that was
answered with 201 must have arrived at every receiver, in the order of its subject. Loopback only. `--docs` puts the
tables into `docs/sending.md`, when every fault was shown and nothing is amiss.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rich.console import Console

import clock
import database
import killing
import names
import postgres
import receiving
import tls
from fault import DATABASES, Fault, NotHere, Scene
from report import Row, into_docs, say, table
from support.installation import RECEIVERS, Installation, publishing
from support.load import account, seconds_until

BUILD = Path(__file__).parent.parent / "build" / "faults"
ALL: list[Fault] = [*killing.FAULTS, *database.FAULTS, *receiving.FAULTS, *tls.FAULTS, *clock.FAULTS, *names.FAULTS]

_LONGEST_RECOVERY = 60.0  # seconds: five leases
_BETWEEN = 1.0  # seconds: the longest pause before the next strike


def endure(scene: Scene, fault: Fault, times: int) -> float:
    """Strike so many times; answers how long the longest recovery took."""
    longest = 0.0
    for _ in range(times):
        time.sleep(random.uniform(0, _BETWEEN))  # a random moment
        fault.strike(scene)
        before = [len(one.accepted) for one in scene.publishers]
        longest = max(longest, seconds_until(partial(_goes_on, scene, before), _LONGEST_RECOVERY))
    return longest


def _goes_on(scene: Scene, before: list[int]) -> bool:
    """Whether what each publisher had accepted first, after so many, has arrived everywhere. Restarts what has died."""
    installation = scene.installation
    installation.start()
    fresh = {
        one.accepted[count] for one, count in zip(scene.publishers, before, strict=True) if len(one.accepted) > count
    }
    return len(fresh) == len(before) and all(fresh <= installation.witness.taken(path) for path in RECEIVERS)


def judge(
    installation: Installation, fault: Fault, database_name: str, times: int, server: postgres.Server | None
) -> Row:
    environment = fault.environment(installation.folder)
    if environment != installation.environment:
        installation.move_to(environment)
    installation.witness.forget()
    recovery, trouble = 0.0, ""
    with publishing(installation) as publishers:
        scene = Scene(installation, publishers, server)
        try:
            for publisher in publishers:
                publisher.more(20)
            recovery = endure(scene, fault, times)
        except AssertionError as error:
            trouble = str(error) or "not recovered in time"
    accepted = [event_id for one in publishers for event_id in one.accepted]
    unexpected = [text for one in publishers for text in one.unexpected]
    installation.start()
    try:
        wanted = set(accepted)
        seconds_until(lambda: all(wanted <= installation.witness.taken(path) for path in RECEIVERS), _LONGEST_RECOVERY)
        installation.ready()
        seconds_until(lambda: installation.unfinished() == 0, _LONGEST_RECOVERY)
    except AssertionError:
        trouble = trouble or f"{installation.unfinished()} messages are stuck"
    if unexpected:
        trouble = trouble or f"answers: {unexpected[0][:200]}"
    found = account(accepted, list(installation.witness.arrivals), RECEIVERS)
    return Row(fault, database_name, times, found, recovery, trouble)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A tmpfs of 1 GB, where that is allowed; else just a folder, and faults that need one say so.

    It is full when a fault fills it, and not before: all that a whole run publishes has to find room in it.
    """
    if os.path.ismount(folder):  # of a run that was killed
        subprocess.run(["umount", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=1g", "waybell-faults", str(folder)]
    mounted = os.name == "posix" and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=False)


def run(options: argparse.Namespace, console: Console) -> list[Row]:
    rows = []
    for name in options.databases:
        with contextlib.ExitStack() as stack:
            folder = BUILD / name.lower()
            shutil.rmtree(folder / "logs", ignore_errors=True)
            stack.enter_context(small_disk(folder / "data"))
            shutil.rmtree(BUILD / "server", ignore_errors=True)
            server = None
            if name == "PostgreSQL":
                server = stack.enter_context(postgres.server(BUILD / "server"))
            installation = Installation(folder, server.database("faults") if server else None)
            stack.callback(installation.end)
            installation.begin()
            for fault in ALL:
                if name not in fault.databases or not any(part in fault.name for part in options.only or [""]):
                    continue
                times = max(1, round(fault.times * options.share))
                try:
                    row = judge(installation, fault, name, times, server)
                except NotHere as lack:
                    console.print(f"  [yellow]{fault.name}, {name}: not shown, this machine lacks {lack}")
                    continue
                rows.append(row)
                say(console, row)
            for line in installation.complaints() if options.complaints else []:
                console.print(f"  [dim]{line}", highlight=False)
    return rows


def end_early(number: int, _frame: object) -> None:
    """End what was started and take away what was mounted, once: whoever is impatient must not break into that."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    sys.exit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--only", action="append", help="only faults whose name holds this; may be repeated")
    parser.add_argument("--share", type=float, default=1.0, help="strike this share of the usual times")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--complaints", action="store_true", help="print what was logged as an error")
    parser.add_argument("--docs", action="store_true", help="also put the tables into docs/sending.md, if all is sound")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end_early)
    console = Console()
    began = time.monotonic()
    rows = run(options, console)
    for name in options.databases:
        console.print(table(name, [row for row in rows if row.database == name]))
    unsound = [row for row in rows if not row.is_sound]
    for row in unsound:
        console.print(f"[red]{row.fault.name}, {row.database}: {row.trouble or 'see the table'}")
    console.print(f"{(time.monotonic() - began) / 60:.0f} minutes.", highlight=False)
    if options.docs and not unsound and len(rows) == sum(len(fault.databases) for fault in ALL):
        into_docs(rows, options.share)
    elif options.docs:
        console.print("Nothing was put into the documentation: it shows every fault, on both databases, all sound.")
    return 1 if unsound or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
