"""Orders through the API, with few and with many in the database: adding them, in bulk and one by one, and looking up.

The look-ups of both databases take turns, request by request: so what else the machine does meets both alike.
"""

import http.client
import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select, text

from installation import Installation
from processes import BenchmarkFailed, accepts_connections, cpu_seconds, wait_for
from waybell.accounts.model import Actor
from waybell.db.prepared import insert_each
from waybell.ground.ids import new_uuid
from waybell.orders import actions
from waybell.orders.event_types import ORDER_CREATED
from waybell.orders.requests import NewOrder
from waybell.orders.tables import orders
from yardstick import wrk

FEW, MANY, MANY_QUICKLY = 1_000, 1_000_000, 50_000
A_DAY = 500  # orders
BULK = 500
CONNECTIONS = {BULK: 2, 1: 16}
LOOK_UPS = {"GET /Order/Number/{n}": 2000, "GET /Order/Date/{d}": 200}
_ENDPOINTS = 2
_IN_TRANSACTION = 5000
_WARM_UP = 20
_FIRST_DAY = date(2021, 1, 1)


@dataclass(frozen=True)
class Added:
    stored: int  # orders in the database when it began
    bulk: int  # orders in a request
    per_second: float  # orders
    p99_ms: float  # of a request
    web_cpu_us: float  # an order


@dataclass(frozen=True)
class LookUp:
    name: str
    stored: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Orders:
    added: list[Added]
    look_ups: list[LookUp]  # of each kind two: with few orders and with many


def measure(few: Installation, many: Installation, *, quick: bool) -> Orders:
    stored = {FEW: few, MANY_QUICKLY if quick else MANY: many}
    with ExitStack() as stack:
        pids = {}
        for count, installation in stored.items():
            fill(installation, count)
            pids[count] = stack.enter_context(installation.running("web"))["web"]
            port = installation.port
            wait_for(partial(accepts_connections, port), "the web server accepts connections", seconds=30)
        look_ups = _look_ups(stored, quick=quick)
        added = []
        for bulk in CONNECTIONS:
            for count, installation in stored.items():
                added.append(_add(installation, pids[count], count, bulk, 2 if quick else 5))
        return Orders(added, look_ups)


def fill(installation: Installation, count: int) -> None:
    """So many orders, 500 a day: the first thousand added as the API does it, the others copies of their rows.

    Only then the endpoints are added, so that nothing waits for them yet.
    """
    actor = Actor(installation.first.account, "bench")
    for begin in range(0, FEW, A_DAY):
        with installation.app.database.transaction() as tx:
            made = actions.add_many(tx, actor, [_request(number) for number in range(begin, begin + A_DAY)])
            if len(made) != A_DAY:
                raise BenchmarkFailed("Orders were refused.")
    _copy(installation, range(FEW, count))
    installation.add_endpoints(_ENDPOINTS, "http://127.0.0.1:9/nobody-sends-there", event_type=ORDER_CREATED)
    with installation.app.database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))  # PostgreSQL does it by itself after some time
        connection.commit()


def _request(number: int) -> NewOrder:
    place = number % FEW
    return NewOrder.model_validate(
        {
            "Number": _number(number),
            "Id": f"erp-{number}",
            "Date": _day(number),
            "ClientId": f"C-{place}",
            "Client": f"Client {place}",
            "Address": f"Street {place}, 10123 Tallinn",
            "AddressLat": 59.4 + place / 10_000,
            "AddressLon": 24.7 + place / 10_000,
            "TimeSlotFrom": "09:00",
            "TimeSlotTo": "12:00",
            "ServiceTime": 10,
            "Weight": 12.5,
            "Phone": "+1 202 555 0100",
            "Note": "Ring at the back door",
            "GoodsList": [
                {
                    "OrderLineId": "1",
                    "GoodsName": "Coffee beans 1 kg",
                    "GoodsUnit": "pcs",
                    "Quantity": 10,
                    "Cost": 4.89,
                },
                {"OrderLineId": "2", "GoodsName": "Paper cups, 50", "GoodsUnit": "pack", "Quantity": 4, "Cost": 2.5},
            ],
        }
    )


