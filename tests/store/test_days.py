"""Events and attempts in days on PostgreSQL: made ahead, filled, dropped when they are old; and what falls beside."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic_core import from_json
from sqlalchemy import select, text, update

from support.endpoints import an_endpoint
from support.waiting import wait_for
from waybell.db import day_partitions
from waybell.events import feed, listing, outbox, publishing
from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.events.publishing import Wanted
from waybell.events.tables import event_keys, events, events_by_day
from waybell.events.types import register
from waybell.ground.ids import first_id
from waybell.upkeep import retention, webhooks
from waybell.webhooks.history import attempt_search, jobs, message_log
from waybell.webhooks.messages.pruning import attempts_by_day
from waybell.webhooks.messages.tables import attempts, messages
from waybell.webhooks.sending import event_contents

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)

DAY = timedelta(days=1)
MONDAY = datetime(2031, 1, 6, 12, tzinfo=UTC)  # no id made now falls into the days of these tests
MIDNIGHT = datetime(2031, 1, 6, tzinfo=UTC)
KEEP = timedelta(days=30)
KEEP_ATTEMPTS = timedelta(days=15)


@pytest.fixture(autouse=True)
def _no_days(db, clock):
    """Only the default partitions; what tests make goes again."""
    clock.move_to(MONDAY)
    _drop_all(db)
    yield
    _drop_all(db)


def _drop_all(db):
    with db.transaction() as tx:
        for divided in retention.DIVIDED:
            for day in day_partitions.made(tx, divided):
                tx.execute(text(f"DROP TABLE {divided.name(day)}"))


def made(db, divided=events_by_day):
    with db.reading() as tx:
        return day_partitions.made(tx, divided)


def begin_days(db):
    day_partitions.make_ahead(db, retention.DIVIDED)


def an_id(prefix, moment, number=1):
    return f"{first_id(prefix, moment)}7{number:019x}"


def record(db, account, *moments, key=None):
    """An event of each of these moments; answers their ids."""
    made = [Event(account.id, "OrderUpdated", None, {}, key, id=an_id("evt", moment)) for moment in moments]
    with db.transaction() as tx:
        for event in made:
            outbox.record(tx, event)
    return [event.id for event in made]


def attempt(db, account, endpoint_id, message_at, started_at, number=1):
    row = dict.fromkeys(("dns_us", "connect_us", "tls_us", "wait_us", "total_us"), 0) | {
        "message_id": an_id("msg", message_at),
        "number": number,
        "account_id": account.id,
        "endpoint_id": endpoint_id,
        "kind": "automatic",
        "started_at": started_at,
        "request_headers": "",
    }
    with db.transaction() as tx:
        tx.execute(attempts.insert(), row)


def count(db, table):
    with db.reading() as tx:
        return len(tx.execute(select(table)).all())


def places(db, divided):
    with db.reading() as tx:
        return tx.execute(text(f"SELECT tableoid::regclass::text FROM {divided.table} ORDER BY 1")).scalars().all()


def test_today_and_the_next_days_are_made_and_each_round_makes_what_is_missing(app, db, clock):
    begin_days(db)
    begin_days(db)
    first = MONDAY.date()
    for divided in retention.DIVIDED:
        assert made(db, divided) == [first, first + DAY, first + 2 * DAY]
    clock.move_to(MONDAY + DAY)
    webhooks.run_once(db, app.settings)
    for divided in retention.DIVIDED:
        assert made(db, divided) == [first + n * DAY for n in range(4)]


def test_rows_go_into_the_day_of_their_id_to_the_millisecond(db, account):
    begin_days(db)
    edges = (MIDNIGHT, MIDNIGHT + DAY - timedelta(milliseconds=1), MIDNIGHT + DAY)
    record(db, account, MIDNIGHT - timedelta(milliseconds=1), *edges)
    assert places(db, events_by_day) == ["events_20310106", "events_20310106", "events_20310107", "events_default"]
    endpoint_id = "ep_1"
    for moment in edges:
        attempt(db, account, endpoint_id, moment, moment + DAY)
    assert places(db, attempts_by_day) == ["attempts_20310106", "attempts_20310106", "attempts_20310107"]


def test_a_day_of_events_is_dropped_when_all_of_it_is_old_enough_and_not_before(app, db, account, clock):
    begin_days(db)
    record(db, account, MIDNIGHT, MIDNIGHT + DAY)
    clock.move_to(MIDNIGHT + DAY + KEEP - timedelta(microseconds=1))
    webhooks.run_once(db, app.settings)
    assert (count(db, events), made(db)[0]) == (2, date(2031, 1, 6))
    clock.move_to(MIDNIGHT + DAY + KEEP)
    webhooks.run_once(db, app.settings)
    assert (count(db, events), made(db)[0]) == (1, date(2031, 1, 7))


def test_a_day_is_kept_as_long_as_a_message_stands_for_one_of_its_events(app, db, account, clock):
    begin_days(db)
    an_endpoint(app, account)
    [event_id] = record(db, account, MIDNIGHT)
    with db.transaction() as tx:  # as of a message that was made for it much later
        tx.execute(update(messages).values(id=an_id("msg", MIDNIGHT + 20 * DAY)))
    clock.move_to(MIDNIGHT + KEEP + 2 * DAY)
    webhooks.run_once(db, app.settings)
    with db.reading() as tx:
        assert set(event_contents.read_contents(tx, [event_id])) == {event_id}
    clock.move_to(MIDNIGHT + KEEP + 21 * DAY)
    webhooks.run_once(db, app.settings)
    assert date(2031, 1, 6) not in made(db)


def test_what_else_is_in_a_day_that_is_kept_is_deleted_after_an_hour(app, db, account, clock):
    begin_days(db)
    [needed] = record(db, account, MIDNIGHT)
    record(db, account, MIDNIGHT + timedelta(hours=1))
    with db.transaction() as tx:
        made_later = {"endpoint_id": "ep_1", "event_id": needed, "event_type": "OrderUpdated", "subject": needed}
        numbers = {"version": 1, "attempt": 1, "failures": 0, "manual": False}
        times = {"state": "succeeded", "created_at": tx.now, "finished_at": tx.now}
        ids = {"id": an_id("msg", MIDNIGHT + 20 * DAY), "account_id": account.id}
        tx.execute(messages.insert(), ids | made_later | numbers | times)
    clock.move_to(MIDNIGHT + DAY + KEEP)
    webhooks.run_once(db, app.settings)
    assert count(db, events) == 2
    clock.move_to(MIDNIGHT + DAY + KEEP + timedelta(hours=1))
    webhooks.run_once(db, app.settings)
    with db.reading() as tx:
        assert tx.execute(select(events.c.id)).scalars().all() == [needed]


def test_a_day_of_attempts_goes_when_the_last_attempt_at_its_messages_is_old_enough(app, db, account, clock):
    begin_days(db)
    endpoint_id = an_endpoint(app, account)
    attempt(db, account, endpoint_id, MIDNIGHT, MIDNIGHT)
    attempt(db, account, endpoint_id, MIDNIGHT, MIDNIGHT + 5 * DAY, number=2)
    clock.move_to(MIDNIGHT + KEEP_ATTEMPTS + DAY)
    webhooks.run_once(db, app.settings)
    assert count(db, attempts) == 2
    clock.move_to(MIDNIGHT + KEEP_ATTEMPTS + DAY + timedelta(hours=1))
    webhooks.run_once(db, app.settings)
    assert (count(db, attempts), made(db, attempts_by_day)[0]) == (1, date(2031, 1, 6))
    clock.move_to(MIDNIGHT + KEEP_ATTEMPTS + 5 * DAY + timedelta(microseconds=1))
    webhooks.run_once(db, app.settings)
    assert (count(db, attempts), date(2031, 1, 6) in made(db, attempts_by_day)) == (0, False)


def test_a_day_that_was_not_made_ahead_stays_in_the_default_partition_and_is_deleted_from_there(
    app, db, account, clock
):
    record(db, account, MONDAY)
    webhooks.run_once(db, app.settings)
    assert made(db) == [date(2031, 1, 7), date(2031, 1, 8)]
    record(db, account, MONDAY + timedelta(hours=1))
    assert places(db, events_by_day) == ["events_default"] * 2
    clock.move_to(MIDNIGHT + DAY + KEEP + timedelta(hours=1))
    while webhooks.run_once(db, app.settings):
        pass
    assert count(db, events) == 0


def test_a_row_that_comes_into_the_default_partition_just_before_its_day_is_made_leaves_it_there(db, account):
    record(db, account, MONDAY)
    day_partitions._make(db, events_by_day, MONDAY.date())
    assert (made(db), places(db, events_by_day)) == ([], ["events_default"])


def test_several_make_and_drop_days_at_once(app, db, account, clock):
    together = threading.Barrier(4)

    def at_once(act):
        def run(_number):
            together.wait(60)
            act()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(run, range(4)))

    at_once(lambda: begin_days(db))
    assert [len(made(db, divided)) for divided in retention.DIVIDED] == [3, 3]
    record(db, account, MIDNIGHT)
    clock.move_to(MIDNIGHT + KEEP + DAY)
    at_once(lambda: webhooks.run_once(db, app.settings))
    assert date(2031, 1, 6) not in made(db)


def test_a_key_is_known_until_the_day_of_its_event_is_dropped(app, db, account, clock):
    begin_days(db)
    with db.transaction() as tx:
        register(tx, (), account.id, EventType("Stock.Low", "Hardly any left.", {}, None))
    [event_id] = record(db, account, MIDNIGHT, key="k-1")

    def again():
        with db.transaction() as tx:
            [one] = publishing.publish(tx, (), account.id, [Wanted("Stock.Low", None, {}, "k-1")])
        return one

    assert (again().id, again().new) == (event_id, False)
    clock.move_to(MIDNIGHT + KEEP + DAY)
    webhooks.run_once(db, app.settings)
    assert (count(db, events), count(db, event_keys)) == (0, 0)
    new = again()
    assert new.new
    assert (again().id, again().new) == (new.id, False)


def test_a_day_in_use_is_dropped_later_and_nobody_waits_for_it_meanwhile(app, db, account, clock):
    begin_days(db)
    [event_id] = record(db, account, MIDNIGHT)
    clock.move_to(MIDNIGHT + KEEP + DAY)
    with db.transaction() as reader:
        event_contents.read_contents(reader, [event_id])  # and who has read it may be about to make a message for it
        webhooks.run_once(db, app.settings)
        assert made(db)[0] == date(2031, 1, 6)
        reader.execute(text("SELECT pg_sleep(0.6)"))  # a long one, as a back-up is: it is not even waited for
        with db.reading() as tx:
            assert day_partitions._in_long_use(tx, events_by_day)
        webhooks.run_once(db, app.settings)
        record(db, account, MONDAY + KEEP)
    webhooks.run_once(db, app.settings)
    assert made(db)[0] == date(2031, 1, 7)


@pytest.mark.parametrize("planned", ["force_custom_plan", "force_generic_plan"])
def test_the_body_of_an_event_is_looked_for_in_its_day_only(db, account, planned):
    begin_days(db)
    ids = record(db, account, MIDNIGHT, MIDNIGHT + timedelta(hours=1))
    with db.reading() as tx:
        tx.connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {planned}")
        statement, constants = event_contents._contents_by_day._for(tx)
        rows = tx.connection.exec_driver_sql(f"EXPLAIN (ANALYZE) {statement}", constants | {"id": ids})
        plan = [row[0] for row in rows]
    searched = [line for line in plan if " on events_" in line and "never executed" not in line]
    assert len(searched) == 1, plan
    assert "events_20310106" in searched[0]
    assert "loops=2" in searched[0]


def test_the_newest_attempt_of_each_endpoint_is_found_whichever_day_it_is_in(app, db, account):
    begin_days(db)
    first, second, unused = [an_endpoint(app, account) for _ in range(3)]
    attempt(db, account, first, MIDNIGHT + DAY, MIDNIGHT + DAY)
    attempt(db, account, first, MIDNIGHT, MIDNIGHT + 2 * DAY)
    attempt(db, account, second, MIDNIGHT - DAY, MIDNIGHT - DAY)
    with db.reading() as tx:
        found = message_log.newest_attempts(tx, [first, second, unused], 1)
    assert {one: [row.started_at for row in rows] for one, rows in found.items()} == {
        first: [MIDNIGHT + 2 * DAY],
        second: [MIDNIGHT - DAY],
        unused: [],
    }


def test_pages_feed_jobs_and_metrics_work_when_days_are_gone(app, db, account, clock, api, web):
    begin_days(db)
    endpoint_id = an_endpoint(app, account)
    ids = record(db, account, *[MIDNIGHT + n * DAY for n in range(3)])
    with db.transaction() as tx:  # messages get ids of the real time: these are of the day of their event
        for event_id, n in zip(ids, range(3), strict=True):
            of_event = update(messages).where(messages.c.event_id == event_id)
            tx.execute(of_event.values(id=an_id("msg", MIDNIGHT + n * DAY)))
    attempt(db, account, endpoint_id, MIDNIGHT, MIDNIGHT)
    clock.move_to(MIDNIGHT + KEEP + DAY)
    webhooks.run_once(db, app.settings)
    assert made(db)[0] == date(2031, 1, 7)
    for path in ("", f"/{endpoint_id}", f"/{endpoint_id}/Message", f"/Message/{an_id('msg', MIDNIGHT + DAY)}"):
        assert api.get(f"/api/Webhook{path}").status_code == 200, path
    assert api.get("/metrics").status_code == 200
    page = wait_for(lambda: _feed(db, account, 2))
    assert [from_json(body)["Metadata"]["Id"] for body in page.bodies] == ids[1:]
    with db.reading() as tx:
        assert attempt_search.search(tx, account.id, endpoint_id, attempt_search.Wanted(), None, 50).rows == []
        assert len(listing.newest(tx, account.id, listing.Wanted(), None, 50).rows) == 2
        assert jobs.plan_since(tx, account.id, endpoint_id, "missed", MIDNIGHT, None)


def _feed(db, account, expected):
    """The page once it is there: on PostgreSQL a transaction that runs in another database holds it back."""
    with db.reading() as tx:
        page = feed.read(tx, account.id, None, 10)
    return page if len(page.bodies) == expected else None
