"""`waybell` as a process of its own, and what can be seen of it from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO, Any, TypeVar

from support.waiting import wait_for

T = TypeVar("T")


def eventually(condition: Callable[[], T]) -> T:
    """What the condition answers once that is true. Processes start slowly on a machine that has much to do."""
    return wait_for(condition, 120)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def run(folder: Path, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "waybell", *arguments],
        cwd=folder,
        env=environment_of(settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def _terminal(copy: Path) -> IO[bytes]:
    """The end of a terminal that a program prints to; what it prints is found in the file."""
    master, slave = os.openpty()
    copy.touch()

    def follow() -> None:
        with os.fdopen(master, "rb", buffering=0) as terminal, copy.open("wb", buffering=0) as file, suppress(OSError):
            while part := terminal.read(4096):  # that nobody is left who prints is an error there
                file.write(part)

    Thread(target=follow, daemon=True).start()
    return os.fdopen(slave, "wb", buffering=0)


class Program:
    """A server command that goes on until it is stopped. Its settings are given as `PORT="..."`.

    `environment` is what else it finds in its environment. On a `terminal` it prints to a person, else to a file, as a
    service does.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        terminal: bool = False,
        **settings: str,
    ) -> None:
        name = f"run-{len(list(folder.glob('run-*.out')))}"
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        with _terminal(self._out) if terminal else self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "waybell", *arguments],
                cwd=folder,
                env=environment_of({"LOG_FORMAT": "json", **settings}) | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        self.port = int(settings.get("PORT", "0"))

    @property
    def printed(self) -> str:
        return self._out.read_text()

    @property
    def logged(self) -> str:
        return self._err.read_text()

    def events(self, event: str, **keys: Any) -> list[dict[str, Any]]:
        """The log lines of this event whose keys have these values."""
        lines = (json.loads(line) for line in self.logged.splitlines() if line.startswith("{") and line.endswith("}"))
        wanted = {"event": event, **keys}
        return [line for line in lines if wanted.items() <= line.items()]

    def started(self, name: str, times: int = 1) -> int:
        """Wait until the child of this name was started so many times; answers the newest one's process id."""
        return int(eventually(lambda: self._starts(name, times))[-1]["pid"])

    def _starts(self, name: str, times: int) -> list[dict[str, Any]]:
        assert self.process.poll() is None, self.logged
        found = self.events("process.started", name=name)
        return found if len(found) >= times else []

    def status(self, path: str) -> int:
        answer = self.get(path)
        return answer[0] if answer else 0

    def get(self, path: str, key: str = "") -> tuple[int, str] | None:
        """Status and body, or None when nobody answers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"X-API-KEY": key})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return None

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and wait for the end; answers the exit code."""
        self.process.send_signal(number)
        return self.process.wait(120)

    def end(self) -> None:
        """For clean-up: whatever still runs of what we started, ends."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(120)
        pids = [line["pid"] for line in self.events("process.started")]
        eventually(lambda: not any(map(is_running, pids)))  # they notice that their supervisor is gone


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    try:  # ended, and only not yet waited for by whoever inherited it
        return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
    except (FileNotFoundError, ProcessLookupError):
        return False


def environment_of(settings: dict[str, str]) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("WAYBELL_")}
    rates = {"WAYBELL_CALLS_PER_SECOND": "100000", "WAYBELL_CALLS_PER_MINUTE": "100000"}  # tests are in a hurry
    return others | rates | {f"WAYBELL_{name}": value for name, value in settings.items()}
