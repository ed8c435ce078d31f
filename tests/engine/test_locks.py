"""Publishers and the dispatcher lock the same rows at the same time: they may wait, but never in a circle."""

import threading
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from support.receiver import Answer
from support.waiting import wait_for
from waybell.db.postgres import driver_url
from waybell.webhooks.endpoints import parking
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages import locks
from waybell.webhooks.messages.tables import attempts, messages


def test_publishers_of_the_same_subjects_and_the_dispatcher_get_along(app, receiver, endpoint, publish, settle):
    endpoint(receiver.url)
    endpoint(receiver.url)
    subjects = [f"order:{number}" for number in range(20)]
    failed: list[Exception] = []

    def publish_many(order: int) -> None:
        try:
            for _ in range(15):
                publish(*subjects[::order])
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    publish(*subjects)
    publishers = [threading.Thread(target=publish_many, args=(order,)) for order in (1, -1)]
    for one in publishers:
        one.start()
    while any(one.is_alive() for one in publishers):
        settle()
    settle()
    assert failed == []
    with app.database.reading() as tx:
        rows = tx.execute(select(messages.c.state, messages.c.attempt)).all()
    assert len(rows) == 2 * 20 * 31
    assert {tuple(row) for row in rows} == {("succeeded", 1)}
    for path_subject in subjects:
        versions = [
            got.document["Metadata"]["Version"]
            for got in receiver.received
            if got.document["Data"]["Number"] == path_subject
        ]
        assert sorted(versions) == sorted([*range(1, 32)] * 2)


_HOLD = "SELECT id FROM messages WHERE subject = %s FOR SHARE"  # as fan-out does
_SOMEBODY_WAITS = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


def test_an_endpoint_is_parked_when_no_publisher_holds_what_is_given_back(
    app, clock, database_url, receiver, endpoint, publish, settle
):
    if app.database.is_sqlite:
        pytest.skip("writers take turns")
    holds, ends = threading.Event(), threading.Event()
    waited: list[bool] = []

    def hold() -> None:
        url = driver_url(database_url)
        with psycopg.connect(url) as connection, psycopg.connect(url, autocommit=True) as watching:
            connection.execute(_HOLD, ("order:0",))
            holds.set()
            wait_for(lambda: ends.is_set() or watching.execute(_SOMEBODY_WAITS).fetchone()[0])
            waited.append(not ends.is_set())

    receiver.answer = Answer(503)
    endpoint(receiver.url)
    publish("order:0")
    settle()
    publisher = threading.Thread(target=hold)
    publisher.start()
    assert holds.wait(60)
    publish(*[f"order:{number}" for number in range(1, 15)])
    settle()
    ends.set()
    publisher.join(60)
    assert waited == [False]
    clock.move_to(clock.now() + timedelta(seconds=7))
    settle()
    with app.database.reading() as tx:
        assert tx.execute(select(endpoints.c.parked_at)).scalar_one() == clock.now()
        assert set(tx.execute(select(messages.c.failures)).scalars()) == {0}


def test_a_publisher_that_goes_back_for_an_earlier_head_and_the_dispatcher_get_along(
    app, database_url, receiver, endpoint, publish, dispatcher, settle
):
    """Fan-out asks again for the heads that were promoted while it waited: these may stand before what it holds."""
    if app.database.is_sqlite:
        pytest.skip("writers take turns")
    may_answer, holds = threading.Event(), threading.Event()
    failed: list[Exception] = []

    def answer(_got) -> Answer:
        may_answer.wait(60)
        return Answer()

    def is_recorded_or_waited_for(connection: psycopg.Connection) -> bool:
        recorded = "SELECT EXISTS (SELECT FROM messages WHERE subject = 'order:1' AND state = 'succeeded')"
        return any(connection.execute(query).fetchone()[0] for query in (recorded, _SOMEBODY_WAITS))

    def publish_slowly() -> None:
        try:
            with (
                psycopg.connect(driver_url(database_url)) as connection,
                psycopg.connect(driver_url(database_url), autocommit=True) as watching,
            ):
                connection.execute(_HOLD, ("order:2",))
                holds.set()
                wait_for(lambda: is_recorded_or_waited_for(watching))
                connection.execute(_HOLD, ("order:1",))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    receiver.answer = answer
    dispatcher._paces[endpoint(receiver.url)].window = 4  # as if it had answered before
    publish("order:1", "order:2")
    wait_for(lambda: dispatcher.step(0.01) or len(receiver.received) == 2)
    publisher = threading.Thread(target=publish_slowly)
    publisher.start()
    assert holds.wait(60)
    may_answer.set()
    wait_for(lambda: dispatcher._poll(0.01) >= 0 and len(dispatcher._results) == 2)
    with capture_logs() as lines:
        settle()
    publisher.join(60)
    assert failed == []
    assert [line for line in lines if line["log_level"] == "error"] == []
    with app.database.reading() as tx:
        assert tx.execute(select(messages.c.state)).scalars().all() == ["succeeded"] * 2


