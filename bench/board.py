"""`bench/board.py`: the board in a real Chromium, with 2,000 orders, steady changes, and other boards open.

It starts a server on a throw-away folder, and prints the figures. With --docs it also puts them into
docs/performance.md.
"""

import http.client
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import psutil  # type: ignore[import-untyped]  # noqa: E402
from playwright.sync_api import CDPSession, Page  # noqa: E402

from report import Line, markdown  # noqa: E402
from support.boards import a_day  # noqa: E402
from support.browser import chromium, sign_in  # noqa: E402
from support.program import Program, eventually, free_port  # noqa: E402
from waybell.accounts import sessions  # noqa: E402
from waybell.accounts.model import Actor  # noqa: E402
from waybell.app import build  # noqa: E402
from waybell.running.first_start import prepare  # noqa: E402
from waybell.settings import load  # noqa: E402
from waybell.simulating.client import Client  # noqa: E402

DAY = "2026-11-23"
ROUTES, ON_EACH, POOL = 100, 19, 100
CHANGES_A_SECOND, OTHER_BOARDS = 20, 4
LOADS, DRAGS = 5, 8
_STEPS = 40
DOCUMENT = ROOT / "docs/performance.md"
_BETWEEN = re.compile("<!-- board -->.*?<!-- /board -->", re.DOTALL)

_OBSERVE = """() => {
  window.seen = { events: [], frames: [] };
  const note = (one) => { if (one.interactionId) seen.events.push(one.duration) };
  const observer = new PerformanceObserver((list) => list.getEntries().forEach(note));
  observer.observe({ type: "event", durationThreshold: 16 });
  let last = performance.now();
  const frame = (now) => {
    if (window.dragging) seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
_USABLE = "() => document.querySelector('.live-state.is-live') && document.querySelector('.stop') && performance.now()"


def main() -> None:
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        settings: dict[str, Any] = {"PORT": str(port), "DATA_DIR": str(folder / "data")}
        settings |= {"CALLS_PER_SECOND": "1000", "CALLS_PER_MINUTE": "60000"}
        loaded = load({f"WAYBELL_{key}": value for key, value in settings.items()} | {"WAYBELL_CONFIG": os.devnull})
        first = prepare(loaded, account_name="Board", time_zone="Europe/Tallinn")
        assert first
        app = build(loaded)
        actor = Actor(first.account, "bench")
        a_day(app.database, actor, many_routes=ROUTES, on_each=ON_EACH, pool=POOL)
        with app.database.transaction() as tx:
            cookies = [_cookie(tx, actor, port) for _ in range(OTHER_BOARDS)]
        program = Program(folder, "serve", **settings)
        try:
            eventually(lambda: program.status("/readyz") == 200)
            lines = _measure(f"http://127.0.0.1:{port}", first, cookies)
        finally:
            program.end()
            app.close()
    text = markdown(lines)
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors\n{text}")
    if "--docs" in sys.argv:
        page = DOCUMENT.read_text(encoding="utf-8")
        load_average = f"Measured at a load average of {os.getloadavg()[0]:.0f} on {os.cpu_count()} processors:\n\n"
        DOCUMENT.write_text(
            _BETWEEN.sub(f"<!-- board -->\n{load_average}{text}\n<!-- /board -->", page), encoding="utf-8"
        )


def _cookie(tx: Any, actor: Actor, port: int) -> str:
    from waybell.accounts import actions  # noqa: PLC0415

    user = actions.list_users(tx, actor.account)[0]
    return f"waybell-{port}={sessions.begin(tx, user.id, timedelta(days=1))}"


def _measure(url: str, first: Any, cookies: list[str]) -> list[Line]:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.set_default_timeout(120_000)
        sign_in(page, url, first.email, first.password)
        opened, kilobytes = _loads(page, url)
        idle = _seen(page)
        with _others(url, first.key_text, cookies) as changes:
            page.goto(f"{url}/board?day={DAY}")
            page.wait_for_function(_USABLE)
            page.evaluate(_OBSERVE)
            cpu = _server_cpu()
            begun = time.monotonic()
            _work(page)
            share = (_server_cpu() - cpu) / (time.monotonic() - begun)
            found = page.evaluate("window.seen")
            key, drop, step = _processor_time(page)
            nodes = [_nodes(page, view) for view in ("columns", "table", "lanes")]
            visible = [_visible(page, url, first.key_text) for _ in range(10)]
        heap = page.evaluate("performance.memory ? performance.memory.usedJSHeapSize / 1e6 : 0")
    events, frames = sorted(found["events"]) or [16.0], found["frames"]
    inp, frame = quantiles([*events, 16], n=50)[-1], quantiles(frames, n=20)[-1]
    return [
        Line("First view usable, cold cache", f"{median(opened):.0f} ms", "", "1,500 ms", median(opened) <= 1500),
        Line("Transfer of the first view", f"{kilobytes:.0f} KB", "", "200 KB", kilobytes <= 200),
        Line("Press, drag, drop, filter: INP p98", f"{inp:.0f} ms", "", "200 ms", inp <= 200),
        Line("Frames while dragging, p95", f"{frame:.0f} ms", "", "20 ms", frame <= 20),
        Line(
            "DOM nodes: columns, table, lanes", ", ".join(f"{one:,}" for one in nodes), "", "6,000", max(nodes) <= 6000
        ),
        Line("Processor time: a key in the search, a drop, a step of a drag", f"{key:.0f}, {drop:.0f}, {step:.0f} ms"),
        Line("JavaScript heap", f"{heap:.0f} MB", "", "300 MB", heap <= 300),
        Line("A change elsewhere is visible, slowest of 10", f"{max(visible):.1f} s", "", "2 s", max(visible) <= 2),
        Line("Changes per second meanwhile", f"{changes['rate']:.0f}", "", str(CHANGES_A_SECOND), None),
        Line("Server for the boards and the changes", f"{share:.0%} of a core", "", "", None),
        Line("Nodes when nothing happens", f"{idle:,}", "", "", None),
    ]


def _loads(page: Page, url: str) -> tuple[list[float], float]:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    times, sizes = [], []
    received = [0.0]
    session.on("Network.loadingFinished", lambda one: received.__setitem__(0, received[0] + one["encodedDataLength"]))
    for _ in range(LOADS):
        session.send("Network.clearBrowserCache")
        received[0] = 0
        page.goto(f"{url}/board?day={DAY}")
        times.append(page.wait_for_function(_USABLE).json_value())
        sizes.append(received[0] / 1000)
    return times, median(sizes)


def _listed(numbers: list[int]) -> str:
    return ", ".join(f"{one:,}" for one in numbers)


def _seen(page: Page) -> int:
    return page.evaluate("document.querySelectorAll('*').length")


def _nodes(page: Page, view: str) -> int:
    page.locator(f"[data-view-tab={view}]").click()
    page.wait_for_timeout(500)
    return _seen(page)


def _work(page: Page) -> None:
    """Press, drag, drop and filter, as a person does."""
    for number in range(DRAGS):
        row = page.locator(".row-order").nth(number % 5).bounding_box()
        lane = page.locator(".lane-head").nth(3 + number % 5).bounding_box()
        assert row is not None
        assert lane is not None
        page.mouse.move(row["x"] + 60, row["y"] + 20)
        page.mouse.down()
        page.evaluate("window.dragging = true")
        page.mouse.move(lane["x"] + 500, lane["y"] + 100, steps=25)
        page.mouse.move(lane["x"] + 60, lane["y"] + 20, steps=25)
        page.evaluate("window.dragging = false")
        page.mouse.up()
        page.locator(".board-toast").first.wait_for()
    for typed in ("1", "12", "Driver 7", ""):
        page.get_by_label("Search").fill("")
        page.get_by_label("Search").press_sequentially(typed, delay=60)
        page.wait_for_timeout(150)


def _processor_time(page: Page) -> tuple[float, float, float]:
    """Return what the main thread works for three interactions, in ms: this does not depend on what else is running."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def cost(act: Callable[[], object]) -> float:
        before = _work_done(session)
        act()
        page.wait_for_timeout(300)
        return (_work_done(session) - before) * 1000

    key = median(cost(lambda: page.get_by_label("Search").press_sequentially("1")) for _ in range(3))
    page.get_by_label("Search").fill("")
    row = page.locator(".row-order").nth(2).bounding_box()
    assert row is not None
    page.mouse.move(row["x"] + 60, row["y"] + 20)
    page.mouse.down()
    step = cost(lambda: page.mouse.move(row["x"] + 500, row["y"] + 200, steps=_STEPS)) / _STEPS
    return key, cost(page.mouse.up), step


