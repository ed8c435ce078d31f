"""Claim, send, decide, record: against real receivers, on both databases, with a clock that the test moves."""

import threading
import time
from datetime import timedelta

from sqlalchemy import event, select, update
from standardwebhooks import Webhook

from support.receiver import Answer, closed_port
from support.waiting import wait_for
from waybell.db.prepared import stored
from waybell.upkeep import webhooks
from waybell.webhooks.endpoints import hourly_counts, parking
from waybell.webhooks.endpoints import store as endpoint_store
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages import claims, results
from waybell.webhooks.messages.tables import attempts, messages


def rows(db, table, *order):
    with db.reading() as tx:
        return tx.execute(select(table).order_by(*order)).all()


def test_a_change_becomes_a_signed_post(app, receiver, endpoint, publish, settle):
    endpoint_id = endpoint(receiver.url)
    publish("order:1", data={"Number": "Ä1"})
    settle()
    [got] = receiver.received
    [message] = rows(app.database, messages)
    [attempt] = rows(app.database, attempts)
    assert (message.state, message.status, message.error, message.attempt) == ("succeeded", 204, None, 1)
    assert (attempt.status, attempt.kind, attempt.number) == (204, "automatic", 1)
    assert got.document["Metadata"] == {
        "Event": "OrderUpdated",
        "Date": "2026-11-23T12:00:00.000000Z",
        "Id": message.event_id,
        "Version": 1,
    }
    with app.database.reading() as tx:
        [secret] = endpoint_store.load_endpoints(tx, app.vault, [endpoint_id])[endpoint_id].secrets
    # The official library compares with the real time; the clock of this test stands still.
    signature = Webhook(secret.value).sign(got.event_id, app.clock.now(), got.body.decode())
    assert got.headers["webhook-signature"] == signature
    assert got.headers["content-type"] == "application/json"


def test_messages_of_one_subject_arrive_one_at_a_time_in_order(receiver, endpoint, publish, settle):
    under_way: list[str] = []
    overlaps: list[str] = []
    lock = threading.Lock()

    def answer(got):
        number = got.document["Data"]["Number"]
        with lock:
            if number in under_way:
                overlaps.append(number)
            under_way.append(number)
        with lock:
            under_way.remove(number)
        return Answer()

    receiver.answer = answer
    endpoint(receiver.url)
    for _ in range(10):
        publish("order:1", "order:2", "order:3")
    settle()
    for subject in ("order:1", "order:2", "order:3"):
        versions = [
            got.document["Metadata"]["Version"]
            for got in receiver.received
            if got.document["Data"]["Number"] == subject
        ]
        assert versions == list(range(1, 11))
    assert overlaps == []


def test_a_failed_message_is_retried_five_times_and_then_given_up(app, clock, receiver, endpoint, publish, settle):
    receiver.answer = Answer(500)
    endpoint(receiver.url)
    publish("order:1")
    settle()
    pauses = []
    for _ in range(5):
        [message] = rows(app.database, messages)
        assert (message.state, message.error, message.status) == ("waiting", "http_status", 500)
        pauses.append((message.due_at - clock.now()).total_seconds())
        clock.move_to(message.due_at)
        settle()
    [message] = rows(app.database, messages)
    assert (message.state, message.attempt, message.due_at) == ("failed", 6, None)
    for pause, planned in zip(pauses, [5, 300, 1800, 7200, 18000], strict=True):
        assert 0.8 * planned <= pause <= 1.2 * planned
    timestamps = {got.headers["webhook-timestamp"] for got in receiver.received}
    assert len(timestamps) == 6
    assert len({got.event_id for got in receiver.received}) == 1


def test_what_waits_behind_a_failed_message_goes_on_when_it_is_given_up(
    app, clock, receiver, endpoint, publish, settle
):
    receiver.answer = lambda got: Answer(500 if got.document["Metadata"]["Version"] == 1 else 204)
    endpoint(receiver.url)
    publish("order:1")
    publish("order:1")
    settle()
    for _ in range(5):
        due = min(message.due_at for message in rows(app.database, messages) if message.due_at)
        clock.move_to(due)
        settle()
    assert [message.state for message in rows(app.database, messages, messages.c.version)] == ["failed", "succeeded"]


def test_retry_after_is_honoured(app, clock, receiver, endpoint, publish, settle):
    receiver.answer = Answer(503, (("Retry-After", "3600"),))
    endpoint(receiver.url)
    publish("order:1")
    settle()
    [message] = rows(app.database, messages)
    assert message.due_at == clock.now() + timedelta(hours=1)


