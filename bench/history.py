"""Rows in bulk, made by the database itself: a month of history, or a heap that waits for one endpoint.

Millions of them take a minute or two, where the outbox and a dispatcher would take hours. Which columns there are is
asked of the tables: one that a change of the schema adds, and that must have a value, stops the benchmark.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import Table, func, select, text

from installation import Installation
from processes import BenchmarkFailed
from waybell.db.database import Tx
from waybell.db.postgres import driver_url
from waybell.db.schema import microseconds
from waybell.events.tables import events
from waybell.webhooks.endpoints.tables import subscriptions
from waybell.webhooks.messages.tables import attempts, messages
from yardstick import a_body

MONTH = timedelta(days=29)  # that finished messages are spread over: within the 30 days that they are kept
KEPT = {"WAYBELL_KEEP_EVENTS": "40d", "WAYBELL_KEEP_ATTEMPTS": "40d"}  # so that no upkeep deletes them while we measure
_IN_TRANSACTION = 100_000  # messages
_SHORT_BODY = b'{"Metadata":{"Event":"BenchmarkEvent","Id":"none","Version":1},"Data":{"Number":1}}'
_REQUEST_HEADERS = (
    "Content-Type: application/json\nUser-Agent: Waybell/1.0\nwebhook-id: evt_019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f\n"
    "webhook-timestamp: 1764000000\nwebhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="
)
_RESPONSE_HEADERS = b"HTTP/1.1 204 No Content\r\nServer: nginx\r\nDate: Mon, 23 Nov 2026 10:15:30 GMT\r\n\r\n"

Progress = Callable[[int], None]  # told how many messages there are by now


def add_finished(
    installation: Installation, event_type: str, count: int, *, after: int = 0, progress: Progress = lambda _: None
) -> int:
    """About so many messages that succeeded at once, with their events and an attempt each, spread over a month.

    Each event went to all who listen to its type. `after` so many events that were added before; answers how many
    events there are now.
    """
    database = installation.app.database
    with database.reading() as tx:
        listeners = _count_listeners(tx, event_type)
        begin = microseconds(tx.now - MONTH) // 1000
    number = -(-count // listeners)
    facts = {
        "account": installation.account_id,
        "type": event_type,
        "listeners": listeners,
        "after": after,
        "begin": begin,
        "step": MONTH // timedelta(milliseconds=1) // (number + 1),
        "body": a_body(),
        "request_headers": _REQUEST_HEADERS,
        "response_headers": _RESPONSE_HEADERS,
        "response_body": b"",
    }
    for low, high in _batches(after, number, listeners):
        with database.transaction(durable=False) as tx:
            batch = facts | {"low": low, "high": high}
            _insert(tx, events, _EVENT, batch)
            _insert(tx, messages, _MESSAGE | _FINISHED, batch)
            _insert(tx, attempts, _ATTEMPT, batch)
        progress((high - after + 1) * listeners)
    return after + number


def add_waiting(
    installation: Installation, event_type: str, count: int, *, progress: Progress = lambda _: None
) -> None:
    """So many messages, each with an event of its own, that have been due for minutes to the one who listens."""
    database = installation.app.database
    with database.reading() as tx:
        if _count_listeners(tx, event_type) != 1:
            raise BenchmarkFailed(f"Exactly one endpoint must listen to {event_type}.")
        begin = microseconds(tx.now - timedelta(minutes=5)) // 1000
    facts = {
        "account": installation.account_id,
        "type": event_type,
        "listeners": 1,
        "after": 0,
        "begin": begin,
        "step": 0,
        "body": _SHORT_BODY,
    }
    for low, high in _batches(0, count, 1):
        with database.transaction(durable=False) as tx:
            _insert(tx, events, _EVENT, facts | {"low": low, "high": high})
            _insert(tx, messages, _MESSAGE | _WAITING, facts | {"low": low, "high": high})
        progress(high + 1)


def settle(installation: Installation) -> None:
    """Leave nothing of what was written to be done while something is measured.

    PostgreSQL would vacuum and analyze by itself after a minute. SQLite is not analyzed, as Waybell never does that.
    """
    if installation.on_postgres:
        url = driver_url(installation.app.settings.resolved_database_url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")
        return
    with installation.app.database.engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _count_listeners(tx: Tx, event_type: str) -> int:
    query = select(func.count()).select_from(subscriptions).where(subscriptions.c.event_type == event_type)
    return int(tx.execute(query).scalar_one())


def _batches(after: int, number: int, listeners: int) -> list[tuple[int, int]]:
    """The first and the last event of each transaction."""
    size, end = max(1, _IN_TRANSACTION // listeners), after + number
    return [(low, min(low + size, end) - 1) for low in range(after, end, size)]


# Values by column, as SQL. `n` numbers the events; each goes to all who listen, and `place` numbers these.
_AT = ":begin + (n - :after) * :step"  # in milliseconds
_ID = "HEX12[{at}] || '70008000' || HEX12[{number}]"  # a UUIDv7 whose random part is a number; HEX12: see `_insert`
_EVENT_ID = "'evt_' || " + _ID.format(at=_AT, number="n")
_MESSAGE_ID = "'msg_' || " + _ID.format(at=_AT, number="n * :listeners + place")
_ACCOUNT, _TYPE = "CAST(:account AS TEXT)", "CAST(:type AS TEXT)"
_SUBJECT = f"{_TYPE} || '-' || n"

_EVENT = {
    "id": _EVENT_ID,
    "account_id": _ACCOUNT,
    "type": _TYPE,
    "subject": _SUBJECT,
    "version": "1",
    "created_at": f"({_AT}) * 1000",
    "body": ":body",
    "horizon": "0",
}
_MESSAGE = {
    "id": _MESSAGE_ID,
    "account_id": _ACCOUNT,
    "endpoint_id": "endpoint_id",
    "event_id": _EVENT_ID,
    "event_type": _TYPE,
    "subject": _SUBJECT,
    "lane": _SUBJECT,
    "version": "1",
    "failures": "0",
    "manual": "FALSE",
    "created_at": f"({_AT}) * 1000",
}
_FINISHED = {"state": "'succeeded'", "attempt": "1", "finished_at": f"({_AT}) * 1000 + 3000", "status": "204"}
_WAITING = {"state": "'waiting'", "attempt": "0", "due_at": f"({_AT}) * 1000"}
_ATTEMPT = {
    "message_id": _MESSAGE_ID,
    "number": "1",
    "account_id": _ACCOUNT,
    "endpoint_id": "endpoint_id",
    "kind": "'automatic'",
    "started_at": f"({_AT}) * 1000 + 2000",
    "status": "204",
    "request_headers": "CAST(:request_headers AS TEXT)",
    "response_headers": ":response_headers",
    "response_body": ":response_body",
    "dns_us": "0",
    "connect_us": "0",
    "tls_us": "0",
    "wait_us": "700",
    "total_us": "900",
}

_NUMBERED = """
    WITH RECURSIVE numbers(n) AS (
        SELECT CAST(:low AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < :high
    ), listening(endpoint_id, place) AS (
        SELECT endpoint_id, row_number() OVER (ORDER BY endpoint_id) - 1 FROM subscriptions WHERE event_type = :type
    )
"""


def _insert(tx: Tx, table: Table, values: Mapping[str, str], facts: Mapping[str, Any]) -> None:
    """A row for each event; where a value is the endpoint, one for each that listens."""
    _check(table, values)
    source = "numbers CROSS JOIN listening ORDER BY n, place" if "endpoint_id" in values else "numbers ORDER BY n"
    names, expressions = ", ".join(values), ", ".join(values.values())
    sql = f"INSERT INTO {table.name} ({names}) {_NUMBERED} SELECT {expressions} FROM {source}"
    # An integer in twelve hexadecimal digits.
    before, behind = ("lpad(to_hex(", "), 12, '0')") if tx.on_postgres else ("printf('%012x', ", ")")
    statement = text(sql.replace("HEX12[", before).replace("]", behind))
    tx.execute(statement, {name: facts[name] for name in statement.compile().params})


def _check(table: Table, values: Mapping[str, str]) -> None:
    """Raises `BenchmarkFailed` where the schema has moved on."""
    needed = {
        column.name
        for column in table.columns
        if not column.nullable and column.server_default is None and column.autoincrement is not True
    }
    if unknown := values.keys() - {column.name for column in table.columns}:
        raise BenchmarkFailed(f"bench/history.py fills {', '.join(sorted(unknown))}: {table.name} has no such column.")
    if missing := needed - values.keys():
        raise BenchmarkFailed(f"bench/history.py does not fill {', '.join(sorted(missing))} of {table.name}.")
