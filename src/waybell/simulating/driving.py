"""Carrying out the acts of a day against a server: many connections, in the order of each lane, at the wanted speed.

Each request that changes something carries an `Idempotency-Key`, so that it can be repeated safely when its answer did
not arrive: because the server was killed, because the network failed, or because a fault was asked for.
"""

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from uuid import uuid4

from waybell.simulating.acts import Act, body_of
from waybell.simulating.client import Answer, Client, Cut, Refused, good
from waybell.simulating.lanes import Lanes
from waybell.simulating.ledger import Ledger

_PATIENCE = 120.0  # seconds for which a request is repeated while the server does not answer
_PAUSE = 0.25
_LONGEST_WAIT = 0.5  # between two looks at whether the day was stopped
_CUT, _DOUBLED = 0.06, 0.04  # shares of the requests
_CUTS: tuple[Cut, ...] = ("half sent", "sent", "answered", "answered")
_CONFLICTS = (400, 405, 409)
_REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class Manner:
    """The way in which acts are carried out. `speed` is simulated seconds in a second; None is as fast as possible."""

    url: str
    key: str
    day: str
    speed: float | None = None
    connections: int = 8
    cut: bool = False  # break connections off before the answer is read, and repeat
    doubles: bool = False  # send some requests twice
    seed: int = 1


class Drive:
    def __init__(self, acts: Sequence[Act], manner: Manner, ledger: Ledger) -> None:
        self._acts = acts
        self._manner = manner
        self._ledger = ledger
        self._lanes = Lanes(acts)
        self._turn = threading.Condition()  # guards all below
        self._under_way = 0
        self._held = 0
        self._stopped = False
        self._begun_at = self._reached = acts[0].at if acts else 0  # simulated seconds after midnight
        self._begun = time.monotonic()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._begun = time.monotonic()
        self._threads = [
            threading.Thread(target=self._work, name=f"driving {number}", daemon=True)
            for number in range(self._manner.connections)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin no further act."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    @property
    def left(self) -> int:
        return self._lanes.left

    @property
    def now(self) -> int:
        """The time of the simulated day, in seconds after midnight."""
        if self._manner.speed is None or self._held:
            return self._reached
        passed = int((time.monotonic() - self._begun) * self._manner.speed)
        return max(self._reached, min(self._begun_at + passed, self._acts[-1].at))

    @property
    def is_running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Let nothing be under way while the block runs; the simulated clock stands still."""
        began = time.monotonic()
        with self._turn:
            self._held += 1
            while self._under_way:
                self._turn.wait(_LONGEST_WAIT)
        try:
            yield
        finally:
            with self._turn:
                self._held -= 1
                self._begun += time.monotonic() - began
                self._turn.notify_all()

    def _work(self) -> None:
        with Client(self._manner.url, self._manner.key) as client:
            while (number := self._next()) is not None:
                try:
                    self._carry_out(client, number, self._acts[number])
                except Exception as error:  # noqa: BLE001 - a worker that ended would let the day wait for ever
                    self._ledger.fault(f"{self._acts[number].method} {self._acts[number].path}: {error!r}")
                with self._turn:
                    self._under_way -= 1
                    self._lanes.finish(number)
                    self._turn.notify_all()

    def _next(self) -> int | None:
        """Return the number of the next act when it is due, or None when the day is over."""
        with self._turn:
            while self._lanes.left and not self._stopped:
                due = None if self._held else self._lanes.next_at()
                wait = _LONGEST_WAIT if due is None else self._seconds_until(due)
                if wait <= 0:
                    self._reached = max(self._reached, due or 0)
                    self._under_way += 1
                    return self._lanes.take()
                self._turn.wait(min(wait, _LONGEST_WAIT))
            return None

    def _seconds_until(self, due: int) -> float:
        if self._manner.speed is None:
            return 0.0
        return self._begun + (due - self._begun_at) / self._manner.speed - time.monotonic()

    def _carry_out(self, client: Client, number: int, act: Act) -> None:
        chance = Random(f"{self._manner.seed} {number}")
        headers = {"Idempotency-Key": str(uuid4())}
        body = body_of(act, self._manner.day)
        if self._manner.cut and chance.random() < _CUT:
            self._ledger.count(requests=1, cut=1)
            with suppress(OSError):  # the server may be gone already, which is as good as a cut
                client.send_and_hang_up(act.method, act.path, body, headers, chance.choice(_CUTS))
        answer = self._until_answered(client, act, body, headers)
        if answer is None:
            return
        if self._manner.doubles and chance.random() < _DOUBLED:
            self._double(client, act, body, headers, answer)
        if answer.is_good:
            self._ledger.done(act)
        elif act.may_be_refused and answer.status in _CONFLICTS:
            self._ledger.refused_as_conflict()
        else:
            try:
                good(f"{act.method} {act.path}", answer)
            except Refused as error:
                self._ledger.fault(str(error))

    def _until_answered(self, client: Client, act: Act, body: object, headers: dict[str, str]) -> Answer | None:
        """Return the server's answer; repeat the request while there is none, or while the server asks for time."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            self._ledger.count(requests=1)
            try:
                answer = client.send(act.method, act.path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() > deadline or self._stopped:
                    self._ledger.fault(f"{act.method} {act.path} found no answer: {error!r}")
                    return None
                time.sleep(_PAUSE)
                continue
            if answer.headers.get(_REPLAYED):
                self._ledger.count(replayed=1)
            if not answer.wait or time.monotonic() > deadline or self._stopped:
                return answer
            time.sleep(answer.wait)

    def _double(self, client: Client, act: Act, body: object, headers: dict[str, str], first: Answer) -> None:
        """Send the request again with the same key; the answer must be the same, and must say that it is kept."""
        self._ledger.count(doubled=1)
        again = self._until_answered(client, act, body, headers)
        if again and (again.status, again.body) != (first.status, first.body):
            self._ledger.fault(
                f"{act.method} {act.path} was answered with {first.status}, and its repeat with {again.status}"
            )
        elif again and not again.headers.get(_REPLAYED):
            self._ledger.fault(f"{act.method} {act.path} was carried out twice: its repeat has no {_REPLAYED}")