def test_a_receiver_that_asks_for_a_pause_gets_nothing_until_then(app, clock, receiver, endpoint, publish, settle):
    receiver.answer = Answer(429, (("Retry-After", "600"),))
    endpoint(receiver.url, concurrency=1)
    publish("order:1", "order:2", "order:3")
    settle()
    assert len(receiver.received) == 1
    receiver.answer = Answer()
    publish("order:4")
    clock.move_to(clock.now() + timedelta(seconds=599))
    settle()
    assert len(receiver.received) == 1
    clock.move_to(clock.now() + timedelta(seconds=1))
    settle()
    assert {message.state for message in rows(app.database, messages)} == {"succeeded"}
    [row] = rows(app.database, endpoints)
    assert row.parked_at is None


def test_who_does_not_want_to_wait_ends_the_pause(app, clock, receiver, endpoint, publish, settle):
    receiver.answer = Answer(503, (("Retry-After", "600"),))
    endpoint_id = endpoint(receiver.url, concurrency=1)
    publish("order:1", "order:2")
    settle()
    receiver.answer = Answer()
    with app.database.transaction() as tx:
        parking.end_pause(tx, endpoint_id)
    settle()
    assert len(receiver.received) == 2  # the one that was refused waits for its own retry


def test_an_outage_with_a_pause_is_probed_after_the_pause(app, clock, receiver, endpoint, publish, settle):
    receiver.answer = Answer(503, (("Retry-After", "600"),))
    endpoint_id = endpoint(receiver.url)
    publish("order:1")
    settle()
    with app.database.transaction() as tx:
        assert parking.park(tx, {endpoint_id: "http_status 503"}, tx.now + timedelta(seconds=5))
    [row] = rows(app.database, endpoints)
    assert (row.probe_at, row.paused_until) == (clock.now() + timedelta(seconds=600), None)


def test_a_dead_receiver_is_a_word_and_not_a_crash(app, endpoint, publish, settle):
    endpoint(f"http://127.0.0.1:{closed_port()}/")
    publish("order:1")
    settle()
    [attempt] = rows(app.database, attempts)
    assert (attempt.error, attempt.status) == ("refused", None)


def test_a_forbidden_address_is_never_connected_to(app, endpoint, publish, settle):
    endpoint("http://[::1]:9/")
    endpoint("http://169.254.169.254/")
    publish("order:1")
    settle()
    assert [attempt.error for attempt in rows(app.database, attempts)] == ["forbidden_address"] * 2


def test_an_outage_parks_the_endpoint_and_costs_no_retries(app, clock, receiver, endpoint, publish, settle):
    receiver.answer = Answer(502)
    endpoint(receiver.url)
    for number in range(30):
        publish(f"order:{number}")
    settle()
    clock.move_to(clock.now() + timedelta(seconds=7))
    settle()
    [parked] = rows(app.database, endpoints)
    assert parked.parked_at is not None
    tried = len(receiver.received)
    for _ in range(20):
        [parked] = rows(app.database, endpoints)
        clock.move_to(parked.probe_at)
        settle()
    assert len(receiver.received) == tried + 20
    assert {message.state for message in rows(app.database, messages)} == {"waiting"}
    receiver.answer = Answer(204)
    [parked] = rows(app.database, endpoints)
    clock.move_to(parked.probe_at)
    settle()
    settle()
    assert {message.state for message in rows(app.database, messages)} == {"succeeded"}
    assert max(message.failures for message in rows(app.database, messages)) <= 1
    [endpoint_row] = rows(app.database, endpoints)
    assert endpoint_row.parked_at is None


def test_who_was_enabled_again_is_judged_anew(app, clock, receiver, endpoint, publish, settle):
    """The probes that failed say nothing about what a person has set right since."""
    receiver.answer = Answer(500)
    endpoint(receiver.url)
    publish(*[f"order:{number}" for number in range(12)])
    settle()
    for _ in range(12):
        clock.move_to(clock.now() + timedelta(minutes=16))
        settle()
    with app.database.reading() as tx:
        assert tx.execute(select(endpoints.c.parked_at)).scalar_one() is not None

    def set_state(state):
        with app.database.transaction() as tx:
            new = {"revision": endpoints.c.revision + 1, "state": state, **parking.UNTROUBLED}
            tx.execute(update(endpoints).values(new))
        settle()

    set_state("disabled")
    before = len(receiver.received)
    set_state("enabled")
    assert len(receiver.received) - before >= 10


