"""Secrets on the sending path: one that cannot be opened, and one that is replaced meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select, update
from structlog.testing import capture_logs

from support.endpoints import OF_ANOTHER_KEY, reseal
from waybell.ground.ids import new_id
from waybell.webhooks.endpoints import store as endpoint_store
from waybell.webhooks.endpoints.tables import endpoint_secrets, endpoints
from waybell.webhooks.messages.tables import messages
from waybell.webhooks.signing import new_secret, signature_header


def test_a_secret_that_cannot_be_opened_holds_up_its_own_endpoint_only(app, clock, receiver, endpoint, publish, settle):
    broken, _ = endpoint(f"{receiver.url}/a"), endpoint(f"{receiver.url}/b")
    readable = reseal(app, broken, OF_ANOTHER_KEY)
    with capture_logs() as lines:
        for number in range(3):
            publish(f"order:{number}")
            settle()
    assert [got.path for got in receiver.received] == ["/hook/b"] * 3
    [line] = [line for line in lines if line["log_level"] == "error"]  # and not one for each look
    assert (line["event"], line["endpoint"]) == ("endpoint.secret_unreadable", broken)
    reseal(app, broken, readable)
    clock.move_to(clock.now() + timedelta(seconds=31))
    settle()
    assert [got.path for got in receiver.received[3:]] == ["/hook/a"] * 3
    with app.database.reading() as tx:
        assert set(tx.execute(select(messages.c.attempt)).scalars()) == {1}


def test_a_new_secret_that_cannot_be_opened_stops_an_endpoint_that_was_sent_to(
    app, receiver, endpoint, publish, settle
):
    endpoint_id = endpoint(receiver.url, headers=app.vault.seal('{"A": "b"}'))
    publish("order:1")
    settle()
    with app.database.transaction() as tx:
        tx.execute(update(endpoints).values(headers=OF_ANOTHER_KEY, revision=2))
    publish("order:2")
    with capture_logs() as lines:
        settle()
    assert len(receiver.received) == 1
    assert [line["endpoint"] for line in lines if line["event"] == "endpoint.secret_unreadable"] == [endpoint_id]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # on SQLite writers take turns
def test_a_rotation_while_the_endpoint_is_read_is_not_missed(app, receiver, endpoint, publish, settle):
    endpoint_id = endpoint(receiver.url)
    began = []

    def rotate_between(_connection, _cursor, statement, *_):
        if not began and any(name in statement for name in ("endpoints.url", "endpoint_secrets.secret")):
            began.append(statement)
            with app.database.transaction() as tx:  # with no overlap
                tx.execute(delete(endpoint_secrets))
                sealed = app.vault.seal(new_secret("v1"))
                row = {"id": new_id("sec"), "endpoint_id": endpoint_id, "scheme": "v1", "secret": sealed}
                tx.execute(endpoint_secrets.insert(), row | {"created_at": tx.now})
                tx.execute(update(endpoints).values(revision=endpoints.c.revision + 1))

    event.listen(app.database.engine, "after_cursor_execute", rotate_between)
    publish("order:1")
    settle()
    publish("order:2")
    settle()
    with app.database.reading() as tx:
        secrets = endpoint_store.load_endpoints(tx, app.vault, [endpoint_id])[endpoint_id].secrets
    got = receiver.received[1]
    expected = signature_header(secrets, got.event_id, app.clock.now(), got.body)
    assert got.headers["webhook-signature"] == expected
