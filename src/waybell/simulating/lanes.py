"""Which act of the day may be carried out next: the earliest one that no earlier act of its lanes holds up.

So many connections work at once, and yet the acts of one driver, or of the office, follow each other.
"""

import heapq
from collections import defaultdict, deque
from collections.abc import Sequence

from waybell.simulating.acts import Act


class Lanes:
    """The acts that are still to be carried out. It is no thread's own: the caller holds a lock."""

    def __init__(self, acts: Sequence[Act]) -> None:
        """Take the acts in the order of time."""
        self._acts = acts
        self._behind: dict[str, deque[int]] = defaultdict(deque)
        self._holds_up = [len(act.lanes) for act in acts]  # lanes in which an earlier act comes first
        self._ready: list[int] = []  # numbers of acts; a smaller number is earlier
        self.left = len(acts)
        for number, act in enumerate(acts):
            for lane in act.lanes:
                self._behind[lane].append(number)
                if self._behind[lane][0] == number:
                    self._advance(number)

    def next_at(self) -> int | None:
        """Return when the next act that may begin is due, or None when all wait for acts that are under way."""
        return self._acts[self._ready[0]].at if self._ready else None

    def take(self) -> int:
        """Return the number of the next act, which is now under way."""
        return heapq.heappop(self._ready)

    def finish(self, number: int) -> None:
        """Let the acts behind this one go on."""
        self.left -= 1
        for lane in self._acts[number].lanes:
            queue = self._behind[lane]
            queue.popleft()
            if queue:
                self._advance(queue[0])

    def _advance(self, number: int) -> None:
        self._holds_up[number] -= 1
        if self._holds_up[number] == 0:
            heapq.heappush(self._ready, number)
