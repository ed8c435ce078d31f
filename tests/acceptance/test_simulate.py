"""A small simulated day as somebody plays it at a terminal: a server of its own, and a verdict."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from support.waiting import wait_for


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "waybell", "simulate", *arguments]


def environment(folder: Path) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("WAYBELL_")}
    return others | {"TMPDIR": str(folder)}


def test_a_small_day_passes_and_leaves_nothing_behind(tmp_path):
    day = subprocess.run(
        command("--drivers", "3", "--orders", "24", "--faults", "offline,cut,duplicates,endpoint"),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert day.returncode == 0, day.stdout + day.stderr
    assert "PASSED  all that was done was told once, in order, and is shown." in day.stdout
    assert re.search(r"^ ERP differs from API +0 ", day.stdout, re.MULTILINE)
    assert re.search(r"^ Lost +0 ", day.stdout, re.MULTILINE)
    assert "\x1b" not in day.stdout
    assert day.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_day_that_is_stopped_by_hand_gives_the_verdict_so_far(tmp_path):
    with subprocess.Popen(
        command("--drivers", "2", "--orders", "20", "--speed", "200"),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A suite that runs in the background of a shell ignores the signal, and its children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
    ) as day:
        assert day.stdout
        told = [day.stdout.readline()]
        wait_for(lambda: told.append(day.stdout.readline()) or told[-1].startswith("05:"))
        day.send_signal(signal.SIGINT)
        told.append(day.stdout.read())
    assert day.returncode == 130, "".join(told)
    assert "Stopped by hand; so far: " in told[-1]
    assert list(tmp_path.iterdir()) == []
