"""Large tables in days: on PostgreSQL the rows of each day stand in a partition, which is dropped when they are old.

What divides a table is an id of ours, as ids begin with their time. Days are made ahead; a row of a day that was not
(the clock jumped, nothing ran for long) goes into the default partition, so that no insert ever fails, and that day
stays there until its rows are deleted one by one. On SQLite these tables are not divided, and there is nothing to do.

Attaching waits for those who use the default partition, and dropping for all who use the table; others queue up behind
whoever waits for such a lock. So nobody waits for long here: what cannot be done at once is done in a later round.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from waybell.db.advisory_locks import take_lock
from waybell.db.database import Database, Tx
from waybell.ground.ids import Prefix, first_id

log = structlog.get_logger()

AHEAD = 3  # days, with today: upkeep may fail for two before a row falls into the default partition
_DAY = timedelta(days=1)
_PATIENCE_MS = 500  # so long may those who publish and dispatch have to wait for us
_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Divided:
    """A table that is divided by the ids in `key`, which begin with `prefix`."""

    table: str
    key: str
    prefix: Prefix

    def name(self, day: date) -> str:
        return f"{self.table}_{day:%Y%m%d}"

    def bounds(self, day: date) -> tuple[str, str]:
        """What is at or before all ids of the day, and what is behind them."""
        begin = datetime.combine(day, time(), UTC)
        return first_id(self.prefix, begin), first_id(self.prefix, begin + _DAY)


Needed = Callable[[Tx, str, str], bool]  # whether a row from the first id up to the second is to be kept


def made(tx: Tx, divided: Divided) -> list[date]:
    """The days that have a partition, the oldest first."""
    statement = text("""
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = CAST(:table AS regclass)
    """)
    ends = [name.rpartition("_")[2] for name in tx.execute(statement, {"table": divided.table}).scalars()]
    return sorted(datetime.strptime(end, "%Y%m%d").replace(tzinfo=UTC).date() for end in ends if end.isdigit())


def make_ahead(database: Database, tables: Sequence[Divided]) -> None:
    """Make the partitions of today and the next days that are missing. Several may do it at once."""
    if database.is_sqlite:
        return
    today = database.clock.now().date()
    for divided in tables:
        with database.reading() as tx:
            there = made(tx, divided)
            missing = [day for day in (today + n * _DAY for n in range(AHEAD)) if day not in there]
            missing = [day for day in missing if not _in_default(tx, divided, day)]
            if missing and _in_long_use(tx, divided):
                _put_off(divided, missing[0], "in use")
                continue
        for day in missing:
            _make(database, divided, day)


def _make(database: Database, divided: Divided, day: date) -> None:
    with _changing(database, divided, day) as tx:
        if day in made(tx, divided):  # by another meanwhile
            return
        name, (low, high) = divided.name(day), divided.bounds(day)
        # Made on the side and then attached: PARTITION OF would lock out all who use the table.
        tx.execute(text(f"CREATE TABLE {name} (LIKE {divided.table} INCLUDING ALL)"))
        tx.execute(text(f"ALTER TABLE {divided.table} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')"))
        tx.after_commit(lambda: log.info("day.made", table=divided.table, day=day.isoformat()))


def _in_default(tx: Tx, divided: Divided, day: date) -> bool:
    low, high = divided.bounds(day)
    rows = f"SELECT 1 FROM {divided.table}_default WHERE {divided.key} >= :low AND {divided.key} < :high"  # noqa: S608
    return bool(tx.execute(text(f"SELECT EXISTS ({rows})"), {"low": low, "high": high}).scalar())


def past(database: Database, divided: Divided, before: datetime) -> list[date]:
    """The days with a partition that were over at that moment, the oldest first."""
    if database.is_sqlite:
        return []
    with database.reading() as tx:
        return [day for day in made(tx, divided) if day < before.date()]


def drop(database: Database, divided: Divided, day: date, needed: Needed) -> None:
    """Drop a day with all its rows, unless one is needed or somebody uses the table for too long."""
    bounds = divided.bounds(day)
    with database.reading() as tx:
        if needed(tx, *bounds):
            return
        if _in_long_use(tx, divided):
            _put_off(divided, day, "in use")
            return
    with _changing(database, divided, day) as tx:
        if day not in made(tx, divided):
            return
        # Whoever has read a row of the day, and may be about to need it, has committed when we have these.
        tx.execute(text(f"LOCK TABLE ONLY {divided.table} IN ACCESS EXCLUSIVE MODE"))
        tx.execute(text(f"LOCK TABLE {divided.name(day)} IN ACCESS EXCLUSIVE MODE"))
        if needed(tx, *bounds):
            return
        tx.execute(text(f"DROP TABLE {divided.name(day)}"))
        tx.after_commit(lambda: log.info("day.dropped", table=divided.table, day=day.isoformat()))


@contextmanager
def _changing(database: Database, divided: Divided, day: date) -> Iterator[Tx]:
    """A transaction that changes partitions, one at a time; what it cannot do without waiting long is put off."""
    try:
        with database.transaction() as tx:
            tx.execute(text(f"SET LOCAL lock_timeout = {_PATIENCE_MS}"))
            take_lock(tx, "days")
            yield tx
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_AVAILABLE:
            raise
        _put_off(divided, day, "in use")
    except IntegrityError:  # a row of the day has come into the default partition since we looked
        _put_off(divided, day, "in the default partition")


def _put_off(divided: Divided, day: date, why: str) -> None:
    log.info("day.put_off", table=divided.table, day=day.isoformat(), error=why)


def _in_long_use(tx: Tx, divided: Divided) -> bool:
    """Whether somebody has used the table for longer than we would wait, such as a back-up: most likely for longer yet.

    Waiting for them in each round would stop all others again and again. Of other users' sessions one may not see how
    long they have been at it.
    """
    statement = text("""
        SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
                        WHERE relation = CAST(:table AS regclass) AND datname = current_database()
                          AND granted AND pid <> pg_backend_pid()
                          AND coalesce(xact_start, '-infinity') < clock_timestamp() - :patience * interval '1 ms')
    """)
    return bool(tx.execute(statement, {"table": divided.table, "patience": _PATIENCE_MS}).scalar())
