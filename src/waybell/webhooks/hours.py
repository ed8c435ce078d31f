"""What an endpoint did, hour by hour: counted as attempts are recorded, so that no page ever counts a million rows."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, Text, func, select, true

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Each, stored
from waybell.webhooks.model import Attempt
from waybell.webhooks.tables import DURATION_BOUNDS_MS, endpoint_hours

HOUR = timedelta(hours=1)
DAY = 24
_SLOTS = 16
_BUCKETS = (*[f"ms_{bound}" for bound in DURATION_BOUNDS_MS], "ms_more")
_COUNTS = ("succeeded", "failed", *_BUCKETS)
_KEY = ("endpoint_id", "hour", "slot")
_slot = os.getpid() % _SLOTS


def count(tx: Tx, attempts: Iterable[tuple[str, Attempt]]) -> None:
    """Count these attempts, each with the id of its endpoint. Call it last in a transaction: it locks shared rows."""
    rows: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTS, 0))
    for endpoint_id, attempt in attempts:
        counts = rows[endpoint_id, stored(_hour_of(attempt.started_at))]
        counts["succeeded" if attempt.succeeded else "failed"] += 1
        counts[_bucket(attempt.timing.total_us)] += 1
    _add.run(
        tx,
        [
            {"endpoint_id": endpoint_id, "hour": hour, "slot": _slot, **counts}
            for (endpoint_id, hour), counts in sorted(rows.items())
        ],
    )


def _bucket(microseconds: int) -> str:
    for bound, name in zip(DURATION_BOUNDS_MS, _BUCKETS, strict=False):
        if microseconds <= bound * 1000:
            return name
    return _BUCKETS[-1]


def _adding(row: Any, on_postgres: bool) -> Any:  # noqa: FBT001 - as Each calls it
    names = (*_KEY, *_COUNTS)
    # SQLite needs a WHERE before ON CONFLICT, or reads it as a join.
    chosen = select(*[getattr(row, name) for name in names]).where(true())
    statement = insert_into(endpoint_hours, on_postgres=on_postgres).from_select(names, chosen)
    return statement.on_conflict_do_update(
        index_elements=_KEY, set_={name: endpoint_hours.c[name] + statement.excluded[name] for name in _COUNTS}
    )


_add = Each(
    {"endpoint_id": Text(), "hour": BigInteger(), "slot": Integer(), **dict.fromkeys(_COUNTS, BigInteger())}, _adding
)


@dataclass(frozen=True, slots=True)
class Hour:
    begins: datetime
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """The last 24 hours of an endpoint, the running one included; `hours` has one entry for each, oldest first."""

    hours: tuple[Hour, ...]
    buckets: tuple[int, ...]  # attempts by duration, as DURATION_BOUNDS_MS, and those above

    @property
    def succeeded(self) -> int:
        return sum(hour.succeeded for hour in self.hours)

    @property
    def failed(self) -> int:
        return sum(hour.failed for hour in self.hours)

    @property
    def success_share(self) -> float | None:
        """From 0 to 1; None when nothing was attempted."""
        total = self.succeeded + self.failed
        return self.succeeded / total if total else None

    @property
    def p95_ms(self) -> int | None:
        """95 of 100 attempts took at most so long: the bound of a bucket, so up to twice too much. None: no attempt.

        One above the last bound is said as that bound.
        """
        wanted, seen = 0.95 * sum(self.buckets), 0
        for bound, many in zip((*DURATION_BOUNDS_MS, DURATION_BOUNDS_MS[-1]), self.buckets, strict=True):
            seen += many
            if many and seen >= wanted:
                return bound
        return None


def pulses(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, Pulse]:
    """The last 24 hours of each of these endpoints."""
    now = _hour_of(tx.now)
    begins = [now - (DAY - 1 - number) * HOUR for number in range(DAY)]
    table = endpoint_hours
    query = (
        select(table.c.endpoint_id, table.c.hour, *[func.sum(table.c[name]).label(name) for name in _COUNTS])
        .where(table.c.endpoint_id.in_(endpoint_ids), table.c.hour >= begins[0])
        .group_by(table.c.endpoint_id, table.c.hour)
    )
    found: dict[str, dict[datetime, Any]] = {endpoint_id: {} for endpoint_id in endpoint_ids}
    for row in tx.execute(query):
        found[row.endpoint_id][row.hour] = row
    return {endpoint_id: _pulse(begins, rows) for endpoint_id, rows in found.items()}


def _pulse(begins: Sequence[datetime], rows: dict[datetime, Any]) -> Pulse:
    hours = tuple(
        Hour(hour, int(rows[hour].succeeded), int(rows[hour].failed)) if hour in rows else Hour(hour, 0, 0)
        for hour in begins
    )
    buckets = tuple(sum(int(getattr(row, name)) for row in rows.values()) for name in _BUCKETS)
    return Pulse(hours, buckets)


def _hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)
