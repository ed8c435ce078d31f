"""Count the calls of each key across all processes, without a write for each call.

Each process counts in memory the calls that it lets in, and exchanges counts with the others through the database. It
does so for a key after at most a tenth of a limit, and for all keys once a second. A busy key thus costs each process
at most some ten short transactions a second, and a thousand quiet keys cost one. The price: with several processes, a
key may exceed its limit by a tenth for each further process in a window. A key never gets less than its limit, and with
one process the count is exact.

The transactions do not wait for the disk, because a power cut loses only the counts of the current minute.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ClauseElement, Text, bindparam, case, delete, select, true
from sqlalchemy.types import TypeEngine

from waybell.accounts.tables import api_calls
from waybell.db.database import Database, Tx
from waybell.db.inserting import insert_into
from waybell.db.prepared import Each, Prepared
from waybell.ground.rates import Rule, Use, seconds_until

_SETTLE_EVERY_SECONDS = 1.0
_MOST_COUNTERS = 20_000  # in memory, before the counters of past windows are dropped

_Place = tuple[str, str]  # key id and name of the rule


@dataclass(slots=True)
class _Counter:
    """The calls of one key under one rule in one window."""

    window: int
    end: int  # the end of the window, in seconds since 1970
    known: int = 0  # the calls of all processes, ours included, at the last exchange
    pending: int = 0  # our calls since the last exchange


class Meter:
    """The counters of calls in one process. Any thread may call its methods."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counters: dict[_Place, _Counter] = {}
        self._pending: set[_Place] = set()
        self._settled_at = 0.0

    def count(self, key_id: str, rules: tuple[Rule, ...]) -> Use:
        """Count a call, unless a rule refuses it; a refused call is not counted.

        `rules` begins with the rule for a minute, whose use is returned.
        """
        now = self._database.clock.now().timestamp()
        with self._lock:
            counters = [self._counter((key_id, rule.name), rule, now) for rule in rules]
            due = self._due(key_id, rules, counters, now)
            if not due:
                return self._judge(key_id, rules, counters, now)
        self._settle(due)
        with self._lock:
            return self._judge(key_id, rules, counters, now)

    def _judge(self, key_id: str, rules: tuple[Rule, ...], counters: list[_Counter], now: float) -> Use:
        minute, until = counters[0], rules[0].end(now)
        # The longest window comes first: after it ends, calls are allowed by the shorter ones too.
        for rule, counter in zip(rules, counters, strict=True):
            if counter.known + counter.pending >= rule.limit:
                left = max(0, rules[0].limit - minute.known - minute.pending)
                return Use(left, until, rule, seconds_until(counter.end, now))
        for rule, counter in zip(rules, counters, strict=True):
            counter.pending += 1
            self._pending.add((key_id, rule.name))
        return Use(max(0, rules[0].limit - minute.known - minute.pending), until)

    def _counter(self, place: _Place, rule: Rule, now: float) -> _Counter:
        found = self._counters.get(place)
        if found is None or found.end <= now:
            if found is None and len(self._counters) >= _MOST_COUNTERS:
                self._counters = {one: counter for one, counter in self._counters.items() if counter.end > now}
            found = self._counters[place] = _Counter(rule.window(now), rule.end(now))
        return found

    def _due(
        self, key_id: str, rules: tuple[Rule, ...], counters: Iterable[_Counter], now: float
    ) -> dict[_Place, tuple[int, int]]:
        """Return the calls to exchange before this call is judged, by key and rule, each with its window.

        The calls are moved out of `pending`.
        """
        if now - self._settled_at >= _SETTLE_EVERY_SECONDS:
            self._settled_at = now
            return self._take_all(now)
        full = any(counter.pending >= rule.share for rule, counter in zip(rules, counters, strict=True))
        return self._take({(key_id, rule.name) for rule in rules}) if full else {}

    def _take_all(self, now: float) -> dict[_Place, tuple[int, int]]:
        """Take the calls of windows that are still open; the counts of past windows limit nothing."""
        places, self._pending = self._pending, set()
        counters = ((place, self._counters.get(place)) for place in places)
        return self._take(place for place, counter in counters if counter and counter.end > now)

    def _take(self, places: Iterable[_Place]) -> dict[_Place, tuple[int, int]]:
        taken = {}
        for place in sorted(places):  # all processes use one order, or they could deadlock on each other's rows
            counter = self._counters[place]
            taken[place] = counter.window, counter.pending
            counter.known += counter.pending
            counter.pending = 0
        return taken

    def settle_all(self) -> None:
        """Add the calls counted in this process to the database, as far as their windows are still open."""
        with self._lock:
            taken = self._take_all(self._database.clock.now().timestamp())
        if taken:
            self._settle(taken)

    def _settle(self, taken: Mapping[_Place, tuple[int, int]]) -> None:
        """Add our calls to the database, and learn the calls of the other processes."""
        with self._database.transaction(durable=False) as tx:
            found = _add(tx, taken)
        with self._lock:
            for place, (window, calls) in found.items():
                counter = self._counters.get(place)
                if counter and counter.window == window:
                    counter.known = max(counter.known, calls)


