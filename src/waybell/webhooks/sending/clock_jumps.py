"""Moving due times when the clock was set back.

A retry that is due at a time of the old clock would wait until the new clock reaches it: an hour too long when the
clock was an hour ahead. So all due times move back by as much as the clock did. A clock that is set forward needs no
care here, because retries may come early. `upkeep` takes care of claims.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from waybell.db.database import Tx
from waybell.ground.clock import SystemClock
from waybell.webhooks.endpoints import parking
from waybell.webhooks.messages import due_times

_WORTH_NOTING = timedelta(seconds=10)  # the clocks of machines differ by less


class Jumps:
    """A comparison of the clock with the monotonic clock.

    Call `note` as often as a time of the clock may be stored, because the clock may be ahead for a moment only.
    """

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._seen = clock.now(), time.monotonic()
        self._back = timedelta()

    def was_at(self, instant: datetime) -> None:
        """Remember that the clock had shown this time before this process began."""
        self._seen = max(self._seen[0], instant), self._seen[1]

    def note(self) -> bool:
        """Read both clocks. Return whether due times have to be moved."""
        before, self._seen = self._seen, (self._clock.now(), time.monotonic())
        missing = timedelta(seconds=self._seen[1] - before[1]) - (self._seen[0] - before[0])
        if missing > _WORTH_NOTING:
            self._back += missing
        return bool(self._back)

    def set_back(self) -> timedelta:
        """Return by how much the clock was set back since the last call."""
        self.note()
        back, self._back = self._back, timedelta()
        return back

    def not_caught_up(self, back: timedelta) -> None:
        """Remember that due times have still to be moved by this much."""
        self._back += back


def concerned(tx: Tx) -> set[str]:
    """Return the ids of the endpoints that have a message or a probe due at some time."""
    return {*due_times.next_due(tx), *parking.held_up(tx)}


def catch_up(tx: Tx, endpoint_ids: Iterable[str], back: timedelta) -> None:
    """Move all due times of these endpoints back by as much as the clock was set back. Call it once."""
    ids = sorted(endpoint_ids)
    due_times.move_back(tx, ids, back)
    parking.move_back(tx, ids, back)