POSTGRES = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@POSTGRES
def test_who_waits_for_a_publisher_takes_no_answer_for_a_timeout(
    app, database_url, receiver, endpoint, publish, dispatcher_with
):
    holds, may_answer = threading.Event(), threading.Event()

    def answer(got) -> Answer:
        holds.wait(60)
        if got.path.endswith("slow"):
            may_answer.wait(60)
        return Answer()

    receiver.answer = answer
    dispatcher = dispatcher_with(attempt_timeout="2s")
    endpoint(f"{receiver.url}/quick")
    endpoint(f"{receiver.url}/slow")
    publish("order:1")
    wait_for(lambda: dispatcher.step(0.01) or len(receiver.received) == 2)
    with psycopg.connect(driver_url(database_url)) as frozen:
        frozen.execute(_HOLD, ("order:1",))
        holds.set()
        threading.Timer(0.5, may_answer.set).start()
        threading.Timer(3, frozen.rollback).start()  # longer than an attempt may take
        wait_for(lambda: dispatcher.step(0.01) or dispatcher.settled())
    with app.database.reading() as tx:
        assert tx.execute(select(attempts.c.error, attempts.c.status)).all() == [(None, 204)] * 2


@POSTGRES
def test_what_somebody_holds_for_long_keeps_no_other_result_from_being_recorded(
    app, database_url, receiver, endpoint, publish, dispatcher
):
    holds = threading.Event()
    receiver.answer = lambda _got: holds.wait(60) and Answer()
    dispatcher._paces[endpoint(receiver.url)].window = 4  # as if it had answered before
    publish("held", "free")
    wait_for(lambda: dispatcher.step(0.01) or len(receiver.received) == 2)
    with psycopg.connect(driver_url(database_url)) as frozen:
        frozen.execute(_HOLD, ("held",))
        holds.set()

        def recorded():
            dispatcher.step(0.01)
            with app.database.reading() as tx:
                return tx.execute(select(messages.c.subject).where(messages.c.state == "succeeded")).scalars().all()

        with capture_logs() as lines:
            assert wait_for(recorded) == ["free"]
    assert {line["event"] for line in lines} <= {"dispatcher.lock_not_free"}


@POSTGRES
def test_an_endpoint_that_somebody_changes_is_probed_later(app, database_url, endpoint):
    held, free = endpoint("https://e.example/"), endpoint("https://e.example/")
    with app.database.transaction() as tx:
        parking.park(tx, {held: "timeout", free: "timeout"}, tx.now)
    with psycopg.connect(driver_url(database_url)) as frozen:
        frozen.execute("SELECT id FROM endpoints WHERE id = %s FOR UPDATE", (held,))
        with app.database.transaction() as tx:
            tx.connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
            assert parking.take_probes(tx, [held, free], tx.now + timedelta(hours=1)) == {free}
    with app.database.transaction() as tx:
        assert parking.take_probes(tx, [held, free], tx.now) == {held}


@POSTGRES
def test_only_a_turn_of_the_dispatcher_is_short_of_patience(app, endpoint, publish):
    endpoint("https://e.example/")
    publish("order:1")
    patience = "SHOW lock_timeout"
    with app.database.transaction() as tx:
        [message_id] = tx.execute(select(messages.c.id)).scalars()
        locks.lock(tx, [message_id])
        assert tx.connection.exec_driver_sql(patience).scalar() == "1s"
    with app.database.transaction() as tx:
        assert tx.connection.exec_driver_sql(patience).scalar() == "0"
