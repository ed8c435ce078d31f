"""How long the pages take when much is stored: 100,000 messages and 1,000,000 attempts of one endpoint."""

import gzip
import http.client
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from installation import EVENT_TYPE, Installation
from waybell.accounts import sessions
from waybell.accounts.model import Actor
from waybell.db.database import Database, Tx
from waybell.db.prepared import Prepared, insert_each, stored
from waybell.events.model import Event, body
from waybell.events.tables import events
from waybell.ground.ids import new_id
from waybell.orders import actions as orders
from waybell.orders.requests import NewOrder
from waybell.webhooks.endpoints import hourly_counts
from waybell.webhooks.messages.attempts import attempt_row, insert_attempts
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.model import Answered, Attempt, Timing

MESSAGES, ATTEMPTS_EACH = 100_000, 10
_ORDERS = 500
_TIMES = 20
_IN_TRANSACTION = 1000
_FAILING_EVERY, _WAITING_EVERY = 50, 20
_LINKED = re.compile(r'(?:href|src)="(/static/[^"#]+)')


@dataclass(frozen=True)
class PageTime:
    name: str
    median_ms: float
    slowest_ms: float
    kilobytes: float  # as transferred, compressed


@dataclass(frozen=True)
class Pages:
    times: list[PageTime]
    first_visit_kilobytes: float  # the page of an endpoint with everything that it links