def _number(number: int) -> str:
    return f"SO-{number:07}"


def _day(number: int) -> str:
    return (_FIRST_DAY + timedelta(days=number // A_DAY)).isoformat()


def _copy(installation: Installation, numbers: Sequence[int]) -> None:
    """Rows as the store has written them for the first thousand, under other numbers and on other days."""
    names = [name for name in orders.c.keys() if name != "seq"]  # noqa: SIM118 - not a dict
    database = installation.app.database
    with database.engine.connect() as connection:
        columns = ", ".join(names)
        rows = connection.execute(text(f"SELECT {columns} FROM orders ORDER BY seq")).mappings().all()
    insert = insert_each(orders, names)
    for begin in range(0, len(numbers), _IN_TRANSACTION):
        with database.transaction(durable=False) as tx:
            some = numbers[begin : begin + _IN_TRANSACTION]
            insert.run(tx, [_copied(rows[number % FEW], number) for number in some])


def _copied(row: Any, number: int) -> dict[str, Any]:
    day = _day(number)
    return {
        **row,
        "track_id": new_uuid(),
        "number": _number(number),
        "ext_id": f"erp-{number}",
        "date": f"{day}T00:00:00",
        "document": row["document"].replace(row["date"][:10], day),
    }


def _look_ups(stored: dict[int, Installation], *, quick: bool) -> list[LookUp]:
    chance = random.Random(1)
    paths: dict[str, Callable[[int], str]] = {
        "GET /Order/Number/{n}": lambda count: f"/api/Order/Number/{_number(chance.randrange(count))}",
        "GET /Order/Date/{d}": lambda count: f"/api/Order/Date/{_day(chance.randrange(count))}",
    }
    found = []
    with ExitStack() as stack:
        callers = {count: stack.enter_context(closing(_Caller(one))) for count, one in stored.items()}
        for name, path in paths.items():
            took: dict[int, list[float]] = {count: [] for count in stored}
            for _ in range(_WARM_UP + LOOK_UPS[name] // (4 if quick else 1)):
                for count, caller in callers.items():
                    took[count].append(caller.time(path(count)))
            for count in stored:
                times = sorted(took[count][_WARM_UP:])
                found.append(LookUp(name, count, times[len(times) // 2], times[len(times) * 99 // 100]))
    return found


class _Caller:
    """One connection that is kept."""

    def __init__(self, installation: Installation) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=60)
        self._headers = {"X-API-KEY": installation.first.key_text}

    def time(self, path: str) -> float:
        """Milliseconds until the whole answer was there."""
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        took = (time.perf_counter() - began) * 1000
        expected = A_DAY if "/Date/" in path else 1
        if answer.status != 200 or content.count(b'"TrackId"') != expected:
            raise BenchmarkFailed(f"{path} was answered with {answer.status} and {len(content)} bytes.")
        return took

    def close(self) -> None:
        self._connection.close()


def _add(installation: Installation, pid: int, stored: int, bulk: int, seconds: int) -> Added:
    before, cpu = _count(installation), cpu_seconds(pid)
    arguments = [installation.first.key_text, str(bulk)]
    run = wrk("orders.lua", f"http://127.0.0.1:{installation.port}", CONNECTIONS[bulk], seconds, arguments)
    used = cpu_seconds(pid) - cpu
    new = _count(installation) - before
    # What was under way when wrk stopped may be stored without being counted.
    if run.failed or not run.requests * bulk <= new <= (run.requests + CONNECTIONS[bulk]) * bulk:
        raise BenchmarkFailed(f"{run.requests} requests of {bulk} orders, {run.failed} refused, {new} orders stored.")
    return Added(stored, bulk, run.requests * bulk / run.seconds, run.p99_us / 1000, used / max(1, new) * 1e6)


def _count(installation: Installation) -> int:
    with installation.app.database.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(orders)).scalar_one())
