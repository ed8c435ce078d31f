"""The endpoints that may have a message due, now or soon. This is a guess, which reading the database corrects."""

import heapq
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice

from waybell.webhooks.sending.conduct import Conduct

Place = tuple[Conduct, str]  # the queue in which an endpoint waits, and its account


class Agenda:
    """The queues of endpoints that may have a message due: one queue for each conduct, round robin by account.

    So an endpoint that answers does not wait behind a thousand endpoints that hang, and an account does not wait behind
    thousands of endpoints of another account.
    """

    def __init__(self, horizon: timedelta, place: Callable[[str], Place]) -> None:
        """Make an empty agenda.

        Messages that are due later than `horizon` from now are not remembered, because retries would pile up; reading
        the database finds them in time. `place` returns the queue of an endpoint.
        """
        self._horizon = horizon
        self._place = place
        self._places: dict[str, Place] = {}  # of endpoints that are ready
        # A queue for each conduct maps accounts to endpoints, both in the order in which they are served.
        self._queues: list[dict[str, dict[str, None]]] = [{} for _ in Conduct]
        self._counts = [0] * len(Conduct)
        self._later: list[tuple[datetime, str]] = []  # a heap

    def __len__(self) -> int:
        """Return how many endpoints are ready."""
        return len(self._places)

    def add(self, endpoint_ids: Iterable[str]) -> None:
        """Note that these endpoints may have a message due. One that waits already keeps its place in its queue."""
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
        """Take an endpoint out of its queue. The other accounts come before the next endpoint of its account."""
        conduct, account_id = self._places.pop(endpoint_id)
        self._counts[conduct] -= 1
        waiting = self._queues[conduct].pop(account_id)
        del waiting[endpoint_id]
        if waiting:
            self._queues[conduct][account_id] = waiting

    def correct(self, endpoint_id: str) -> None:
        """Move an endpoint whose conduct has changed, if it is ready, to the queue of that conduct."""
        if endpoint_id in self._places:
            self.add([endpoint_id])

    def first(self, conduct: Conduct, most: int, may: Callable[[Conduct, str], bool]) -> list[str]:
        """Return up to `most` ready endpoints in the order in which they are served, of accounts that `may` permits."""
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
        """Return how many endpoints of this conduct are ready."""
        return self._counts[conduct]

    def has(self, conduct: Conduct, may: Callable[[Conduct, str], bool]) -> bool:
        """Return whether an endpoint of this conduct is ready whose account `may` permits."""
        return any(may(conduct, account_id) for account_id in self._queues[conduct])

    def expect(self, endpoint_id: str, due_at: datetime, now: datetime) -> None:
        """Note that a message is due at `due_at`, unless a scan of the database will find it in time."""
        if due_at <= now:
            self.add([endpoint_id])
        elif due_at <= now + self._horizon:
            self.wake(endpoint_id, due_at)

    def wake(self, endpoint_id: str, at: datetime) -> None:
        """Make the endpoint ready at this time, even beyond the horizon."""
        heapq.heappush(self._later, (at, endpoint_id))

    def pass_to(self, now: datetime) -> None:
        """Make the endpoints ready whose time has come."""
        while self._later and self._later[0][0] <= now:
            self.add([heapq.heappop(self._later)[1]])

    def seconds_left(self, now: datetime) -> float | None:
        """Return the seconds until the next endpoint becomes ready; None when there is none."""
        return max(0.0, (self._later[0][0] - now).total_seconds()) if self._later else None

    def forget_times(self) -> None:
        """Forget all times, because the clock was set."""
        self._later.clear()
