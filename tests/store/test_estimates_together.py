"""Estimates under several reports at once: none waits for ever, and the last run has seen all of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, select, text, update

from waybell.db.schema import instant
from waybell.ground.scope import Scope
from waybell.orders import actions as orders
from waybell.orders.model import OrderKey
from waybell.orders.requests import CompleteOrder, NewOrder
from waybell.orders.tables import eta_runs, etas
from waybell.routes import actions as routes
from waybell.routes.model import RouteKey
from waybell.routes.requests import NewRoute
from waybell.tracks import actions as tracks
from waybell.tracks.model import NewTrackPoint

NUMBERS = [f"N-{at}" for at in range(12)]


def an_order(number, **members):
    at = int(number.partition("-")[2])
    return NewOrder(
        number=number, client="C", address=f"{number} street", address_lat=59.4, address_lon=24 + at / 100, **members
    )


def start(db, actor, code, numbers):
    with db.transaction() as tx:
        routes.add(tx, actor, NewRoute(code=code, orders=[an_order(number) for number in numbers]))
    with db.transaction() as tx:
        routes.start(tx, actor, RouteKey("Code", code))


def shown(db):
    with db.reading() as tx:
        return {row.track_id: row for row in tx.execute(select(etas))}


def updated(db):
    return {track_id: row.updated for track_id, row in shown(db).items()}


@pytest.fixture
def two(db, actor):
    start(db, actor, "R-1", NUMBERS[:6])
    start(db, actor, "R-2", NUMBERS[6:])


def test_reports_moves_and_time_at_once_end_and_leave_what_a_run_by_itself_finds(app, db, actor, clock, two):
    clock.move_to(clock.now() + timedelta(minutes=30))
    date = "2026-11-23T14:29:00"

    def act(at):
        with db.transaction() as tx:
            if at % 4 == 0:
                orders.complete(tx, actor, OrderKey("Number", NUMBERS[at // 4]), CompleteOrder())
            elif at % 4 == 1:
                code, number = ("R-1", NUMBERS[11 - at // 4]) if at % 8 == 1 else ("R-2", NUMBERS[5 - at // 8])
                routes.put_order(tx, actor, RouteKey("Code", code), OrderKey("Number", number), transfer=True)
            elif at % 4 == 2:
                point = NewTrackPoint(lat=59.4, lng=24.02 + at / 10_000, date=date)
                tracks.add_points(tx, actor, RouteKey("Code", f"R-{1 + at // 4 % 2}"), [point])
        if at % 4 == 3:
            app.etas.pass_time(db)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(act, at) for at in range(16)]
    assert [one.exception() for one in done] == [None] * 16
    with db.reading() as tx:
        runs = list(tx.execute(select(eta_runs.c.route_id)).scalars())
    for _ in range(2):  # the second run finds nothing to change
        before = updated(db)
        with db.transaction() as tx:
            tx.pending_routes = {route_id: {"Change"} for route_id in runs}
    assert updated(db) == before


def test_a_caller_who_sees_one_shipper_moves_the_estimates_of_all(db, actor, clock):
    mine, theirs = an_order("N-0", shipper_id="S-1"), an_order("N-1", shipper_id="S-2")
    with db.transaction() as tx:
        routes.add(tx, actor, NewRoute(code="R-1", orders=[mine, theirs]))
    with db.transaction() as tx:
        routes.start(tx, actor, RouteKey("Code", "R-1"))
    clock.move_to(clock.now() + timedelta(hours=1))
    before = updated(db)
    with db.transaction(scope=Scope(shippers=("S-1",))) as tx:
        orders.complete(tx, actor, OrderKey("Number", "N-0"), CompleteOrder())
        assert tx.scope.shippers == ("S-1",)
    assert sum(updated(db)[track_id] != eta for track_id, eta in before.items()) == 1


def test_a_bulk_of_changes_runs_a_route_once(db, actor, two):
    ran = []

    def note(_connection, _cursor, statement, *_):
        ran.append(statement.startswith("UPDATE eta_runs"))

    event.listen(db.engine, "before_cursor_execute", note)
    with db.transaction() as tx:
        for number in NUMBERS[:6]:
            orders.complete(tx, actor, OrderKey("Number", number), CompleteOrder())
    event.remove(db.engine, "before_cursor_execute", note)
    assert sum(ran) == 1


def test_a_route_of_which_nothing_is_heard_is_asked_ever_less_and_a_done_one_not_at_all(app, db, actor, clock, two):
    def due():
        with db.reading() as tx:
            return [at and at - clock.now() for at in tx.execute(select(eta_runs.c.due_at)).scalars()]

    assert due() == [timedelta(minutes=1)] * 2
    clock.move_to(clock.now() + timedelta(hours=10))
    app.etas.pass_time(db)
    assert due() == [timedelta(minutes=10)] * 2
    for number in NUMBERS:
        with db.transaction() as tx:
            orders.complete(tx, actor, OrderKey("Number", number), CompleteOrder())
    clock.move_to(clock.now() + timedelta(minutes=11))
    app.etas.pass_time(db)
    assert due() == [None, None]
    assert app.etas.pass_time(db) is False


def test_a_faulty_row_fails_neither_a_report_nor_the_other_routes(app, db, actor, clock, two, caplog):
    with db.transaction() as tx:
        tx.execute(
            text("UPDATE orders SET document = REPLACE(document, '{', '{\"ServiceTime\":\"?\",') WHERE number = 'N-1'")
        )
    clock.move_to(clock.now() + timedelta(minutes=90))
    assert app.etas.pass_time(db) is False
    with db.reading() as tx:
        rows = tx.execute(select(eta_runs.c.ran_at, eta_runs.c.due_at)).all()
    assert sorted(row.due_at - clock.now() for row in rows) == [timedelta(seconds=90), timedelta(hours=1)]
    with db.transaction() as tx:
        orders.complete(tx, actor, OrderKey("Number", "N-0"), CompleteOrder())
    with db.reading() as tx:
        assert orders.get(tx, actor, OrderKey("Number", "N-0")).finished


def test_routes_that_were_in_progress_before_there_were_estimates_get_them_soon(app, db, actor, two):
    with db.transaction() as tx:
        tx.execute(delete(etas))
        tx.execute(update(eta_runs).values(due_at=instant(0), ran_at=None, document={}))  # as the migration leaves them
    app.etas.pass_time(db)
    assert len(shown(db)) == 12
