"""What came of attempts is kept until the database takes it, whatever it says meanwhile."""

import threading

import pytest
from sqlalchemy import event, select, text

from support.receiver import Answer
from support.waiting import wait_for
from waybell.webhooks.messages.tables import attempts, messages
from waybell.webhooks.sending import dispatcher as dispatching

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


def states(app):
    with app.database.reading() as tx:
        return tx.execute(select(messages.c.state)).scalars().all()


def is_there(app, session):
    with app.database.reading() as tx:
        found = tx.execute(text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid"), {"pid": session})
        return found.first() is not None


def test_results_outlive_a_database_that_takes_no_writes_for_a_while(
    app, receiver, endpoint, publish, dispatcher, settle, monkeypatch
):
    """As one that has become the second of two: 25006 is no error of a connection."""
    monkeypatch.setattr(dispatching, "_PAUSE_WITHOUT_DATABASE", 0.01)
    may_answer = threading.Event()
    receiver.answer = lambda _got: may_answer.wait(60) and Answer()
    dispatcher._paces[endpoint(receiver.url)].window = 4  # as if it had answered before
    publish("order:1", "order:2", "order:3")
    wait_for(lambda: dispatcher.step(0.01) or len(receiver.received) == 3)
    refused = []

    def begin(connection):
        if len(refused) < 5:
            refused.append(connection.exec_driver_sql("SET TRANSACTION READ ONLY"))

    event.listen(app.database.engine, "begin", begin)
    may_answer.set()
    wait_for(lambda: dispatcher.step(0.01) or len(refused) == 5)
    settle()
    assert states(app) == ["succeeded"] * 3
    assert len(receiver.received) == 3


def test_a_turn_whose_session_was_ended_keeps_its_result(app, receiver, endpoint, publish, dispatcher, settle):
    """25P03: the server ends a session that does nothing in a transaction, as while its machine is frozen."""
    endpoint(receiver.url)
    publish("order:1")
    record, ended = dispatcher._recording.record, []

    def record_frozen_once(tx, results):
        if not ended:
            ended.append(tx.execute(text("SELECT pg_backend_pid()")).scalar_one())
            tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = '100ms'"))
            wait_for(lambda: not is_there(app, ended[0]))
        return record(tx, results)

    dispatcher._recording.record = record_frozen_once
    settle()
    assert states(app) == ["succeeded"]
    with app.database.reading() as tx:
        assert len(tx.execute(select(attempts.c.kind)).all()) == 1
