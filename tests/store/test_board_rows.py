"""The lean rows of a board's day: which they are, how long, and how soon they are read."""

import json
from datetime import timedelta
from time import perf_counter

from support.boards import TODAY, a_day, an_order
from waybell.board import rows
from waybell.board.changes import Changes
from waybell.board.lean import EARLIER, ORDER_COLUMNS, ROUTE_COLUMNS, Day
from waybell.ground.scope import Scope
from waybell.orders import actions as orders
from waybell.orders.model import OrderKey
from waybell.orders.requests import NewOrder
from waybell.routes import actions as routes
from waybell.routes.model import RouteKey
from waybell.routes.requests import NewRoute


def read(db, account, scope=None):
    with db.reading(**({"scope": scope} if scope else {})) as tx:
        return rows.read(tx, account, TODAY)


def shown(snapshot):
    """The orders by their numbers, as the browser reads them."""
    found = [dict(zip(ORDER_COLUMNS, json.loads(row), strict=False)) for row in snapshot.orders.values()]
    return {one["Number"]: one for one in found}


def test_a_large_day_is_read_soon_and_is_small(db, account, actor):
    """2,000 orders on 100 routes: rows of at most 150 bytes, and what is not on a route is in the pool."""
    a_day(db, actor, many_routes=95, on_each=20, pool=100)
    found = read(db, account)
    assert found.counts == {"Day": 2000, "OnRoutes": 1900, "Pool": 100, "Earlier": 0}
    assert max(len(row) for row in found.orders.values()) <= 150
    assert max(len(row) for row in found.routes.values()) <= 150
    best = {}
    for what, act in (
        ("read", rows.read),
        ("read again", lambda tx, a, day: rows.read(tx, a, day, found)),
        ("look", lambda tx, a, day: rows.fingerprint(tx, a.id, day, found)),
    ):
        took = []
        for _ in range(5):
            with db.reading() as tx:
                begun = perf_counter()
                act(tx, account, TODAY)
                took.append(perf_counter() - begun)
        best[what] = min(took)
    assert best["read"] < 0.5  # tens of milliseconds on an idle machine
    assert best["look"] < best["read"]
    assert best["read again"] < best["read"]


def test_every_order_of_the_day_is_in_sight(db, account, actor):
    """An order is on a route that is shown, or in the pool; one of an earlier day that waits is shown and apart."""
    a_day(db, actor, many_routes=2, on_each=2, pool=1)
    with db.transaction() as tx:
        for number, day in (("old", "2026-11-20"), ("older", "2026-11-01"), ("tomorrow", "2026-11-24")):
            orders.add(tx, actor, NewOrder.model_validate(an_order(0, Number=number, Date=day)))
        night = {"Code": "NIGHT", "Date": "2026-11-22", "Orders": [an_order(0, Number="night", Date="2026-11-23")]}
        routes.add(tx, actor, NewRoute.model_validate(night))
    found = read(db, account)
    assert found.counts == {"Day": 6, "OnRoutes": 5, "Pool": 1, "Earlier": 1}
    by_number = shown(found)
    assert by_number["old"]["Flags"] & EARLIER
    assert "older" not in by_number
    assert {one["Route"] for one in by_number.values() if one.get("Route")} <= found.routes.keys()


def test_a_change_is_told_with_its_row_alone(db, account, actor):
    a_day(db, actor, many_routes=2, on_each=3, pool=1)
    changes = Changes()
    first = read(db, account)
    changes.take(first)
    cursor = changes.cursor
    with db.reading() as tx:
        before = rows.fingerprint(tx, account.id, TODAY, first)
    with db.transaction() as tx:
        routes.put_order(tx, actor, RouteKey("Code", "R-0"), OrderKey("Number", "DL-000006"))
    with db.reading() as tx:
        assert rows.fingerprint(tx, account.id, TODAY, first) != before
        changes.take(rows.read(tx, account, TODAY, first))
    told = changes.since(cursor)
    assert [json.loads(row)[1] for row in told.rows["Orders"]] == ["DL-000006"]
    assert [json.loads(row)[1] for row in told.rows["Routes"]] == ["R-0"]
    assert changes.snapshot.counts == {"Day": 7, "OnRoutes": 7, "Pool": 0, "Earlier": 0}
    assert not changes.since(changes.cursor)


