"""Statements of the hot path find their rows by the index that is meant for them, however many rows there are.

On SQLite, which always plans in the same way; PostgreSQL plans by what it knows of the tables.
"""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, event

from support.endpoints import an_endpoint, publish
from waybell.ground.event_names import EventNames
from waybell.webhooks.history import attempt_search, jobs, message_log, waiting_messages
from waybell.webhooks.history.attempt_search import Wanted
from waybell.webhooks.messages import claims, due_times, lanes
from waybell.webhooks.sending import event_contents

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


NAMES = EventNames()
TABLES = ("messages", "attempts", "events")


class Watch:
    """Explains each statement that touches one of these tables, just before it runs."""

    def __init__(self, engine: Engine) -> None:
        self.plans: list[tuple[str, list[str]]] = []
        event.listen(engine, "before_cursor_execute", self._explain)

    def _explain(self, connection, cursor, statement, parameters, _context, many) -> None:
        if any(table in statement for table in TABLES) and not statement.startswith("EXPLAIN"):
            given = parameters[0] if many else parameters
            plan = connection.connection.dbapi_connection.execute(f"EXPLAIN QUERY PLAN {statement}", given)
            self.plans.append((statement, [row[3] for row in plan]))

    def of(self, part: str) -> str:
        """The plan of the last statement that holds this text."""
        return "\n".join([plan for statement, plan in self.plans if part in statement][-1])


@pytest.fixture
def watched(app, account):
    endpoint_ids = [an_endpoint(app, account) for _ in range(3)]
    publish(app.database, account, "order:1", "order:2")
    watch = Watch(app.database.engine)
    publish(app.database, account, "order:1", "order:2")
    with app.database.transaction() as tx:
        due_times.next_due(tx)
        claims.claim(tx, {endpoint_ids[0]: 4}, tx.now)
        lanes.promote(tx, [(endpoint_ids[0], "order:1")])
        event_contents.read_contents(tx, ["evt_1"])
    return watch


def test_the_heads_of_lanes_are_found_by_their_own_index(watched):
    plan = watched.of("messages.lane IN")
    assert "messages_head (endpoint_id=? AND lane=?)" in plan
    assert "messages_due" not in plan


def test_a_claim_walks_along_the_due_index(watched):
    plan = watched.of("attempt=(messages.attempt")
    assert "messages_due (endpoint_id=? AND due_at" in plan
    assert plan.count("sqlite_autoindex_messages_1 (id=?)") == 2
    assert "TEMP B-TREE" not in plan


def test_contents_are_looked_up_by_id(watched):
    plan = watched.of("events.body")
    assert "SEARCH events USING INDEX sqlite_autoindex_events_1 (id=?)" in plan


def test_the_endpoints_with_something_due_are_jumped_to(watched):
    plan = watched.of("heads.endpoint_id")
    assert "messages_due (endpoint_id>?)" in plan
    assert "SCAN messages\n" not in plan + "\n"
    assert "messages_due (endpoint_id=? AND due_at>?)" in plan


def test_the_next_of_a_lane_is_found_by_the_index_of_those_behind(watched):
    plan = watched.of("behind")
    assert "messages_behind (endpoint_id=? AND lane=?)" in plan
    assert "messages_head (endpoint_id=? AND lane=?)" in plan
    assert "TEMP B-TREE" not in plan


# How a page of attempts finds its candidates, by what it asks for.
SEARCHES = [
    (Wanted(), "attempts_endpoint (endpoint_id=?"),
    (Wanted("succeeded", event_type=NAMES.of("OrderUpdated")), "attempts_endpoint (endpoint_id=?"),
    (Wanted("failed"), "attempts_failed (endpoint_id=?"),
    (Wanted(outcome="5xx"), "attempts_failed (endpoint_id=?"),
    (Wanted("failed", event_type=NAMES.of("OrderUpdated"), outcome="dns"), "attempts_failed (endpoint_id=?"),
]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("wanted", "index"), SEARCHES)
def test_a_search_reads_its_candidates_along_an_index_and_their_messages_one_by_one(
    app, account, wanted, index, turned
):
    endpoint_id = an_endpoint(app, account)
    watch = Watch(app.database.engine)
    with app.database.reading() as tx:
        last: Any = SimpleNamespace(started_at=tx.now, message_id="msg_1", number=1)
        after = message_log.attempt_cursor(endpoint_id, last) if turned else None
        attempt_search.search(tx, account.id, endpoint_id, wanted, after, 50)
    plan = watch.of("JOIN messages")
    assert index + (" AND started_at<?)" if turned else ")") in plan
    assert "attempts_1 (message_id=? AND number=?)" in plan
    assert "messages_1 (id=?)" in plan
    assert "SCAN attempts" not in plan
    assert "SCAN messages" not in plan


def test_a_search_for_objects_goes_from_their_events_to_their_attempts(app, account):
    endpoint_id = an_endpoint(app, account)
    watch = Watch(app.database.engine)
    with app.database.reading() as tx:
        attempt_search.search(tx, account.id, endpoint_id, Wanted("failed", subjects=["order:1", "route:1"]), None, 50)
    plan = watch.of("JOIN messages")
    assert plan.count("events_subject (account_id=? AND subject=?)") == 2
    assert "messages_event (event_id=? AND endpoint_id=?)" in plan
    assert "attempts_1 (message_id=?)" in plan
    assert "SCAN events" not in plan


def test_what_waits_is_read_along_the_due_index(watched, app):
    with app.database.reading() as tx:
        waiting_messages.waiting(tx, "ep_1", 100)
    plan = watched.of("ORDER BY messages.due_at")
    assert "messages_due (endpoint_id=? AND due_at" in plan
    assert plan.count("TEMP B-TREE") == 1  # sorts the rows that were found, a hundred at the most


def test_a_retry_of_what_failed_reads_failed_messages_only(app, account):
    endpoint_id = an_endpoint(app, account)
    watch = Watch(app.database.engine)
    with app.database.reading() as tx:
        jobs.plan_since(
            tx, account.id, endpoint_id, "failed", tx.now, None, {"outcome": "5xx", "subjects": ["order:1"]}
        )
    assert "messages_failed (endpoint_id=?)" in watch.of("messages.finished_at >=")
