"""Exceptions under reports and sweeps at once, and what they cost on a long route."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import event, select, text

from waybell.accounts import actions as accounts
from waybell.accounts.model import Actor
from waybell.exceptions.tables import exceptions
from waybell.orders import actions as orders
from waybell.orders.model import OrderKey
from waybell.orders.requests import CompleteOrder, NewOrder, RejectOrder
from waybell.routes import actions as routes
from waybell.routes.model import RouteKey
from waybell.routes.requests import NewRoute

SLOT = {"date": "2026-11-23", "time_slot_to": "2026-11-23T13:00:00"}  # it has ended an hour ago


def add(db, actor, code, numbers):
    made = [
        NewOrder(
            number=f"{number:02}",
            client="C",
            address=f"{number} street",
            address_lat=59.4,
            address_lon=24 + number / 1000,
            **SLOT,
        )
        for number in numbers
    ]
    with db.transaction() as tx:
        routes.add(tx, actor, NewRoute(code=code, date="2026-11-23", orders=made))


def start(db, actor, code):
    with db.transaction() as tx:
        routes.start(tx, actor, RouteKey("Code", code))


def is_open(db):
    with db.reading() as tx:
        rows = tx.execute(select(exceptions.c.kind, exceptions.c.subject).where(exceptions.c.cleared_at.is_(None)))
        return sorted(tuple(row) for row in rows)


def test_reports_moves_starts_and_sweeps_at_once_end_and_leave_each_exception_once(app, db, actor, clock):
    for at in range(4):
        add(db, actor, f"R-{at}", range(at * 10, at * 10 + 6))
    start(db, actor, "R-0")
    start(db, actor, "R-1")

    def act(at):
        if at % 4 == 0:
            app.watch.sweep(db)
        elif at % 4 == 1:
            app.etas.pass_time(db)
        elif at in (2, 6):
            start(db, actor, f"R-{2 + at // 6}")
        elif at % 4 == 2:
            with db.transaction() as tx:
                orders.reject(tx, actor, OrderKey("Number", f"{at // 4 % 2}{at // 8}"), RejectOrder())
        else:
            with db.transaction() as tx:
                to = RouteKey("Code", f"R-{at // 4 % 2}")
                routes.put_order(tx, actor, to, OrderKey("Number", f"{2 + at % 8 // 4}{at // 8}"), transfer=True)

    with ThreadPoolExecutor(6) as threads:
        ended = [threads.submit(act, at) for at in range(40)]
    assert [one.exception() for one in ended] == [None] * 40

    clock.move_to(clock.now() + timedelta(minutes=2))
    app.etas.pass_time(db)
    app.watch.sweep(db)
    clock.move_to(clock.now() + timedelta(minutes=2))
    app.etas.pass_time(db)
    app.watch.sweep(db)
    found = is_open(db)
    assert len(found) == len(set(found)) == 24


def test_a_faulty_row_of_one_account_hides_no_exceptions_of_another(app, db, actor):
    add(db, actor, "R-1", [1])
    with db.transaction() as tx:
        other = accounts.create_account(tx, "Elsewhere Ltd", actor.account.time_zone)
    add(db, Actor(other, "tests"), "R-1", [1])
    with db.transaction() as tx:
        faulty = "UPDATE routes SET document = REPLACE(document, '{', '{\"Vehicle\":7,') WHERE account_id = :id"
        tx.execute(text(faulty.replace(":7", "\\:7")), {"id": actor.account.id})
    app.watch.sweep(db)
    assert [kind for kind, _ in is_open(db)] == ["very-late"]


def test_a_report_on_a_route_of_500_stops_reads_exceptions_once_and_writes_its_own_alone(app, db, actor, monkeypatch):
    add(db, actor, "R-1", range(500))
    start(db, actor, "R-1")
    assert len(is_open(db)) == 500
    asked = []
    event.listen(
        db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]) if "exceptions" in said[2] else None
    )
    begun = time.process_time()
    with db.transaction() as tx:
        orders.complete(tx, actor, OrderKey("Number", "00"), CompleteOrder())
    assert time.process_time() - begun < 1
    assert [statement.split()[0] for statement in asked] == ["SELECT", "UPDATE"]
