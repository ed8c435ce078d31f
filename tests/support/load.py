"""Load, and the account of it: what was accepted, what arrived, in which order, how often."""

import http.client
import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from support.waiting import wait_for
from support.witness import Arrival

EVENT_TYPE = "Load.Changed"
_PATIENCE_SECONDS = 30


def post(port: int, key: str, path: str, body: object, method: str = "POST") -> tuple[int, dict]:
    """Status and answer. Raises `OSError` or `http.client.HTTPException` when there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request(method, path, json.dumps(body), {"X-API-KEY": key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@dataclass
class Publisher:
    """Publishes about its own subjects, one event after another, and does not mind servers that die.

    `accepted` are the events that were answered with 201. A 503, or no answer, leaves open what became of the event.
    """

    ports: Sequence[int]  # of the web servers, asked in turn
    key: str
    subjects: Sequence[str]
    pause: float = 0.0  # seconds between two events
    accepted: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)  # other answers than these

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        number = 0
        while not self._ended.wait(self.pause):
            number += 1
            subject = self.subjects[number % len(self.subjects)]
            event = {"Event": EVENT_TYPE, "Subject": subject, "Data": {"Subject": subject, "Number": number}}
            try:
                status, answer = post(self.ports[number % len(self.ports)], self.key, "/api/Event", event)
            except (OSError, http.client.HTTPException, ValueError):
                self._ended.wait(0.02)  # whoever is refused at once need not ask ten thousand times a second
                continue
            if status == 201:
                self.accepted.append(answer["Id"])
            elif status != 503:
                self.unexpected.append(f"{status} {answer}")

    def more(self, count: int, seconds: float = 60) -> None:
        """Wait until so many more were accepted."""
        enough = len(self.accepted) + count
        wait_for(lambda: len(self.accepted) >= enough, seconds)

    def end(self) -> None:
        self._ended.set()
        self._thread.join(_PATIENCE_SECONDS + 5)


@dataclass(frozen=True)
class Account:
    accepted: int
    lost: int
    out_of_order: int
    duplicates: int

    @property
    def is_sound(self) -> bool:
        return self.accepted > 0 and self.lost == 0 and self.out_of_order == 0


def account(accepted: Collection[str], arrivals: Iterable[Arrival], paths: Collection[str]) -> Account:
    """Compare. Each event accepted is due at each path; what was answered with no 2xx does not count as arrived."""
    taken = [one for one in arrivals if one.taken]
    by_path: dict[str, list[Arrival]] = defaultdict(list)
    for one in taken:
        by_path[one.path].append(one)
    lost = sum(len(set(accepted) - {one.event_id for one in by_path[path]}) for path in paths)
    late = sum(len(out_of_order(by_path[path])) for path in paths)
    repeated = sum(count - 1 for count in Counter((one.path, one.event_id) for one in taken).values())
    return Account(len(accepted), lost, late, repeated)


def out_of_order(arrivals: Iterable[Arrival]) -> list[str]:
    """Events that arrived for the first time behind a later one of their subject."""
    seen: set[str] = set()
    newest: dict[str, int] = defaultdict(int)
    late = []
    for one in arrivals:
        if one.event_id not in seen and one.version < newest[one.subject]:
            late.append(one.event_id)
        seen.add(one.event_id)
        newest[one.subject] = max(newest[one.subject], one.version)
    return late


def seconds_until(condition: Callable[[], bool], deadline_seconds: float) -> float:
    """How long it took to become true. Raises `AssertionError` when it does not."""
    began = time.monotonic()
    wait_for(condition, deadline_seconds)
    return time.monotonic() - began


def quietly(act: Callable[[], object]) -> None:
    with suppress(Exception):
        act()
