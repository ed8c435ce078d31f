"""Processes that the benchmark starts: each is ended by its own id, whatever happens, and asked what it has used."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE_SECONDS = 30


class BenchmarkFailed(Exception):  # noqa: N818 - it reads as what happened
    """The run is worth nothing; says why."""


@contextmanager
def started(
    command: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    stop: int = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until the block ends. Its output goes into files of `folder` that are named by its id."""
    folder.mkdir(parents=True, exist_ok=True)
    out, log = folder / "starting.out", folder / "starting.log"
    with out.open("wb") as out_file, log.open("wb") as log_file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out_file,
            stderr=log_file,
            start_new_session=True,  # Ctrl-C is for the benchmark, which then ends its processes in its own order
        )
    out.rename(folder / f"{process.pid}.out")
    log.rename(folder / f"{process.pid}.log")
    try:
        yield process
    finally:
        end(process, stop)


def end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(
    ready: Callable[[], bool],
    what: str,
    *,
    seconds: float,
    process: subprocess.Popen[bytes] | None = None,
    every: float = 0.01,
) -> None:
    """Raises `BenchmarkFailed` when it takes too long, or when the process that it depends on has ended."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process is not None and process.poll() is not None:
            raise BenchmarkFailed(f"A process ended before its time, waiting for: {what}.")
        if time.monotonic() > deadline:
            raise BenchmarkFailed(f"This took longer than {seconds:.0f} s: {what}.")
        time.sleep(every)


def accepts_connections(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processors, user and system."""
    utime, stime, *_ = _times(pid)
    return (utime + stime) / _TICKS


def family_cpu_seconds(pid: int) -> float:
    """The same of a process and its children, the ended ones too."""
    ticks = sum(_times(pid))
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(OSError):  # it has just ended: next time it counts among the ended
            ticks += sum(_times(int(child))[:2])
    return ticks / _TICKS


def _times(pid: int) -> list[int]:
    """utime, stime, and those of children that have ended."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in after_name[11:15]]


def peak_memory_mb(pid: int) -> float:
    """The most that a process has had in memory so far, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise BenchmarkFailed("This system does not tell how much memory a process uses.")
