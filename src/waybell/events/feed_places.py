"""Finding positions in the order of events for a moment, because events have no index by date."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from waybell.db.database import Tx
from waybell.events.tables import events

# Events are numbered at their commit and dated at the start of their transaction; the two orders differ by less than
# this.
SKEW = timedelta(minutes=10)

_LONG_AGO = datetime(1971, 1, 1, tzinfo=UTC)

Place = tuple[int, int]  # `horizon` and `seq`, see events/feed.py


def seq_at(tx: Tx, moment: datetime) -> int:
    """Return roughly the number of the first event at or after this moment, by binary search."""
    low, high = 0, (tx.execute(select(func.max(events.c.seq))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        query = select(events.c.created_at).where(events.c.seq >= middle).order_by(events.c.seq).limit(1)
        found = tx.execute(query).scalar()
        if found is not None and found < moment:
            low = middle + 1
        else:
            high = middle
    return low


def _sane(moment: datetime, now: datetime) -> datetime:
    """Return the moment, or the nearest one at which an event is possible."""
    return min(max(moment, _LONG_AGO), now + timedelta(days=1))


def before(tx: Tx, moment: datetime) -> Place | None:
    """Return a position before all events from this moment on; None stands for the beginning."""
    query = select(events.c.horizon, events.c.seq).where(events.c.seq < seq_at(tx, _sane(moment, tx.now) - SKEW))
    row = tx.execute(query.order_by(events.c.seq.desc()).limit(1)).first()
    return (row.horizon, row.seq) if row else None


def behind(tx: Tx, moment: datetime) -> Place | None:
    """Return a position after all events up to this moment; None stands for the end."""
    query = select(events.c.horizon, events.c.seq).where(events.c.seq >= seq_at(tx, _sane(moment, tx.now) + SKEW))
    row = tx.execute(query.order_by(events.c.seq).limit(1)).first()
    return (row.horizon, row.seq) if row else None