def test_after_an_outage_what_was_probed_with_goes_out_with_the_rest(app, clock, receiver, endpoint, publish, settle):
    receiver.answer = Answer(503)
    endpoint_id = endpoint(receiver.url)
    for number in range(12):
        publish(f"order:{number}")
    settle()
    receiver.answer = Answer(503, (("Retry-After", "3600"),))
    clock.move_to(clock.now() + timedelta(seconds=7))
    settle()  # a probe has failed, and the next is an hour away
    receiver.answer = Answer(204)
    with app.database.transaction() as tx:
        parking.set_probe(tx, endpoint_id, tx.now)
    settle()
    assert {message.state for message in rows(app.database, messages)} == {"succeeded"}


def test_gone_disables_the_endpoint_and_tells_the_others(app, receiver, endpoint, publish, settle):
    receiver.answer = lambda got: Answer(410 if got.path == "/gone" else 204)
    gone = endpoint(receiver.url.replace("/hook", "/gone"))
    endpoint(receiver.url)
    publish("order:1", "order:2")
    settle()
    settle()  # the event about it was recorded on the way
    assert [
        (row.state, row.disabled_reason)
        for row in rows(app.database, endpoints, endpoints.c.created_at)
        if row.id == gone
    ] == [("disabled", "gone")]
    types = [got.document["Metadata"]["Event"] for got in receiver.received if got.path == "/hook"]
    assert sorted(types) == ["EndpointDisabled", "OrderUpdated", "OrderUpdated"]


def test_a_claim_that_ran_out_is_sent_again_and_a_late_result_changes_nothing(
    app, clock, receiver, endpoint, publish, settle
):
    endpoint_id = endpoint(receiver.url)
    publish("order:1")
    with app.database.transaction() as tx:
        [lost] = claims.claim(tx, {endpoint_id: 1}, tx.now + app.settings.lease)
    settle()
    assert receiver.received == []
    clock.move_to(clock.now() + app.settings.lease)
    webhooks.run_once(app.database, app.settings)
    settle()
    [message] = rows(app.database, messages)
    assert (message.state, message.attempt) == ("succeeded", 2)
    late = {
        "message": lost.message_id,
        "claim": lost.attempt,
        "new_state": "failed",
        "new_due_at": None,
        "new_failures": 1,
        "new_finished_at": stored(clock.now()),
        "new_error": None,
        "new_status": 500,
    }
    with app.database.transaction() as tx:
        results.record(tx, [late])
    assert [message.state for message in rows(app.database, messages)] == ["succeeded"]


def test_a_dispatcher_that_was_frozen_after_its_claim_sends_nothing_old(
    app, clock, monkeypatch, receiver, endpoint, publish, dispatcher, settle
):
    endpoint(receiver.url)
    publish("order:1")
    settle()
    frozen_for = 0.0
    monotonic = time.monotonic

    def freeze(_connection):
        nonlocal frozen_for
        frozen_for += app.settings.lease.total_seconds()

    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + frozen_for)
    publish("order:2")
    event.listen(app.database.engine, "commit", freeze)
    settle()
    event.remove(app.database.engine, "commit", freeze)
    assert len(receiver.received) == 1
    clock.move_to(clock.now() + app.settings.lease)
    webhooks.run_once(app.database, app.settings)
    settle()
    assert len(receiver.received) == 2


def test_an_endpoint_that_hangs_does_not_keep_the_dispatcher_busy(receiver, hang, endpoint, publish, dispatcher):
    hang()
    dispatcher._paces[endpoint(receiver.url, concurrency=2)].window = 2  # as if it had answered before
    publish(*[f"order:{number}" for number in range(20)])
    dispatcher.scan()
    wait_for(lambda: dispatcher.step(0.01) or len(receiver.received) == 2)
    before = time.process_time()
    ends_at = time.monotonic() + 0.5
    turns = 0
    while time.monotonic() < ends_at:
        dispatcher.step(dispatcher.idle_seconds())
        turns += 1
    assert turns < 20
    assert time.process_time() - before < 0.25


def test_attempts_are_counted_by_the_hour_as_they_are_recorded(db, endpoint, publish, settle, receiver):
    endpoint_id = endpoint(receiver.url)
    publish("order:1", "order:2")
    settle()
    with db.reading() as tx:
        pulse = hourly_counts.pulses(tx, [endpoint_id])[endpoint_id]
    assert (pulse.succeeded, pulse.failed) == (2, 0)
