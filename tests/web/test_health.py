"""What machines may ask without a key, and that they are told the truth."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from waybell.app import build_web
from waybell.installation import heartbeats
from waybell.web import health
from waybell.webhooks.tables import attempts, endpoints, messages


@pytest.fixture
def client(app):
    with TestClient(build_web(app)) as client:
        yield client


def beat(db) -> None:
    with db.transaction() as tx:
        heartbeats.beat(tx, heartbeats.DISPATCHER)


def an_endpoint(tx, account, endpoint_id: str, **values) -> None:
    row = {
        "id": endpoint_id,
        "account_id": account.id,
        "url": "https://receiver.example/",
        "description": "",
        "event_types": [],
        "ordered": True,
        "concurrency": 1,
        "schemes": ["v1"],
        "state": "enabled",
        "created_at": tx.now,
        "changed_at": tx.now,
        "revision": 1,
    }
    tx.execute(endpoints.insert(), row | values)


def a_message(tx, account, message_id: str, endpoint_id: str, **values) -> None:
    row = {
        "id": message_id,
        "account_id": account.id,
        "endpoint_id": endpoint_id,
        "event_id": f"evt_{message_id}",
        "event_type": "OrderUpdated",
        "subject": "order:1",
        "lane": None,
        "version": 1,
        "state": "waiting",
        "due_at": None,
        "attempt": 0,
        "failures": 0,
        "manual": False,
        "created_at": tx.now,
        "lease_until": None,
    }
    tx.execute(messages.insert(), row | values)


def an_attempt(tx, account, number: int, error: str | None, started_at) -> None:
    row = {
        "message_id": "msg_1",
        "number": number,
        "account_id": account.id,
        "endpoint_id": "ep_1",
        "kind": "automatic",
        "started_at": started_at,
        "error": error,
        "request_headers": "",
        **dict.fromkeys(["dns_us", "connect_us", "tls_us", "wait_us", "total_us"], 0),
    }
    tx.execute(attempts.insert(), row)


def counts(client) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_running_process_is_healthy_whatever_else(client, db):
    with db.transaction() as tx:
        tx.execute(text("DROP TABLE heartbeats" if db.is_sqlite else "SELECT 1"))
    assert client.get("/healthz").status_code == 200


def test_without_a_dispatcher_it_is_not_ready_and_says_so(client):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "dispatcher" in answer.json()["Detail"]


def test_with_a_dispatcher_that_makes_progress_it_is_ready(client, db):
    beat(db)
    assert client.get("/readyz").status_code == 200


def test_a_dispatcher_that_stands_still_makes_it_not_ready(client, db, clock):
    beat(db)
    clock.move_to(clock.now() + heartbeats.STALE_AFTER + timedelta(seconds=1))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "no progress" in answer.json()["Detail"]


def test_an_old_schema_makes_it_not_ready_and_names_the_command(client, db):
    beat(db)
    with db.transaction() as tx:
        old = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        tx.execute(text("DELETE FROM alembic_version"))
    try:
        answer = client.get("/readyz")
    finally:
        with db.transaction() as tx:  # the tests of this worker share one PostgreSQL database
            tx.execute(text("INSERT INTO alembic_version VALUES (:old)"), {"old": old})
    assert answer.status_code == 503
    assert "waybell migrate" in answer.json()["Detail"]


def test_unfinished_messages_are_counted_by_what_they_wait_for(client, db, account):
    with db.transaction() as tx:
        an_endpoint(tx, account, "ep_1")
        a_message(tx, account, "msg_1", "ep_1", due_at=tx.now - timedelta(seconds=7))
        a_message(tx, account, "msg_2", "ep_1", due_at=tx.now + timedelta(seconds=60))
        a_message(tx, account, "msg_3", "ep_1", lane="order:1")
        a_message(tx, account, "msg_4", "ep_1", lane="order:1", version=2)
        a_message(tx, account, "msg_5", "ep_1", state="sending", due_at=tx.now, lease_until=tx.now)
        a_message(tx, account, "msg_6", "ep_1", state="succeeded", finished_at=tx.now)
    found = counts(client)
    assert found["waybell_messages/due"] == 1
    assert found["waybell_messages/later"] == 1
    assert found["waybell_messages/behind"] == 2
    assert found["waybell_messages/sending"] == 1
    assert found["waybell_oldest_due_seconds"] == 7


def test_messages_of_parked_endpoints_are_no_delay_of_the_dispatcher(client, db, account):
    with db.transaction() as tx:
        an_endpoint(tx, account, "ep_1", parked_at=tx.now, probe_at=tx.now)
        a_message(tx, account, "msg_1", "ep_1", due_at=tx.now - timedelta(hours=7))
    found = counts(client)
    assert found["waybell_oldest_due_seconds"] == 0
    assert found["waybell_parked_endpoints"] == 1


def test_attempts_of_the_last_minute_are_counted_by_outcome(client, db, account):
    with db.transaction() as tx:
        an_endpoint(tx, account, "ep_1")
        for number, (error, seconds) in enumerate([(None, 1), (None, 59), ("timeout", 2), ("timeout", 61)]):
            an_attempt(tx, account, number, error, tx.now - timedelta(seconds=seconds))
    found = counts(client)
    assert found["waybell_attempts_last_minute/succeeded"] == 2
    assert found["waybell_attempts_last_minute/timeout"] == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL plans by the size of the tables
def test_counting_reads_no_table_from_end_to_end(db):
    """But the one of endpoints, which is small, and what is in the partial indexes."""
    plans = []
    with db.reading() as tx:
        tx.execute = lambda query: plans.extend(plan(db, query)) or tx.connection.execute(query)
        health._count(tx)
    assert [
        line for line in plans if line.startswith("SCAN") and " INDEX " not in line and "endpoints" not in line
    ] == []


def plan(db, query) -> list[str]:
    written_out = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    with db.engine.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written_out}")]


def test_scrapes_in_a_row_count_once(client, db, account):
    assert counts(client)["waybell_messages/due"] == 0
    with db.transaction() as tx:
        an_endpoint(tx, account, "ep_1")
        a_message(tx, account, "msg_1", "ep_1", due_at=tx.now)
    assert counts(client)["waybell_messages/due"] == 0


def test_health_is_no_part_of_the_api_document(client):
    assert not {"/healthz", "/readyz", "/metrics"} & set(client.get("/api/openapi.json").json()["paths"])
