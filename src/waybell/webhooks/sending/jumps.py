"""A clock that was set back.

What was to be done at some time of the old clock would wait for that time to come again, an hour too long when the
clock was an hour ahead. So all of it is moved by as much as the clock was. A clock that is set forward needs no care
here, as retries may come early. Claims are for `upkeep` to see to.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, bindparam, case, or_, select, update

from waybell.db.chunks import chunks
from waybell.db.database import Tx
from waybell.db.schema import Instant
from waybell.ground.clock import SystemClock
from waybell.webhooks.sending.store import next_due
from waybell.webhooks.tables import endpoints, messages

_WORTH_NOTING = timedelta(seconds=10)  # machines differ by less


class Jumps:
    """Compares the clock with the one that only ever goes forward.

    To be noted as often as something may be stored by the clock: it may be ahead for a moment only.
    """

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._seen = clock.now(), time.monotonic()
        self._back = timedelta()

    def was_at(self, instant: datetime) -> None:
        """The clock has shown this time already, before this process began."""
        self._seen = max(self._seen[0], instant), self._seen[1]

    def note(self) -> bool:
        """Read the clocks; whether there is something to catch up with."""
        before, self._seen = self._seen, (self._clock.now(), time.monotonic())
        missing = timedelta(seconds=self._seen[1] - before[1]) - (self._seen[0] - before[0])
        if missing > _WORTH_NOTING:
            self._back += missing
        return bool(self._back)

    def set_back(self) -> timedelta:
        """By how much the clock was set back since the last call; nothing, most of the time."""
        self.note()
        back, self._back = self._back, timedelta()
        return back

    def not_caught_up(self, back: timedelta) -> None:
        """It is still to be caught up with."""
        self._back += back


def concerned(tx: Tx) -> set[str]:
    """The endpoints that something is to be done for at some time."""
    held_up = select(endpoints.c.id).where(
        or_(endpoints.c.probe_at.is_not(None), endpoints.c.paused_until.is_not(None))
    )
    return {*next_due(tx), *tx.execute(held_up).scalars()}


def catch_up(tx: Tx, endpoint_ids: Iterable[str], back: timedelta) -> None:
    """The clock was set back so far: what is to be done for these endpoints is moved by as much, once."""

    def moved(column: Column[Any]) -> dict[str, Any]:
        earlier = column - bindparam("back", back // timedelta(microseconds=1))
        now = bindparam("now", tx.now, Instant)
        return {column.name: case((earlier > now, earlier), else_=now)}

    for some in chunks(sorted(endpoint_ids)):
        heads = update(messages).where(messages.c.endpoint_id.in_(some), messages.c.finished_at.is_(None))
        tx.execute(heads.where(messages.c.due_at > tx.now).values(moved(messages.c.due_at)))
        for column in (endpoints.c.probe_at, endpoints.c.paused_until):
            tx.execute(update(endpoints).where(endpoints.c.id.in_(some), column > tx.now).values(moved(column)))
