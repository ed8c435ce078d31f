"""Which endpoints may have something due, now or soon: a guess, which any look at the database corrects."""

import heapq
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice

from waybell.webhooks.sending.conduct import Conduct

Place = tuple[Conduct, str]  # in which queue an endpoint waits, and its account in that


class Agenda:
    """Those that are ready wait in a queue for each conduct, in which the accounts take turns.

    So an endpoint that answers does not wait behind a thousand that hang, nor one account behind another's thousands.
    """

    def __init__(self, horizon: timedelta, place: Callable[[str], Place]) -> None:
        """What is due later than `horizon` from now is left to looks at the database, or retries would pile up.

        `place` tells where an endpoint waits.
        """
        self._horizon = horizon
        self._place = place
        self._places: dict[str, Place] = {}  # of those that are ready
        # By conduct and account, both in the order of their turns.
        self._queues: list[dict[str, dict[str, None]]] = [{} for _ in Conduct]
        self._counts = [0] * len(Conduct)
        self._later: list[tuple[datetime, str]] = []  # a heap

    def __len__(self) -> int:
        """How many are ready."""
        return len(self._places)

    def add(self, endpoint_ids: Iterable[str]) -> None:
        """These may have something due now. One that waits for its turn keeps its place, unless its conduct changed."""
        for endpoint_id in endpoint_ids:
            place, before = self._place(endpoint_id), self._places.get(endpoint_id)
            if place == before:
                continue
            if before is not None:
                self.remove(endpoint_id)
            self._places[endpoint_id] = place
            conduct, account_id = place
            self._queues[conduct].setdefault(account_id, {})[endpoint_id] = None
            self._counts[conduct] += 1

    def remove(self, endpoint_id: str) -> None:
        """It gets its turn, or none; the other accounts come before its own one's next."""
        conduct, account_id = self._places.pop(endpoint_id)
        self._counts[conduct] -= 1
        waiting = self._queues[conduct].pop(account_id)
        del waiting[endpoint_id]
        if waiting:
            self._queues[conduct][account_id] = waiting

    def correct(self, endpoint_id: str) -> None:
        """Its conduct has changed: if it is ready, it waits among its like."""
        if endpoint_id in self._places:
            self.add([endpoint_id])

    def first(self, conduct: Conduct, most: int, may: Callable[[Conduct, str], bool]) -> list[str]:
        """Up to so many of those that are ready, in the order of their turns; of the accounts that `may` lets pass."""
        queues = [
            iter(queue)
            for queue in islice((one for name, one in self._queues[conduct].items() if may(conduct, name)), most)
        ]
        found: list[str] = []
        while queues and len(found) < most:
            if len(queues) == 1:
                found += islice(queues[0], most - len(found))
                break
            firsts = [(next(queue, None), queue) for queue in queues]
            queues = [queue for first, queue in firsts if first is not None]
            found += [first for first, _ in firsts if first is not None]
        return found[:most]

    def count(self, conduct: Conduct) -> int:
        """How many of this conduct are ready."""
        return self._counts[conduct]

    def has(self, conduct: Conduct, may: Callable[[Conduct, str], bool]) -> bool:
        """Whether any is ready of the accounts that `may` lets pass."""
        return any(may(conduct, account_id) for account_id in self._queues[conduct])

    def expect(self, endpoint_id: str, due_at: datetime, now: datetime) -> None:
        """Something of it is due then, and is remembered if nothing else will find it in time."""
        if due_at <= now:
            self.add([endpoint_id])
        elif due_at <= now + self._horizon:
            self.wake(endpoint_id, due_at)

    def wake(self, endpoint_id: str, at: datetime) -> None:
        """It gets a turn then, however far that is."""
        heapq.heappush(self._later, (at, endpoint_id))

    def pass_to(self, now: datetime) -> None:
        """Those whose time has come are ready."""
        while self._later and self._later[0][0] <= now:
            self.add([heapq.heappop(self._later)[1]])

    def seconds_left(self, now: datetime) -> float | None:
        """Until the first of those whose time has not come; None when there is none."""
        return max(0.0, (self._later[0][0] - now).total_seconds()) if self._later else None

    def forget_times(self) -> None:
        """The clock was set: what was to come is not."""
        self._later.clear()
