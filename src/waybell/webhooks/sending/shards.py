"""Shards: how several dispatchers share the endpoints of one database.

Endpoints fall into shards by their ids, and each shard is held by one dispatcher at a time. So one dispatcher counts
the concurrent attempts, the rate and the failures in a row of an endpoint, and the counts are right with any number of
dispatchers.

On PostgreSQL a shard is held by an advisory lock: the server takes it back the moment the dispatcher's connection ends,
which it does when the dispatcher dies or has been silent for too long. No clock is involved. A shard changes
hands only when none of its messages is under way.
"""

import random
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import NamedTuple, Protocol
from zlib import crc32

import psycopg
import structlog

from waybell.db.postgres import CONNECTING, driver_url

log = structlog.get_logger()

SHARDS = 64
_ALL = frozenset(range(SHARDS))
LOCK_CLASS = 0x57424C4C  # the class of our advisory locks: "WBLL"
_MEMBER = SHARDS  # each dispatcher also holds this lock, shared, so that dispatchers can be counted
_SILENCE = "15s"  # the server ends a connection that is silent for so long; a dispatcher queries it once a second


def shard_of(endpoint_id: str) -> int:
    return crc32(endpoint_id.encode()) % SHARDS


class Plan(NamedTuple):
    leave: frozenset[int]  # shards to release, for other dispatchers
    take: frozenset[int]  # free shards to try to lock


def plan(held: AbstractSet[int], leaving: AbstractSet[int], free: AbstractSet[int], members: int) -> Plan:
    """Return which shards to release and which to take, so that all `members` come to hold about as many.

    `leaving` are shards that this dispatcher has decided to release and still holds. The free shards to try are
    chosen at random, so that two dispatchers that start at once do not try the same.
    """
    fair = -(-SHARDS // max(1, members))
    last_kept_first_left = sorted(held - leaving) + sorted(leaving)
    wanted = min(max(0, fair - len(held)), len(free))
    return Plan(frozenset(last_kept_first_left[fair:]), frozenset(random.sample(sorted(free), wanted)))


class Shards(Protocol):
    @property
    def held(self) -> int:
        """Return the number of shards that this dispatcher holds."""
        ...

    def serves(self, endpoint_id: str) -> bool:
        """Return whether this dispatcher may claim messages of the endpoint now."""
        ...

    def balance(self, busy: Iterable[str]) -> bool:
        """Share the shards with other dispatchers; call it about once a second.

        `busy` are the endpoints with an attempt under way. Return whether this dispatcher serves more endpoints than
        before.
        """
        ...

    def close(self) -> None: ...


class AllShards:
    """The shards on SQLite, where one dispatcher serves all endpoints."""

    held = SHARDS

    def serves(self, endpoint_id: str) -> bool:
        return True

    def balance(self, busy: Iterable[str]) -> bool:
        return False

    def close(self) -> None:
        pass


class SharedShards:
    """The shards on PostgreSQL. While the server cannot be reached, this dispatcher serves no endpoint."""

    def __init__(self, url: str) -> None:
        self._url = driver_url(url)
        self._connection: psycopg.Connection | None = None
        self._held: set[int] = set()
        self._leaving: set[int] = set()  # shards to release as soon as none of their attempts is under way

    @property
    def held(self) -> int:
        return len(self._held)

    def serves(self, endpoint_id: str) -> bool:
        shard = shard_of(endpoint_id)
        return shard in self._held and shard not in self._leaving

    def balance(self, busy: Iterable[str]) -> bool:
        try:
            return self._balance({shard_of(endpoint_id) for endpoint_id in busy})
        except psycopg.Error as error:
            log.warning("shards.lost", count=len(self._held), error=str(error))
            self.close()
            return False

    def _balance(self, busy: AbstractSet[int]) -> bool:
        connection = self._connection = self._connection or self._connect()
        members, taken = self._look(connection)
        todo = plan(self._held, self._leaving, _ALL - taken, members)
        self._leaving = set(todo.leave)
        for shard in todo.leave - busy:
            connection.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCK_CLASS, shard))
            self._held.remove(shard)
            self._leaving.remove(shard)
        got = {shard for shard in todo.take if self._try(connection, shard)}
        self._held |= got
        if got or todo.leave - busy:
            log.info("shards.balanced", held=len(self._held), dispatchers=members)
        return bool(got)

    def _connect(self) -> psycopg.Connection:
        # Keepalives show that a machine has vanished, and the time limit on silence that a dispatcher is frozen.
        options = f"-c idle_session_timeout={_SILENCE} -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2"
        connection = psycopg.connect(
            self._url, autocommit=True, options=options + " -c tcp_keepalives_count=3", **CONNECTING
        )
        connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", (LOCK_CLASS, _MEMBER))
        return connection

    def _look(self, connection: psycopg.Connection) -> tuple[int, set[int]]:
        """Return how many dispatchers there are, and which shards any of them holds."""
        rows = connection.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            (LOCK_CLASS,),
        ).fetchall()
        locks = [int(row[0]) for row in rows]
        return locks.count(_MEMBER), {lock for lock in locks if lock != _MEMBER}

    def _try(self, connection: psycopg.Connection, shard: int) -> bool:
        row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK_CLASS, shard)).fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        """Release all shards."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._held, self._leaving = set(), set()
