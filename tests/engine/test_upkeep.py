"""What nobody has to do."""

from datetime import timedelta

import pytest
from pydantic_core import from_json
from sqlalchemy import select, text, update

from waybell.db.prepared import stored
from waybell.events.tables import events
from waybell.ground.clock import utc_text
from waybell.upkeep import retention, webhooks
from waybell.webhooks.endpoints import parking
from waybell.webhooks.endpoints.tables import endpoints
from waybell.webhooks.messages import pruning
from waybell.webhooks.messages.tables import attempts, messages


def count(db, table, *where):
    with db.reading() as tx:
        return len(tx.execute(select(table).where(*where)).all())


def test_old_attempts_messages_and_events_are_pruned_each_at_its_age(app, clock, receiver, endpoint, publish, settle):
    endpoint(receiver.url)
    publish("order:1", "order:2")
    settle()
    webhooks.run_once(app.database, app.settings)
    assert count(app.database, attempts) == 2
    # Ids carry the real time, rows the clock of the test: both have to be past.
    clock.move_to(clock.now() + timedelta(days=400))
    publish("order:3")
    with app.database.transaction() as tx:
        pruning.prune_attempts(tx, tx.now - app.settings.keep_attempts)
    assert (count(app.database, attempts), count(app.database, messages), count(app.database, events)) == (0, 3, 3)


def test_an_event_is_kept_as_long_as_a_message_needs_it(app, clock, receiver, endpoint, publish):
    publish("order:1")
    endpoint(receiver.url)
    publish("order:2")
    with app.database.transaction() as tx:
        later = tx.now + timedelta(days=400)
        assert retention.prune_events(tx, later) == 1
        assert pruning.prune_messages(tx, later) == 1
        assert retention.prune_events(tx, later) == 1


def test_pruning_a_head_lets_the_next_one_go(app, clock, receiver, endpoint, publish):
    endpoint(receiver.url)
    publish("order:1")
    publish("order:1")
    with app.database.transaction() as tx:
        [_, behind] = tx.execute(select(messages).order_by(messages.c.version)).all()
        tx.execute(update(messages).where(messages.c.id == behind.id).values(id="msg_ffffffff"))
        assert pruning.prune_messages(tx, tx.now + timedelta(days=400)) == 1
        [left] = tx.execute(select(messages)).all()
    assert left.due_at == clock.now()


def test_what_waits_for_a_deleted_endpoint_is_canceled_also_what_waits_behind(app, receiver, endpoint, publish):
    endpoint_id = endpoint(receiver.url)
    publish("order:1", "order:1", "order:2")
    with app.database.transaction() as tx:
        tx.execute(update(endpoints).where(endpoints.c.id == endpoint_id).values(state="deleted"))
    while webhooks.run_once(app.database, app.settings):
        pass
    assert count(app.database, messages, messages.c.state == "canceled") == 3


def test_an_account_is_warned_at_half_and_at_nine_tenths_of_the_time_and_then_told(
    app, clock, receiver, endpoint, publish
):
    endpoint_id = endpoint(receiver.url)
    with app.database.transaction() as tx:
        parking.park(tx, {endpoint_id: "timeout"}, tx.now)
    told = []
    began = clock.now()
    for hours in (59, 60, 60, 107, 108, 119, 120):
        clock.move_to(began + timedelta(hours=hours))
        webhooks.run_once(app.database, app.settings)
        with app.database.reading() as tx:
            told.append((hours, [row.type for row in tx.execute(select(events).order_by(events.c.id))]))
    down, disabled = "EndpointDown", "EndpointDisabled"
    assert told == [
        (59, []),
        (60, [down]),
        (60, [down]),
        (107, [down]),
        (108, [down, down]),
        (119, [down, down]),
        (120, [down, down, disabled]),
    ]
    with app.database.reading() as tx:
        [first, *_] = tx.execute(select(events).order_by(events.c.id))
    data = from_json(first.body)["Data"]
    assert data["DisabledAt"] == utc_text(began + timedelta(days=5))
    assert (data["Reason"], data["ParkedAt"]) == ("timeout", utc_text(began))


def test_an_outage_that_was_over_in_between_is_warned_of_anew(app, clock, receiver, endpoint):
    endpoint_id = endpoint(receiver.url)
    for _ in range(2):
        with app.database.transaction() as tx:
            parking.park(tx, {endpoint_id: "timeout"}, tx.now)
        clock.move_to(clock.now() + timedelta(days=3))
        webhooks.run_once(app.database, app.settings)
        with app.database.transaction() as tx:
            parking.resume(tx, endpoint_id)
    assert count(app.database, events, events.c.type == "EndpointDown") == 2


def test_an_endpoint_parked_for_five_days_is_disabled_and_keeps_what_waits(app, clock, receiver, endpoint, publish):
    endpoint_id = endpoint(receiver.url)
    publish("order:1")
    with app.database.transaction() as tx:
        parked = update(endpoints).where(endpoints.c.id == endpoint_id)
        tx.execute(parked.values(parked_at=tx.now, probe_at=tx.now, parked_reason="timeout"))
    clock.move_to(clock.now() + timedelta(days=5) - timedelta(seconds=1))
    webhooks.run_once(app.database, app.settings)
    assert count(app.database, endpoints, endpoints.c.state == "enabled") == 1
    clock.move_to(clock.now() + timedelta(seconds=1))
    webhooks.run_once(app.database, app.settings)
    assert count(app.database, endpoints, endpoints.c.disabled_reason == "parked too long") == 1
    assert count(app.database, messages, messages.c.state == "waiting") == 1


_MORE_THAN_PARAMETERS = text("""
    INSERT INTO messages (id, account_id, endpoint_id, event_id, event_type, subject, lane, version, state, due_at,
                          attempt, failures, manual, created_at)
    SELECT 'msg_' || n, 'acc_1', 'ep_' || n, 'evt_1', 'OrderUpdated', 'order:1', 'order:1', n, 'waiting', :due_at,
           0, 0, false, :due_at
      FROM generate_series(1, 66000) AS n
""")


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_there_may_be_more_endpoints_than_a_statement_takes_parameters(app, endpoint):
    deleted = endpoint("https://e.example/", state="deleted")
    with app.database.transaction() as tx:
        tx.execute(_MORE_THAN_PARAMETERS, {"due_at": stored(tx.now)})
        of_it, early = (messages.c.id == f"msg_{number}" for number in (66000, 65999))
        tx.execute(update(messages).where(of_it).values(endpoint_id=deleted))
        tx.execute(update(messages).where(early).values(due_at=tx.now + timedelta(hours=1)))
    webhooks.run_once(app.database, app.settings)
    assert count(app.database, messages, messages.c.due_at > app.clock.now()) == 0
    assert count(app.database, messages, messages.c.state == "canceled") == 1
