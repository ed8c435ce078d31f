"""Events a second that the API accepts: `waybell web` under wrk, one by one and in bulk, with no dispatcher running."""

from dataclasses import dataclass

from installation import EVENT_TYPE, Installation
from processes import BenchmarkFailed, accepts_connections, cpu_seconds, peak_memory_mb, wait_for
from yardstick import data_of, wrk

BULK = 100
CONNECTIONS = {1: 16, BULK: 8}
# How much a body of `data_of` is filled up, so that what webhooks would carry has the size of the yardstick's.
_FILLING = str(data_of(0)["Note"])


@dataclass(frozen=True)
class Accepted:
    endpoints: int
    bulk: int  # events in a request
    per_second: float  # events
    p50_ms: float  # of a request
    p99_ms: float
    web_cpu_us: float  # an event
    peak_memory_mb: float


def measure(installation: Installation, endpoints: int, seconds: int) -> list[Accepted]:
    """With so many endpoints, one request at a time and in bulk."""
    installation.add_endpoints(endpoints, "http://127.0.0.1:9/nobody-sends-there")
    with installation.running("web") as pids:
        port = installation.port
        wait_for(lambda: accepts_connections(port), "the web server accepts connections", seconds=30)
        return [_measure(installation, pids["web"], endpoints, bulk, seconds) for bulk in CONNECTIONS]


def _measure(installation: Installation, pid: int, endpoints: int, bulk: int, seconds: int) -> Accepted:
    before, cpu = installation.count_events(), cpu_seconds(pid)
    connections = CONNECTIONS[bulk]
    arguments = [installation.first.key_text, EVENT_TYPE, str(bulk), _FILLING]
    run = wrk("publish.lua", f"http://127.0.0.1:{installation.port}/api/Event", connections, seconds, arguments)
    used = cpu_seconds(pid) - cpu
    stored = installation.count_events() - before
    # What was under way when wrk stopped may be stored without being counted.
    if run.failed or not run.requests * bulk <= stored <= (run.requests + connections) * bulk:
        raise BenchmarkFailed(
            f"{run.requests} requests of {bulk} events, {run.failed} refused, {stored} events stored."
        )
    return Accepted(
        endpoints,
        bulk,
        run.requests * bulk / run.seconds,
        run.p50_us / 1000,
        run.p99_us / 1000,
        used / stored * 1e6,
        peak_memory_mb(pid),
    )
