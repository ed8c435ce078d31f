"""The lists of orders and events find their rows by an index, in its order, however many rows there are.

On SQLite, which always plans in the same way; PostgreSQL plans by what it knows of the tables.
"""

from functools import partial

import pytest
from sqlalchemy import event

from support.boards import TODAY
from support.endpoints import an_endpoint, publish
from waybell.board import rows as board_rows
from waybell.events import listing as events
from waybell.ground.errors import NotFound
from waybell.orders import listing as orders
from waybell.orders import store as orders_store
from waybell.orders.listing import Wanted
from waybell.orders.model import OrderKey
from waybell.routes import export
from waybell.routes.model import RouteKey
from waybell.web.ui.objects import subjects_of
from waybell.webhooks.history import event_outcomes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def plans(app):
    """The plans of what was read since the test began, a line for each step."""
    found = []

    def explain(connection, _cursor, statement, parameters, _context, _many):
        if statement.startswith(("SELECT", "WITH")):
            plan = connection.connection.dbapi_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(row[3] for row in plan)

    event.listen(app.database.engine, "before_cursor_execute", explain)
    return found


@pytest.mark.parametrize(
    ("wanted", "step"),
    [
        (Wanted(), "orders_newest (account_id=?)"),
        (Wanted(state="failed"), "orders_newest (account_id=?)"),
        (Wanted(date="2026-11-23T00:00:00"), "orders_by_date (account_id=? AND date=?)"),
        (Wanted(date="2026-11-23T00:00:00", typed="x"), "orders_by_date (account_id=? AND date=?)"),
        (Wanted(typed="x"), "COVERING INDEX orders_by_number (account_id=?)"),
        (Wanted(typed="x"), "COVERING INDEX orders_by_ext_id (account_id=?)"),
    ],
)
def test_orders_are_listed_along_an_index(db, account, plans, wanted, step):
    with db.reading() as tx:
        orders.search(tx, account.id, wanted, None, 50)
    assert any(step in plan for plan in plans), plans
    if not wanted.typed:
        assert not any("TEMP B-TREE" in plan for plan in plans), plans


@pytest.mark.parametrize(
    ("wanted", "step"),
    [
        (Wanted(typed="x"), "routes_by_code (account_id=?"),
        (Wanted(sort="client"), "orders_newest (account_id=?"),
        (Wanted(sort="slot", date="2026-11-23T00:00:00"), "orders_by_date (account_id=? AND date=?"),
    ],
)
def test_what_is_sorted_or_searched_is_looked_at_along_an_index(db, account, plans, wanted, step):
    with db.reading() as tx:
        orders.search(tx, account.id, wanted, None, 50)
    assert any(step in plan for plan in plans), plans
    assert not any(plan.startswith(("SCAN orders", "SCAN routes")) for plan in plans), plans


@pytest.mark.parametrize(
    ("outcome", "step"),
    [
        ("failed", "messages_failed (endpoint_id=?)"),
        ("waiting", "messages_due (endpoint_id=?"),
        ("succeeded", "messages_event (event_id=?"),
        ("nobody", "messages_event (event_id=?"),
    ],
)
def test_events_that_came_out_in_a_way_are_found_along_an_index(app, db, account, plans, outcome, step):
    endpoint_id = an_endpoint(app, account)
    plans.clear()
    with db.reading() as tx:
        ids = event_outcomes.few(tx, account.id, outcome, endpoint_id)
        narrow = partial(event_outcomes.came_out, outcome, endpoint_id) if ids is None else None
        wanted = events.Wanted(since=tx.now, until=tx.now, ids=ids)
        events.newest(tx, account.id, wanted, None, 50, narrow)
    assert any(step in plan for plan in plans), plans
    assert not any(plan.startswith(("SCAN events", "SCAN messages")) for plan in plans), plans


@pytest.mark.parametrize(
    ("look_up", "step"),
    [
        (
            lambda tx, me: orders_store.find(tx, me, OrderKey("Number", "1")),
            "orders_by_number (account_id=? AND number=?)",
        ),
        (lambda tx, me: orders_store.find(tx, me, OrderKey("Id", "1")), "orders_by_ext_id (account_id=? AND ext_id=?)"),
        (
            lambda tx, me: orders_store.on_date(tx, me, "2026-11-23T00:00:00"),
            "orders_by_date (account_id=? AND date=?)",
        ),
    ],
)
def test_orders_are_looked_up_by_the_index_of_their_key(db, account, plans, look_up, step):
    with db.reading() as tx:
        look_up(tx, account.id)
    assert step in plans[0]
    assert [plan for plan in plans if "SCAN" in plan or "TEMP B-TREE" in plan] == []


def test_events_are_listed_along_the_feed_and_those_of_an_object_along_its_own_index(db, account, plans):
    publish(db, account, "order:1")
    plans.clear()
    with db.reading() as tx:
        events.newest(tx, account.id, events.Wanted(), None, 50)
        assert [plan for plan in plans if "events" in plan] == ["SEARCH events USING INDEX events_feed (account_id=?)"]
        plans.clear()
        events.newest(tx, account.id, events.Wanted(subjects=["order:1"]), None, 50)
        events.about(tx, account.id, "order:1", 100)
    assert set(plans) == {"SEARCH events USING INDEX events_subject (account_id=? AND subject=?)"}


def test_an_object_is_found_by_each_of_its_keys_in_the_index_of_that_key(db, account, plans):
    with db.reading() as tx:
        subjects_of(tx, account.id, "SO-1")
    assert not any("SCAN" in plan for plan in plans)
    of_one_key = [plan for plan in plans if plan.count("=?") == (1 if "track_id" in plan else 2)]
    assert len(of_one_key) == len(plans) == 5


def test_orders_are_found_by_the_time_of_their_status_and_by_number_along_an_index(db, account, plans):
    with db.reading() as tx:
        orders_store.with_status_since(tx, account.id, tx.now)
        orders_store.with_number(tx, account.id, "N-1", 25)
    assert any("orders_by_status_time (account_id=? AND status_at>?)" in plan for plan in plans), plans
    assert any("orders_by_number (account_id=? AND number=?)" in plan for plan in plans), plans
    assert not any("TEMP B-TREE FOR ORDER BY" in plan for plan in plans), plans


@pytest.mark.parametrize("member", ["Code", "Id"])
def test_routes_to_export_are_read_off_the_index_of_those_that_wait(db, actor, plans, member):
    with db.reading() as tx:
        export.waiting(tx, actor, member, export.CLOSED)
    assert plans == ["SEARCH routes USING INDEX routes_to_export (account_id=? AND status=?)"]


def test_the_route_whose_export_is_confirmed_is_found_by_its_code(db, account, actor, plans):
    with db.transaction() as tx, pytest.raises(NotFound):
        export.confirm(tx, actor, RouteKey("Code", "R-1"))
    assert any("routes_by_code (account_id=? AND code=?)" in plan for plan in plans), plans


def test_a_board_reads_its_day_along_indexes(db, account, plans):
    with db.reading() as tx:
        known = board_rows.read(tx, account, TODAY)
        board_rows.fingerprint(tx, account.id, TODAY, known)
    for step in (
        "orders_by_date (account_id=? AND date=?)",
        "orders_to_place (account_id=? AND date>? AND date<?)",
        "orders_by_route (route_id=?)",
        "routes_by_date (account_id=? AND date>? AND date<?)",
    ):
        assert any(step in plan for plan in plans), (step, plans)
    assert not [plan for plan in plans if plan.startswith("SCAN") and plan.endswith(("orders", "routes"))], plans