def _work_done(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


def _visible(page: Page, url: str, key: str) -> float:
    """Return how long it takes until a change by the API is on the screen, in seconds."""
    before = page.locator("[data-part=sum]").inner_text()
    with Client(url, key) as client:
        number = f"V-{time.monotonic_ns()}"
        client.call("POST", "/api/Order", {"Number": number, "Date": DAY, "Client": "C", "Address": "A"})
        begun = time.monotonic()
        page.wait_for_function("before => document.querySelector('[data-part=sum]').textContent !== before", arg=before)
    return time.monotonic() - begun


@contextmanager
def _others(url: str, key: str, cookies: list[str]) -> Iterator[dict[str, float]]:
    """Four other boards that follow the feed, and a program that changes orders all the time."""
    end = threading.Event()
    told = {"rate": 0.0}
    threads = [threading.Thread(target=_follow, args=(url, cookie, end)) for cookie in cookies]
    threads.append(threading.Thread(target=_change, args=(url, key, end, told)))
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        end.set()
        for thread in threads:
            thread.join()


def _follow(url: str, cookie: str, end: threading.Event) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    after = ""
    while not end.is_set():
        path = f"/board/changes?day={DAY}&after={after}&wait=2" if after else f"/board/day?day={DAY}"
        connection.request("GET", path, headers={"Cookie": cookie})
        after = json.loads(connection.getresponse().read())["Cursor"]


def _change(url: str, key: str, end: threading.Event, told: dict[str, float]) -> None:
    begun, done = time.monotonic(), 0
    with Client(url, key) as client:
        while not end.wait(max(0.0, begun + done / CHANGES_A_SECOND - time.monotonic())):
            number = f"DL-{(done * 37) % (ROUTES * ON_EACH):06}"
            client.call("PUT", "/api/Order", {"Number": number, "Weight": 5 + done % 50})
            done += 1
            told["rate"] = done / (time.monotonic() - begun)


def _server_cpu() -> float:
    """Return the seconds of processor time of the servers that this program has started."""
    return sum(
        sum(child.cpu_times()[:2])
        for child in psutil.Process().children(recursive=True)
        if "waybell" in " ".join(child.cmdline())
    )


if __name__ == "__main__":
    main()
