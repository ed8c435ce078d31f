"""Statements of the hot path find their rows by the index that is meant for them, however many rows there are.

On SQLite, which always plans in the same way; PostgreSQL plans by what it knows of the tables.
"""

import pytest
from sqlalchemy import Engine, event

from support.endpoints import an_endpoint, publish
from waybell.webhooks import store

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Watch:
    """Explains each statement that touches messages, just before it runs."""

    def __init__(self, engine: Engine) -> None:
        self.plans: list[tuple[str, list[str]]] = []
        event.listen(engine, "before_cursor_execute", self._explain)

    def _explain(self, connection, cursor, statement, parameters, _context, many) -> None:
        if "messages" in statement and not statement.startswith("EXPLAIN"):
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
        store.next_due(tx)
        store.claim(tx, {endpoint_ids[0]: 4}, tx.now)
        store.promote(tx, [(endpoint_ids[0], "order:1")])
    return watch


def test_the_heads_of_lanes_are_found_by_their_own_index(watched):
    plan = watched.of("messages.lane IN")
    assert "messages_head (endpoint_id=? AND lane=?)" in plan
    assert "messages_due" not in plan


def test_a_claim_walks_along_the_due_index(watched):
    plan = watched.of("attempt=(messages.attempt")
    assert "messages_due (endpoint_id=? AND due_at" in plan
    assert "TEMP B-TREE" not in plan


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
