"""Hourly counts of the attempts of each endpoint, kept as attempts are recorded: no page counts a million rows."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, Table, Text, delete, func, select, true
from sqlalchemy.types import TypeEngine

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Each, stored
from waybell.webhooks.endpoints.duration_steps import percentile, rounded
from waybell.webhooks.endpoints.tables import endpoint_durations, endpoint_hours
from waybell.webhooks.model import Attempt

HOUR = timedelta(hours=1)
DAY = 24
_SLOTS = 16
_OUTCOMES = ("succeeded", "failed")
_slot = os.getpid() % _SLOTS


def count(tx: Tx, attempts: Iterable[tuple[str, Attempt]]) -> None:
    """Count these pairs of an endpoint's id and its attempt. Call it last in a transaction: it locks shared rows."""
    outcomes: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_OUTCOMES, 0))
    durations: Counter[tuple[str, int, int]] = Counter()
    for endpoint_id, attempt in attempts:
        hour = stored(_hour_of(attempt.started_at))
        outcomes[endpoint_id, hour]["succeeded" if attempt.succeeded else "failed"] += 1
        durations[endpoint_id, hour, rounded(attempt.timing.total_us)] += 1
    _add_outcomes.run(
        tx,
        [
            {"endpoint_id": endpoint_id, "hour": hour, "slot": _slot, **counts}
            for (endpoint_id, hour), counts in sorted(outcomes.items())
        ],
    )
    _add_durations.run(
        tx,
        [
            {"endpoint_id": endpoint_id, "hour": hour, "slot": _slot, "took_us": took, "attempts": many}
            for (endpoint_id, hour, took), many in sorted(durations.items())
        ],
    )


def _adder(table: Table, counts: Sequence[str]) -> Each:
    """Return the statement that adds to the columns `counts` of the row with this key, or inserts that row."""
    names = [column.name for column in table.c]
    key = [name for name in names if name not in counts]

    def build(row: Any, on_postgres: bool) -> Any:  # noqa: FBT001 - as Each calls it
        # SQLite needs a WHERE before ON CONFLICT, or reads it as a join.
        chosen = select(*[getattr(row, name) for name in names]).where(true())
        statement = insert_into(table, on_postgres=on_postgres).from_select(names, chosen)
        return statement.on_conflict_do_update(
            index_elements=key, set_={name: table.c[name] + statement.excluded[name] for name in counts}
        )

    return Each({name: _DRIVER_TYPES.get(name, BigInteger()) for name in names}, build)


_DRIVER_TYPES: dict[str, TypeEngine[Any]] = {"endpoint_id": Text(), "slot": Integer()}
_add_outcomes = _adder(endpoint_hours, _OUTCOMES)
_add_durations = _adder(endpoint_durations, ("attempts",))


def prune(tx: Tx, before: datetime) -> None:
    """Delete the counts of hours that began before that moment."""
    for counts in (endpoint_hours, endpoint_durations):
        tx.execute(delete(counts).where(counts.c.hour < before))


def mostly_succeeding(tx: Tx) -> frozenset[str]:
    """Return the endpoints at which at least nine of ten attempts of this hour and the one before it succeeded."""
    table = endpoint_hours
    query = select(table.c.endpoint_id).where(table.c.hour >= _hour_of(tx.now) - HOUR).group_by(table.c.endpoint_id)
    query = query.having(func.sum(table.c.succeeded) > 0, func.sum(table.c.succeeded) >= 9 * func.sum(table.c.failed))
    return frozenset(tx.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class Hour:
    begins: datetime
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """The last 24 hours of an endpoint, including the current one; `hours` has one entry for each, oldest first."""

    hours: tuple[Hour, ...]
    durations: Mapping[int, int]  # the number of attempts for each step of `duration_steps.STEPS`

    @property
    def succeeded(self) -> int:
        return sum(hour.succeeded for hour in self.hours)

    @property
    def failed(self) -> int:
        return sum(hour.failed for hour in self.hours)

    @property
    def success_share(self) -> float | None:
        """The share of attempts that succeeded, from 0 to 1; None when there was no attempt."""
        total = self.succeeded + self.failed
        return self.succeeded / total if total else None

    @property
    def p95_ms(self) -> float | None:
        """The milliseconds within which 95 of 100 attempts ended, as a step; None when there was no attempt."""
        step = percentile(self.durations, 95)
        return None if step is None else step / 1000


def pulses(tx: Tx, endpoint_ids: Sequence[str]) -> dict[str, Pulse]:
    """Return the last 24 hours of each of these endpoints, by its id."""
    now = _hour_of(tx.now)
    begins = [now - (DAY - 1 - number) * HOUR for number in range(DAY)]
    outcomes: dict[str, dict[datetime, Hour]] = {endpoint_id: {} for endpoint_id in endpoint_ids}
    table = endpoint_hours.c
    query = (
        select(table.endpoint_id, table.hour, *[func.sum(table[name]) for name in _OUTCOMES])
        .where(table.endpoint_id.in_(endpoint_ids), table.hour >= begins[0])
        .group_by(table.endpoint_id, table.hour)
    )
    for endpoint_id, hour, succeeded, failed in tx.execute(query):
        outcomes[endpoint_id][hour] = Hour(hour, int(succeeded), int(failed))
    durations = _durations(tx, endpoint_ids, begins[0])
    return {
        endpoint_id: Pulse(tuple(hours.get(one) or Hour(one, 0, 0) for one in begins), durations[endpoint_id])
        for endpoint_id, hours in outcomes.items()
    }


def _durations(tx: Tx, endpoint_ids: Sequence[str], since: datetime) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {endpoint_id: {} for endpoint_id in endpoint_ids}
    table = endpoint_durations.c
    query = (
        select(table.endpoint_id, table.took_us, func.sum(table.attempts))
        .where(table.endpoint_id.in_(endpoint_ids), table.hour >= since)
        .group_by(table.endpoint_id, table.took_us)
    )
    for endpoint_id, took, many in tx.execute(query):
        found[endpoint_id][took] = int(many)
    return found


def _hour_of(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)
