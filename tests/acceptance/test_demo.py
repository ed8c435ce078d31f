"""The demo as a visitor runs it, but without a terminal: a real server, a real receiver, a whole delivery day."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from support.program import free_port


def run_demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("WAYBELL_")}
    return subprocess.run(
        [sys.executable, "-m", "waybell", "demo", *arguments],
        cwd=folder,
        # Settings of the user are not for the demo: this one would keep its server from starting.
        env=others | {"TMPDIR": str(folder), "WAYBELL_HOST": "no address"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def number(text: str, name: str) -> int:
    found = re.search(rf"^ {name} +(\d+)\b", text, re.MULTILINE)
    assert found, text
    return int(found[1])


def test_the_day_ends_well_and_leaves_nothing_behind(tmp_path):
    """One test, because a run takes half a minute."""
    (tmp_path / "waybell.toml").write_text("this is no TOML")  # nor is a file where the user stands

    port = free_port()
    demo = run_demo(tmp_path, "--once", "--port", str(port))

    told = demo.stdout
    assert demo.returncode == 0, told + demo.stderr
    assert "PASSED  334 of 334 events received and verified, 0 lost, 0 out of order." in told

    # The pages are one link away from the start on; it stands on a line of its own, to be copied.
    assert re.search(rf"^http://127\.0\.0\.1:{port}/sign-in/link\?token=[\w-]{{43}}$", told, re.MULTILINE)
    assert told.index("/sign-in/link") < told.index("The ERP imports")

    # The summary accounts for it all; some attempts found the receiver down.
    assert number(told, "Changes made") == 205
    assert number(told, "Events") == number(told, "Messages") == number(told, "Received and verified") == 334
    assert number(told, "Attempts") > 334
    assert number(told, "Lost") == number(told, "Out of order") == 0

    # Without a terminal each arrival is a plain line.
    line = r"^\d\d:\d\d:\d\d\.\d{3}  \w+ +(?:order|route) \S+ +v\d+ +\d+\.\d+ m?s  (?:verified|duplicate)$"
    assert len(re.findall(line, told, re.MULTILINE)) == 334 + number(told, "Duplicates")
    assert "\x1b" not in told
    assert told.index("The receiver goes down") < told.index("The receiver is back")

    assert demo.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["waybell.toml"]


def test_a_port_that_is_taken_ends_the_demo_and_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        demo = run_demo(tmp_path, "--once", "--port", port)
    assert demo.returncode == 1
    assert port in demo.stdout
