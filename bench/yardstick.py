"""The yardstick: wrk, and the cheapest receiver that we know of, nginx.

nginx reads the body, throws it away and answers 204. What Waybell sends in a second is told as a share of what wrk,
which does nothing else but post, gets through to the same receiver on the same machine in the same run.
"""

import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from processes import BenchmarkFailed, accepts_connections, free_port, started, wait_for
from waybell.events.model import Event, body
from waybell.webhooks.model import Secret
from waybell.webhooks.sending.exchange import USER_AGENT
from waybell.webhooks.signing import new_secret, signature_header

HERE = Path(__file__).parent
BODY_BYTES = 1024
CONNECTIONS, THREADS = 64, 2

_PACKAGES = {"wrk": "wrk", "nginx": "nginx-light"}
_NGINX = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    client_body_buffer_size 64k;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{ return 204; }}
    }}
}}
"""


@dataclass(frozen=True)
class WrkRun:
    requests: int
    seconds: float
    failed: int
    p50_us: int
    p99_us: int
    cpu_us: float  # of wrk itself, a request

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


@dataclass(frozen=True)
class Nginx:
    port: int
    pid: int

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def check_tools(*, install: bool) -> None:
    """Raises `BenchmarkFailed` with the command that makes up for what is missing; `install` runs it."""
    missing = [package for tool, package in _PACKAGES.items() if not _path_of(tool)]
    if not missing:
        return
    command = ["apt-get", "install", "--yes", *missing]
    if install:
        subprocess.run(["apt-get", "update"], check=True)
        subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        return
    # Without the yardstick the figures would only tell how fast this machine is.
    raise BenchmarkFailed(
        f"{' and '.join(missing)} must be installed, there is nothing to compare with otherwise. On Debian, as root: "
        f"{' '.join(command)} (or make bench ARGS=--install); elsewhere, put them into PATH."
    )


def _path_of(tool: str) -> str | None:
    return shutil.which(tool) or shutil.which(tool, path="/usr/sbin:/usr/local/sbin:/sbin")


@contextmanager
def receiver(folder: Path) -> Iterator[Nginx]:
    """An nginx of our own, one process, until the block ends."""
    folder.mkdir(parents=True)
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(_NGINX.format(folder=folder, port=port, user=user))
    command = [_path_of("nginx") or "nginx", "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(config)]
    with started(command, folder, stop=signal.SIGTERM) as process:
        wait_for(lambda: accepts_connections(port), "nginx accepts connections", seconds=10, process=process)
        yield Nginx(port, process.pid)


def a_body() -> bytes:
    """An event as Waybell sends it, of exactly `BODY_BYTES`."""
    return body(Event("acc", "BenchmarkEvent", "subject", data_of(0), id="evt_" + "0" * 26), 1, datetime.now(UTC))


def data_of(number: int, *, body_bytes: int = BODY_BYTES) -> dict[str, object]:
    """The Data of an event whose whole body has about `body_bytes`."""
    return {"Number": number, "Note": "x" * max(0, body_bytes - _EMPTY_BYTES)}


_EMPTY_BYTES = len(
    body(
        Event("acc", "BenchmarkEvent", "subject", {"Number": 0, "Note": ""}, id="evt_" + "0" * 26), 1, datetime.now(UTC)
    )
)


class Yardstick:
    """wrk against the receiver, run several times in the course of the benchmark; the median counts."""

    def __init__(self, nginx: Nginx, folder: Path, seconds: int) -> None:
        self._nginx = nginx
        self._seconds = seconds
        self._body = folder / "body.json"
        self._body.write_bytes(a_body())
        self.runs: list[WrkRun] = []

    def measure(self, seconds: int | None = None) -> WrkRun:
        """One run. One of other `seconds` than usual is for whoever asked, and does not count in the median."""
        now, event_id = datetime.now(UTC), "evt_" + "0" * 26
        signature = signature_header([Secret("v1", new_secret("v1"))], event_id, now, self._body.read_bytes())
        headers = {
            "User-Agent": USER_AGENT,
            "Content-Type": "application/json",
            "Accept": "*/*",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        arguments = [str(self._body), *(part for header in headers.items() for part in header)]
        run = wrk("post.lua", self._nginx.url(), CONNECTIONS, seconds or self._seconds, arguments)
        if run.failed:
            raise BenchmarkFailed(f"The receiver refused {run.failed} requests of wrk.")
        if seconds is None:
            self.runs.append(run)
        return run

    @property
    def per_second(self) -> float:
        return statistics.median(run.per_second for run in self.runs)

    @property
    def cpu_us(self) -> float:
        return statistics.median(run.cpu_us for run in self.runs)


def wrk(script: str, url: str, connections: int, seconds: int, arguments: Sequence[str]) -> WrkRun:
    command = [_path_of("wrk") or "wrk", f"-t{THREADS}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
    before = _cpu_of_children()
    done = subprocess.run(
        [*command, "-s", str(HERE / script), url, "--", *arguments],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    used = _cpu_of_children() - before
    found = [line for line in done.stdout.splitlines() if line.startswith("SUMMARY ")]
    if done.returncode or not found:
        raise BenchmarkFailed(f"wrk failed: {done.stdout}{done.stderr}")
    result = json.loads(found[0].removeprefix("SUMMARY "))
    return WrkRun(
        result["requests"],
        result["microseconds"] / 1e6,
        result["failed"],
        result["p50_us"],
        result["p99_us"],
        used / max(1, result["requests"]) * 1e6,
    )


def _cpu_of_children() -> float:
    """Seconds that processes of ours which have ended have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
