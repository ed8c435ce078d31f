"""What was done during the simulated day, as the server confirmed it. The judge compares everything else with it."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from waybell.simulating.acts import Act
from waybell.simulating.judge import Expected


@dataclass(slots=True)
class Ledger:
    """The confirmed acts. Several threads write into it."""

    acts: Counter[str] = field(default_factory=Counter)  # by kind
    expected: Counter[Expected] = field(default_factory=Counter)  # events that the acts must cause
    orders: set[str] = field(default_factory=set)  # Numbers of the orders that exist
    statuses: dict[str, int] = field(default_factory=dict)  # by Number: the StatusId after the last act
    reported: dict[str, list[int]] = field(default_factory=dict)  # by Number: the StatusIds of outcomes, in order
    points: int = 0  # positions
    requests: int = 0  # also those that were repeated
    cut: int = 0  # requests whose answer was not read
    doubled: int = 0  # requests that were sent twice on purpose
    replayed: int = 0  # answers that the server gave again for a repeated key
    conflicts: int = 0  # reports of offline phones that came too late
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def done(self, act: Act) -> None:
        with self.lock:
            self.acts[act.kind] += 1
            self.expected.update(act.tells)
            self.orders.update(act.comes)
            self.orders.difference_update(act.goes)
            self.points += len(act.points)
            for number, status in act.outcomes:
                self.statuses[number] = status
            if act.reported or act.kind == "load":
                for number, status in act.outcomes:
                    self.reported.setdefault(number, []).append(status)

    def refused_as_conflict(self) -> None:
        with self.lock:
            self.conflicts += 1

    def count(self, *, requests: int = 0, cut: int = 0, doubled: int = 0, replayed: int = 0) -> None:
        with self.lock:
            self.requests += requests
            self.cut += cut
            self.doubled += doubled
            self.replayed += replayed

    def fault(self, text: str) -> None:
        with self.lock:
            self.faults.append(text)