def test_what_leaves_the_day_is_told_to_be_gone(db, account, actor):
    a_day(db, actor, many_routes=1, on_each=2, pool=2)
    changes = Changes()
    changes.take(read(db, account))
    cursor = changes.cursor
    with db.transaction() as tx:
        orders.change(tx, actor, NewOrder.model_validate({"Number": "DL-000003", "Date": "2026-11-25"}))
        routes.delete(tx, actor, RouteKey("Code", "R-0"))
    changes.take(read(db, account))
    told = changes.since(cursor)
    assert len(told.gone["Orders"]) == 3
    assert len(told.gone["Routes"]) == 1
    assert changes.since("x.1") is None
    assert changes.since("") is None


def test_a_scope_sees_its_own_and_no_more(db, account, actor):
    """An order inside is seen on a route that serves others too, but that route cannot be acted on."""
    with db.transaction() as tx:
        mixed = [an_order(1, ShipperId="S-1"), an_order(2, ShipperId="S-2")]
        routes.add(tx, actor, NewRoute.model_validate({"Code": "MIX", "Date": "2026-11-23", "Orders": mixed}))
        routes.add(tx, actor, NewRoute.model_validate({"Code": "OWN", "Date": "2026-11-23", "Orders": mixed[:1]}))
        routes.add(tx, actor, NewRoute.model_validate({"Code": "NOT", "Date": "2026-11-23", "Orders": mixed[1:]}))
    found = read(db, account, Scope(shippers=("S-1",)))
    told = [dict(zip(ROUTE_COLUMNS, json.loads(row), strict=False)) for row in found.routes.values()]
    assert {one["Code"]: one["Locked"] for one in told} == {"MIX": 2, "OWN": 0}
    assert found.counts == {"Day": 2, "OnRoutes": 2, "Pool": 0, "Earlier": 0}


def test_an_estimate_that_moves_changes_rows_but_no_plan(app, db, account, actor, clock):
    a_day(db, actor, many_routes=1, on_each=3, pool=0)
    with db.transaction() as tx:
        routes.start(tx, actor, RouteKey("Code", "R-0"))
    before = read(db, account)
    with db.reading() as tx:
        seen = rows.fingerprint(tx, account.id, TODAY, before)
    clock.move_to(clock.now() + timedelta(hours=2))
    app.etas.pass_time(db)
    with db.reading() as tx:
        assert rows.fingerprint(tx, account.id, TODAY, before) != seen
        after = rows.read(tx, account, TODAY, before)
    etas = [[one["Eta"] for one in shown(found).values()] for found in (before, after)]
    assert all(late >= early + 100 for early, late in zip(*etas, strict=True))
    versions = [[one["Version"] for one in shown(found).values()] for found in (before, after)]
    assert all(early < late < early + 1000 for early, late in zip(*versions, strict=True))  # no new plan


def test_a_route_that_goes_on_after_midnight_is_on_both_days(app, db, account, actor, clock):
    """It is there without a plan too: its estimates tell that it goes on, also when they move across midnight."""
    a_day(db, actor, many_routes=1, on_each=2, pool=0)
    with db.transaction() as tx:
        routes.start(tx, actor, RouteKey("Code", "R-0"))
    tomorrow = Day(TODAY.date + timedelta(days=1), TODAY.zone)
    with db.reading() as tx:
        before = rows.read(tx, account, tomorrow)
        seen = rows.fingerprint(tx, account.id, tomorrow, before)
    assert before.routes == {}
    clock.move_to(clock.now() + timedelta(hours=11))
    app.etas.pass_time(db)
    with db.reading() as tx:
        assert rows.fingerprint(tx, account.id, tomorrow, before) != seen
        after = rows.read(tx, account, tomorrow, before)
    [route] = [dict(zip(ROUTE_COLUMNS, json.loads(row), strict=False)) for row in after.routes.values()]
    assert route["Days"] == [-1, 0]
    assert after.counts == {"Day": 2, "OnRoutes": 2, "Pool": 0, "Earlier": 0}
    assert read(db, account).counts == after.counts
