"""What machines may ask without a key, and that they are told the truth."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from waybell.app import build_web
from waybell.db.schema import metadata
from waybell.events import outbox
from waybell.events.model import Event
from waybell.installation import counters, heartbeats
from waybell.web import health, traffic
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.history import queue_metrics
from waybell.webhooks.messages.tables import attempts, messages

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


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


@pytest.mark.parametrize("hour", ["parked", "paused"])
def test_messages_of_endpoints_that_are_not_sent_to_are_no_delay_of_ours(client, db, account, hour):
    with db.transaction() as tx:
        parked = {"parked_at": tx.now, "probe_at": tx.now}
        paused = {"paused_until": tx.now + timedelta(minutes=1)}
        an_endpoint(tx, account, "ep_1", **(parked if hour == "parked" else paused))
        a_message(tx, account, "msg_1", "ep_1", due_at=tx.now - timedelta(hours=7))
    found = counts(client)
    assert found["waybell_oldest_due_seconds"] == 0
    assert found[f"waybell_endpoints/{hour}"] == 1


def test_endpoints_are_counted_by_how_they_stand(client, db, account):
    with db.transaction() as tx:
        an_endpoint(tx, account, "ep_1")
        an_endpoint(tx, account, "ep_2", state="disabled")
        an_endpoint(tx, account, "ep_3", parked_at=tx.now, probe_at=tx.now)
        an_endpoint(tx, account, "ep_4", state="deleted")
        an_endpoint(tx, account, "ep_5", paused_until=tx.now - timedelta(seconds=1))
    found = counts(client)
    standings = ["enabled", "disabled", "parked", "paused"]
    assert [found[f"waybell_endpoints/{standing}"] for standing in standings] == [2, 1, 1, 0]


def test_what_dispatchers_have_counted_is_added_up(client, db):
    for _ in range(2):
        with db.transaction() as tx:
            counters.add(tx, {"attempts timeout": 3, "latency up to 5 ms": 2, "latency microseconds": 7000})
            counters.add(tx, {"latency longer": 1})
    found = counts(client)
    assert found["waybell_attempts_total/timeout"] == 6
    assert found["waybell_attempts_total/succeeded"] == 0
    assert found["waybell_send_latency_seconds_bucket/0.002"] == 0
    assert found["waybell_send_latency_seconds_bucket/0.005"] == 4
    assert found["waybell_send_latency_seconds_bucket/+Inf"] == found["waybell_send_latency_seconds_count"] == 6
    assert found["waybell_send_latency_seconds_sum"] == 0.014


def test_each_dispatcher_is_shown_until_it_stops_or_is_forgotten(client, db, clock, monkeypatch):
    for process, minutes in [("a:1", 0), ("b:1", 10), ("c:1", 10)]:
        clock.move_to(clock.now() + timedelta(minutes=minutes))
        monkeypatch.setattr(heartbeats, "this_process", lambda process=process: process)
        with db.transaction() as tx:
            heartbeats.beat(tx, heartbeats.DISPATCHER, 5, 32)
            if process == "c:1":
                heartbeats.stop(tx, heartbeats.DISPATCHER)
    found = counts(client)
    ages = {key: value for key, value in found.items() if key.startswith("waybell_dispatcher_progress_age_seconds")}
    assert ages == {"waybell_dispatcher_progress_age_seconds/b:1": 600}
    assert found["waybell_dispatcher_in_flight/b:1"] == 5
    assert found["waybell_dispatcher_shards/b:1"] == 32


def test_the_endpoints_whose_messages_are_late_are_named_the_latest_first(db, account):
    with db.transaction() as tx:
        for number in range(5):
            an_endpoint(tx, account, f"ep_{number}", url=f"https://r{number}.example/hook")
            for more in range(2):
                due = tx.now - timedelta(seconds=70 * number - more)
                a_message(tx, account, f"msg_{number}{more}", f"ep_{number}", due_at=due)
        an_endpoint(tx, account, "ep_down", parked_at=tx.now, probe_at=tx.now, parked_reason="timeout")
        a_message(tx, account, "msg_down", "ep_down", due_at=tx.now - timedelta(days=1))
    with db.reading() as tx:
        found = queue_metrics.latest(tx, timedelta(seconds=60), 3)
    assert [(one.endpoint_id, one.account_id, one.url) for one in found] == [
        (f"ep_{number}", account.id, f"https://r{number}.example/hook") for number in (4, 3, 2)
    ]
    assert [round(one.seconds) for one in found] == [280, 210, 140]


def test_requests_and_accepted_events_of_this_server_are_counted(client, db, account):
    client.get("/nothing-here")
    with db.transaction() as tx:
        outbox.record(tx, Event(account.id, "OrderUpdated", "order:1", {}))
    before = counts(client)
    after = counts(client)
    assert before["waybell_http_requests_total/4xx"] == 1
    assert after["waybell_http_requests_total/2xx"] == before["waybell_http_requests_total/2xx"] + 1
    assert after["waybell_http_request_duration_seconds_count"] == 2
    assert before["waybell_events_accepted_total"] == 1


def test_without_the_database_a_server_tells_what_it_knows_itself(client, db, monkeypatch):
    """Or the alert on answers with 5xx could not fire while the database is what makes them."""
    assert counts(client)["waybell_database_up"] == 1

    def away():
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(client.app.state.health, "_whole", away)
    found = counts(client)
    assert found["waybell_database_up"] == 0
    assert found["waybell_http_requests_total/2xx"] == 1
    assert "waybell_oldest_due_seconds" not in found
    assert any(name.startswith("waybell_build_info") for name in found)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_gone_is_told_by_the_metrics(client, db):
    """As it was when the first scrape finds it so: nothing was remembered."""
    with db.transaction() as tx:
        tx.execute(text("DROP TABLE counters"))
    assert counts(client)["waybell_database_up"] == 0


def test_an_error_of_ours_is_counted_and_found_in_the_log_by_the_id_that_the_caller_got(client, monkeypatch):
    def fail(_self):
        raise RuntimeError

    monkeypatch.setattr(health.Health, "trouble", fail)
    with TestClient(client.app, raise_server_exceptions=False) as caller, capture_logs() as logged:
        ours = caller.get("/readyz")
        caller.get("/readyz", headers={"X-Request-Id": "theirs-17", "traceparent": TRACEPARENT})
    assert [line["request_id"] for line in logged] == [ours.headers["X-Request-Id"], "theirs-17"]
    assert logged[1]["trace_id"] == TRACEPARENT[3:35]
    assert counts(client)["waybell_http_requests_total/5xx"] == 2


def test_a_slow_request_is_logged(client, monkeypatch):
    monkeypatch.setattr(traffic, "SLOW_SECONDS", 0)
    with capture_logs() as logged:
        client.get("/healthz")
    assert [(line["event"], line["path"], line["status"]) for line in logged] == [("request.slow", "/healthz", 200)]


class TestStuck:
    """Dispatchers beat, but at some endpoint nothing moves."""

    @pytest.fixture
    def late(self, db, account):
        """An endpoint with a message that is due for longer than can be, and a dispatcher that beats."""

        def make(**values) -> None:
            with db.transaction() as tx:
                an_endpoint(tx, account, "ep_1", **values)
                a_message(tx, account, "msg_1", "ep_1", due_at=tx.now - timedelta(minutes=20))
            beat(db)

        return make

    def test_it_is_not_ready_and_says_what_to_do(self, client, late):
        late()
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert "1 endpoint has had messages due" in answer.json()["Detail"]
        assert "restart" in answer.json()["Detail"]

    @pytest.mark.parametrize("values", [{"state": "disabled"}, {"rate_limit": 0.001}])
    def test_one_that_is_not_to_be_sent_to_now_is_no_trouble(self, client, late, values):
        late(**values)
        assert client.get("/readyz").status_code == 200

    def test_a_receiver_that_is_slower_than_its_events_is_no_trouble(self, client, db, account, late):
        late()
        with db.transaction() as tx:
            an_attempt(tx, account, 1, None, tx.now - timedelta(minutes=4))
        assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL plans by the size of the tables
def test_counting_reads_no_table_from_end_to_end(db):
    """But those of endpoints and counters, which are small, and what is in the partial indexes."""
    plans = []
    with db.reading() as tx:
        tx.execute = lambda query: plans.extend(plan(db, query)) or tx.connection.execute(query)
        list(health._installation_metrics(tx))
        queue_metrics.stuck(tx, timedelta(minutes=5))
        queue_metrics.latest(tx, timedelta(minutes=1), 10)
    read = {line.split()[1] for line in plans if line.startswith("SCAN") and " INDEX " not in line}
    assert read & set(metadata.tables) <= {"endpoints", "counters"}
    assert "endpoints" in read
    of_messages = [line for line in plans if " messages " in line]
    assert {line.partition("INDEX ")[2].split()[0] for line in of_messages} == {
        "messages_due",
        "messages_behind",
        "messages_lease",
    }


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