def measure(installation: Installation, quick: int) -> Pages:
    (endpoint_id,) = installation.add_endpoints(1, "http://127.0.0.1:9/")
    database = installation.app.database
    message_id, event_id = _fill(installation, endpoint_id, MESSAGES // quick)
    track_id = _add_orders(installation)
    with database.transaction() as tx:
        user_id = tx.execute(text("SELECT id FROM users")).scalar_one()
        token = sessions.begin(tx, user_id, timedelta(days=1))
    _analyze(database)
    webhooks = "/settings/web-api/webhooks"
    paths = {
        "the list of endpoints": webhooks,
        "an endpoint: attempts": f"{webhooks}/{endpoint_id}",
        "an endpoint: failed attempts": f"{webhooks}/{endpoint_id}?state=failed",
        "an endpoint: waiting": f"{webhooks}/{endpoint_id}?state=waiting",
        "an endpoint: an event type that never was": f"{webhooks}/{endpoint_id}?event=RouteDeleted",
        "an endpoint: settings": f"{webhooks}/{endpoint_id}/settings",
        "an endpoint: test": f"{webhooks}/{endpoint_id}/test",
        "an endpoint: verify": f"{webhooks}/{endpoint_id}/verify",
        "a message with its attempts": f"{webhooks}/{endpoint_id}/messages/{message_id}",
        "events": "/events",
        "an event: why": f"/events/{event_id}",
        "orders": "/orders",
        "an order": f"/orders/{track_id}",
        "routes": "/routes",
        "Web API": "/settings/web-api",
        "inbox": "/inbox",
        "getting started": "/welcome",
        "audit trail": "/settings/audit",
    }
    with installation.running("web"):
        visitor = _Visitor(installation.port, f"waybell-{installation.port}={token}")
        times = [visitor.time(name, path) for name, path in paths.items()]
        return Pages(times, visitor.first_visit(paths["an endpoint: attempts"]))


def _fill(installation: Installation, endpoint_id: str, count: int) -> tuple[str, str]:
    """Messages with ten attempts each, some of them failed, some waiting. Answers the newest message and its event."""
    database, account_id = installation.app.database, installation.account_id
    message_id = event_id = ""
    add_event = Prepared(events.insert().inline(), [name for name in events.c.keys() if name != "seq"])  # noqa: SIM118
    add_messages = insert_each(messages, messages.c.keys())
    for begin in range(0, count, _IN_TRANSACTION):
        with database.transaction(durable=False) as tx:
            rows, tried = [], []
            for number in range(begin, min(begin + _IN_TRANSACTION, count)):
                message_id, event = new_id("msg"), Event(account_id, EVENT_TYPE, f"thing:{number}", {"Number": number})
                event_id = event.id
                rows.append(_message(tx, message_id, endpoint_id, event, number))
                add_event.run(tx, _event(tx, event))
                tried += list(_attempts(tx, message_id, account_id, endpoint_id, number))
            add_messages.run(tx, rows)
            insert_attempts(tx, [attempt_row(*where, "automatic", attempt) for where, attempt in tried])
            hourly_counts.count(tx, [(endpoint_id, attempt) for _, attempt in tried])
    return message_id, event_id


def _event(tx: Tx, event: Event) -> dict[str, object]:
    return {
        "id": event.id,
        "account_id": event.account_id,
        "type": event.type,
        "subject": event.subject,
        "version": 1,
        "created_at": stored(tx.now),
        "body": body(event, 1, tx.now),
        "horizon": 0,
        "test": False,
        "opt_in": False,
        "trace": tx.trace,
    }


def _message(tx: Tx, message_id: str, endpoint_id: str, event: Event, number: int) -> dict[str, object]:
    waits, failed = number % _WAITING_EVERY == 0, number % _FAILING_EVERY == 1
    state = "waiting" if waits else "failed" if failed else "succeeded"
    return {
        "id": message_id,
        "account_id": event.account_id,
        "endpoint_id": endpoint_id,
        "event_id": event.id,
        "event_type": event.type,
        "subject": event.subject,
        "lane": event.subject,
        "version": 1,
        "state": state,
        "due_at": stored(tx.now + timedelta(hours=1)) if waits else None,
        "attempt": ATTEMPTS_EACH,
        "failures": 1,
        "manual": False,
        "lease_until": None,
        "created_at": stored(tx.now),
        "finished_at": None if waits else stored(tx.now),
        "error": "http_status" if failed else None,
        "status": 503 if failed else 200,
    }


def _attempts(
    tx: Tx, message_id: str, account_id: str, endpoint_id: str, number: int
) -> Iterator[tuple[tuple[str, int, str, str], Attempt]]:
    for one in range(ATTEMPTS_EACH):
        status = 503 if number % _FAILING_EVERY == 1 else 200
        outcome = Answered(status, b"HTTP/1.1 200 OK\r\n\r\n", b"ok")
        at = tx.now - timedelta(seconds=ATTEMPTS_EACH - one, microseconds=number)
        yield (
            (message_id, one + 1, account_id, endpoint_id),
            Attempt(at, ("webhook-id: x",), outcome, Timing(total_us=4000)),
        )


def _add_orders(installation: Installation) -> str:
    actor = Actor(installation.first.account, "bench")
    requests = [
        NewOrder.model_validate({"Number": f"B-{number}", "Client": f"Client {number}", "Address": f"Street {number}"})
        for number in range(_ORDERS)
    ]
    with installation.app.database.transaction() as tx:
        made = orders.add_many(tx, actor, requests)
    return str(made[-1].track_id)  # type: ignore[union-attr]


def _analyze(database: Database) -> None:
    """As a database that has been running for a while: PostgreSQL does it by itself after some time."""
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


class _Visitor:
    def __init__(self, port: int, cookie: str) -> None:
        self._port = port
        self._headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}

    def time(self, name: str, path: str) -> PageTime:
        took = []
        for _ in range(_TIMES):
            began = time.perf_counter()
            size = len(self._get(path))
            took.append((time.perf_counter() - began) * 1000)
        took = sorted(took)
        return PageTime(name, took[len(took) // 2], took[-1], size / 1024)

    def first_visit(self, path: str) -> float:
        """Kilobytes of the page and of all that it links, as a browser with nothing kept gets them."""
        page = self._get(path)
        linked = set(_LINKED.findall(gzip.decompress(page).decode()))
        return (len(page) + sum(len(self._get(one.replace("&amp;", "&"))) for one in linked)) / 1024

    def _get(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("GET", path, headers=self._headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        return content
