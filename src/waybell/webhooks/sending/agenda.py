"""Which endpoints may have something due, now or soon: a guess, which any look at the database corrects."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta


class Agenda:
    def __init__(self, horizon: timedelta) -> None:
        """What is due later than `horizon` from now is left to looks at the database, or retries would pile up."""
        self._horizon = horizon
        self._ready: dict[str, None] = {}  # in the order of their turns
        self._later: list[tuple[datetime, str]] = []  # a heap

    def __len__(self) -> int:
        """How many are ready."""
        return len(self._ready)

    def __iter__(self) -> Iterator[str]:
        """Those that are ready, in the order of their turns; they may be removed on the way."""
        return iter(list(self._ready))

    def add(self, endpoint_ids: Iterable[str]) -> None:
        """These may have something due now. One that waits for its turn keeps its place."""
        self._ready.update(dict.fromkeys(endpoint_ids))

    def remove(self, endpoint_id: str) -> None:
        """It gets its turn, or none."""
        del self._ready[endpoint_id]

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
