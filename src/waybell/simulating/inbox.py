"""The other side of the receiver: its process, the commands to it, and its reports."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from waybell.simulating.judge import Arrival, Fact
from waybell.simulating.server import clean_environment

_ANSWER_SECONDS = 30


class ReceiverFailed(Exception):  # noqa: N818 - the name says what happened
    """The receiver's process did not obey a command."""


class Inbox:
    """The receiver's process. `on_arrival` gets each request in the order of arrival, on another thread."""

    def __init__(self, folder: Path, on_arrival: Callable[[Arrival], None]) -> None:
        self._folder = folder
        self._on_arrival = on_arrival
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()

    def __enter__(self) -> Self:
        self._log = (self._folder / "receiver.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "waybell.simulating.receiver"],
            cwd=self._folder,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name="inbox", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.close()  # the process ends when its stdin does
            self._process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()
        self._log.close()

    def wait_for_port(self) -> int:
        port: int = self._answer()["port"]
        return port

    def tell(self, command: str) -> dict[str, Any]:
        """Send a command that the receiver knows (see `receiver.py`), and return its answer when it is done."""
        assert self._process.stdin
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except OSError:
            raise ReceiverFailed(f"The receiver has ended. Its log:\n{self._log_text()}") from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        try:
            answer = self._answers.get(timeout=_ANSWER_SECONDS)
        except queue.Empty:
            answer = {}
        if not answer:
            raise ReceiverFailed(f"The receiver does not answer. Its log:\n{self._log_text()}")
        return answer

    def _log_text(self) -> str:
        return (self._folder / "receiver.log").read_text(encoding="utf-8", errors="replace").strip() or "(empty)"

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            said = json.loads(line)
            if "state" in said:
                self._answers.put(said)
            else:
                self._note(said)
        self._answers.put({})  # the process has ended: wake a waiting caller

    def _note(self, said: dict[str, Any]) -> None:
        event = said["event"]
        self._on_arrival(
            Arrival(
                Fact.read(event) if event else None,
                datetime.fromisoformat(said["arrived_at"]),
                said["duplicate"],
                (event and event["Data"].get("Status")) or "",
            )
        )
