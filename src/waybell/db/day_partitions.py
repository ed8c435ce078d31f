"""Daily partitions of large tables on PostgreSQL: a day's rows are deleted at once by dropping their partition.

A table is partitioned by one of our ids, because ids begin with their time. Partitions are made ahead. When the
partition of a day is missing (the clock jumped, or no process ran for days), the rows go into the default partition, so
no insert fails; the rows of that day are later deleted one by one. On SQLite these tables are not partitioned, and
there is nothing to do.

Attaching a partition waits for the users of the default partition, and dropping one waits for all users of the table.
While such a lock is awaited, all other statements queue up behind it. So the wait is kept short here, and a change that
would take longer is left to a later round.
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

AHEAD = 3  # days, including today: upkeep may fail on two days before a row falls into the default partition
_DAY = timedelta(days=1)
_PATIENCE_MS = 500  # the longest wait that publishing and dispatching may suffer
_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Divided:
    """A table that is partitioned by the ids in `key`, which begin with `prefix`."""

    table: str
    key: str
    prefix: Prefix

    def name(self, day: date) -> str:
        return f"{self.table}_{day:%Y%m%d}"

    def bounds(self, day: date) -> tuple[str, str]:
        """Return the bounds of the ids of a day: the lower bound is included, the upper bound is not."""
        begin = datetime.combine(day, time(), UTC)
        return first_id(self.prefix, begin), first_id(self.prefix, begin + _DAY)


Needed = Callable[[Tx, str, str], bool]  # whether a row with an id from the first up to the second must be kept


def made(tx: Tx, divided: Divided) -> list[date]:
    """Return the days that have a partition, oldest first."""
    statement = text("""
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = CAST(:table AS regclass)
    """)
    ends = [name.rpartition("_")[2] for name in tx.execute(statement, {"table": divided.table}).scalars()]
    return sorted(datetime.strptime(end, "%Y%m%d").replace(tzinfo=UTC).date() for end in ends if end.isdigit())


def make_ahead(database: Database, tables: Sequence[Divided]) -> None:
    """Make the missing partitions of today and the next days. Several processes may do so at once."""
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
        if day in made(tx, divided):  # another process has made it meanwhile
            return
        name, (low, high) = divided.name(day), divided.bounds(day)
        # Create the table first and attach it afterwards: PARTITION OF would lock out all users of the table.
        tx.execute(text(f"CREATE TABLE {name} (LIKE {divided.table} INCLUDING ALL)"))
        tx.execute(text(f"ALTER TABLE {divided.table} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')"))
        tx.after_commit(lambda: log.info("day.made", table=divided.table, day=day.isoformat()))


def _in_default(tx: Tx, divided: Divided, day: date) -> bool:
    low, high = divided.bounds(day)
    rows = f"SELECT 1 FROM {divided.table}_default WHERE {divided.key} >= :low AND {divided.key} < :high"  # noqa: S608
    return bool(tx.execute(text(f"SELECT EXISTS ({rows})"), {"low": low, "high": high}).scalar())


def past(database: Database, divided: Divided, before: datetime) -> list[date]:
    """Return the days before `before` that have a partition, oldest first."""
    if database.is_sqlite:
        return []
    with database.reading() as tx:
        return [day for day in made(tx, divided) if day < before.date()]


def drop(database: Database, divided: Divided, day: date, needed: Needed) -> None:
    """Drop a day with all its rows, unless a row is needed or the table is in use for too long."""
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
        # After both locks are held, every transaction that read a row of the day, and may need it, has committed.
        tx.execute(text(f"LOCK TABLE ONLY {divided.table} IN ACCESS EXCLUSIVE MODE"))
        tx.execute(text(f"LOCK TABLE {divided.name(day)} IN ACCESS EXCLUSIVE MODE"))
        if needed(tx, *bounds):
            return
        tx.execute(text(f"DROP TABLE {divided.name(day)}"))
        tx.after_commit(lambda: log.info("day.dropped", table=divided.table, day=day.isoformat()))


@contextmanager
def _changing(database: Database, divided: Divided, day: date) -> Iterator[Tx]:
    """Open a transaction for changing partitions, one at a time; a change with a long wait is put off."""
    try:
        with database.transaction() as tx:
            tx.execute(text(f"SET LOCAL lock_timeout = {_PATIENCE_MS}"))
            take_lock(tx, "days")
            yield tx
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_AVAILABLE:
            raise
        _put_off(divided, day, "in use")
    except IntegrityError:  # a row of the day has come into the default partition since the check
        _put_off(divided, day, "in the default partition")


def _put_off(divided: Divided, day: date, why: str) -> None:
    log.info("day.put_off", table=divided.table, day=day.isoformat(), error=why)


def _in_long_use(tx: Tx, divided: Divided) -> bool:
    """Return whether a transaction, such as a back-up, has used the table for longer than we would wait.

    Such a transaction will most likely go on, and waiting for it in each round would block all others again and again.
    The server hides the age of transactions of other database users; these count as long.
    """
    statement = text("""
        SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
                        WHERE relation = CAST(:table AS regclass) AND datname = current_database()
                          AND granted AND pid <> pg_backend_pid()
                          AND coalesce(xact_start, '-infinity') < clock_timestamp() - :patience * interval '1 ms')
    """)
    return bool(tx.execute(statement, {"table": divided.table, "patience": _PATIENCE_MS}).scalar())
