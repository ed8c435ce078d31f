"""On PostgreSQL the statements of a dispatcher's turn read no table from end to end, however large it is."""

import pytest
from sqlalchemy import text

from waybell.webhooks.messages.claims import _claim_of_all
from waybell.webhooks.messages.lanes import _promote
from waybell.webhooks.messages.results import _record

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

MESSAGES, ENDPOINTS = 30_000, 50

_FILL = """
    INSERT INTO messages (id, account_id, endpoint_id, event_id, event_type, subject, lane, version, state, due_at,
                          attempt, failures, manual, created_at)
    SELECT 'msg_' || lpad(n::text, 32, '0'), 'acc_1', 'ep_' || n % :endpoints, 'evt_' || n, 'OrderUpdated',
           'order:' || n / 100, 'order:' || n / 100, n, 'waiting', CASE WHEN n % 100 < :endpoints THEN n END,
           0, 0, false, n
      FROM generate_series(0, :messages - 1) AS n
"""


@pytest.fixture
def explain(db):
    """Answers the plan of a prepared statement with these parameters, of which PostgreSQL knows nothing beforehand."""
    with db.transaction() as tx:
        tx.execute(text(_FILL), {"messages": MESSAGES, "endpoints": ENDPOINTS})
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE messages")
        connection.commit()

    def explain(prepared, parameters) -> str:
        with db.reading() as tx:
            tx.connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
            statement, constants = prepared._for(tx)
            rows = tx.connection.exec_driver_sql(f"EXPLAIN {statement}", constants | parameters)
            return "\n".join(row[0] for row in rows)

    return explain


def test_a_claim_looks_up_what_it_takes(explain):
    shares = {f"ep_{n}": 10 for n in range(ENDPOINTS)}
    given = {"endpoint": list(shares), "most": list(shares.values()), "by": MESSAGES, "lease": 1}
    plan = explain(_claim_of_all, given)
    assert "Seq Scan" not in plan
    assert "messages_due" in plan


def test_recording_looks_up_what_came_back(explain):
    rows = [store_row(n) for n in range(500)]
    plan = explain(_record._all, {name: [row[name] for row in rows] for name in rows[0]})
    assert "Seq Scan" not in plan


def store_row(number: int) -> dict:
    return {
        "message": f"msg_{number:032}",
        "claim": 1,
        "new_state": "succeeded",
        "new_due_at": None,
        "new_failures": 0,
        "new_finished_at": 1,
        "new_error": None,
        "new_status": 200,
    }


def test_promoting_looks_up_the_heads_and_who_is_next(explain):
    lanes = {"endpoint": [f"ep_{n % ENDPOINTS}" for n in range(500)], "about": [f"order:{n}" for n in range(500)]}
    plan = explain(_promote._all, lanes | {"now": [1] * 500})
    assert "Seq Scan" not in plan
    assert "messages_behind" in plan
    assert "messages_head" in plan
