"""A result that the database will never take holds up no other."""

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from support.receiver import Answer
from waybell.webhooks.messages.tables import messages

REFUSED = 299  # of attempts with this status


@pytest.fixture
def refusing(app):
    """Both databases call a trigger of the same form; what it does, they say in their own ways."""
    act = "BEGIN SELECT RAISE(ABORT, 'no'); END"
    with app.database.transaction() as tx:
        if not app.database.is_sqlite:
            raising = "BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '22000'; END"
            tx.execute(text(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${raising}$$"))
            act = "EXECUTE FUNCTION refuse()"
        when = f"FOR EACH ROW WHEN (NEW.status = {REFUSED})"
        tx.execute(text(f"CREATE TRIGGER refuse BEFORE INSERT ON attempts {when} {act}"))
    yield
    if not app.database.is_sqlite:  # its schema serves other tests after this one
        with app.database.transaction() as tx:
            tx.execute(text("DROP FUNCTION refuse CASCADE"))


@pytest.mark.parametrize("others", [0, 2])
def test_it_is_found_among_the_others_and_told(app, receiver, endpoint, publish, settle, refusing, others):
    receiver.answer = lambda got: Answer(REFUSED if got.document["Data"]["Number"] == "refused" else 204)
    endpoint(receiver.url)
    publish("refused", *[f"order:{number}" for number in range(others)])
    with capture_logs() as lines:
        settle()
    with app.database.reading() as tx:
        found = {row.subject: row.state for row in tx.execute(select(messages.c.subject, messages.c.state))}
        message_id = tx.execute(select(messages.c.id).where(messages.c.subject == "refused")).scalar_one()
    assert found.pop("refused") == "sending"  # until its claim runs out: then it is sent again
    assert list(found.values()) == ["succeeded"] * others
    assert [line["message"] for line in lines if line["event"] == "dispatcher.result_refused"] == [message_id]