def _add(tx: Tx, taken: Mapping[_Place, tuple[int, int]]) -> dict[_Place, tuple[int, int]]:
    """Add calls to the rows of their windows, and return the new counts."""
    rows = [
        {"key_id": key_id, "rule": rule, "window_number": window, "calls": calls}
        for (key_id, rule), (window, calls) in taken.items()
    ]
    _upsert.run(tx, rows)
    found = {}
    for key_id in sorted({key_id for key_id, _ in taken}):
        for row in _read.run(tx, {"this": key_id}):
            found[key_id, row.rule] = row.window_number, row.calls
    return found


def _adding(row: Any, on_postgres: bool) -> ClauseElement:  # noqa: FBT001 - Each passes it by position
    insert = insert_into(api_calls, on_postgres=on_postgres)
    # SQLite would parse ON CONFLICT as a join condition if there were no WHERE.
    insert = insert.from_select(list(_COLUMNS), select(*[getattr(row, name) for name in _COLUMNS]).where(true()))
    there, new = api_calls.c, insert.excluded
    adding: ClauseElement = insert.on_conflict_do_update(
        index_elements=[there.key_id, there.rule],
        set_={
            # A process whose clock is behind may bring calls of a past window; they do not count.
            "calls": case(
                (new.window_number > there.window_number, new.calls),
                (new.window_number == there.window_number, there.calls + new.calls),
                else_=there.calls,
            ),
            "window_number": case(
                (new.window_number > there.window_number, new.window_number), else_=there.window_number
            ),
        },
    )
    return adding


_COLUMNS: dict[str, TypeEngine[Any]] = {
    "key_id": Text(),
    "rule": Text(),
    "window_number": BigInteger(),
    "calls": BigInteger(),
}
_upsert = Each(_COLUMNS, _adding)
_read = Prepared(select(*[api_calls.c[name] for name in _COLUMNS]).where(api_calls.c.key_id == bindparam("this")))


def calls_in(tx: Tx, rule: Rule, key_ids: Iterable[str]) -> dict[str, int]:
    """Return the calls of these keys in the current window of this rule, as of the last exchange."""
    window = rule.window(tx.now.timestamp())
    query = select(api_calls.c.key_id, api_calls.c.calls)
    these = (api_calls.c.key_id.in_(list(key_ids)), api_calls.c.rule == rule.name, api_calls.c.window_number == window)
    rows = tx.execute(query.where(*these))
    return {row.key_id: row.calls for row in rows}


def forget(tx: Tx, key_id: str) -> None:
    tx.execute(delete(api_calls).where(api_calls.c.key_id == key_id))
