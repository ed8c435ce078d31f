"""Boards, drivers and the API at once: no deadlock, nothing lost, and many orders moved soon."""

import threading
from time import perf_counter

import pytest

from support.boards import TODAY, a_day
from waybell.accounts.model import Actor
from waybell.board import acting, rows
from waybell.board.lean import shown_version
from waybell.board.requests import Acts
from waybell.db.failures import again_when_raced
from waybell.ground.errors import Conflict, Invalid, NotAllowedNow, Outdated
from waybell.ground.scope import Scope
from waybell.optimizing.planning import Road
from waybell.orders import actions as orders
from waybell.orders.model import OrderKey
from waybell.orders.requests import CompleteOrder
from waybell.routes import actions as routes
from waybell.routes.model import RouteKey

ROAD = Road(1.35, 40)


def act(app, actor, *acts, expected=None):
    sent = Acts.model_validate({"Acts": list(acts), "Expected": expected or {}})

    def once():
        with app.database.transaction(by=actor.name) as tx:
            return acting.carry_out(tx, actor, TODAY, sent, app.vault, ROAD)

    return again_when_raced(once)


def short_ids(db, account):
    with db.reading() as tx:
        found = rows.read(tx, account, TODAY)
    return sorted(found.orders, key=lambda one: int(one[1:])), sorted(found.routes, key=lambda one: int(one[1:]))


def test_many_orders_are_assigned_soon(app, db, account, actor):
    """200 orders at once, each placed with its events, take at most two seconds on an idle machine."""
    a_day(db, actor, many_routes=20, on_each=20, pool=200)
    found, on = short_ids(db, account)
    took = {}
    for at in (None, "best"):
        begun = perf_counter()
        done = act(app, actor, {"Act": "assign", "Orders": found[-200:], "Route": on[0], "At": at})
        took[at] = perf_counter() - begun
        assert done.changed >= 201
        begun = perf_counter()
        act(app, actor, {"Act": "undo", "Undo": done.undo})
        took[f"undo {at}"] = perf_counter() - begun
    assert max(took.values()) < 10


def repeat(step, faults):
    """Take a step a dozen times; that somebody else was first is no fault."""
    for at in range(12):
        try:
            step(at)
        except (Conflict, NotAllowedNow, Invalid):
            pass
        except BaseException as error:  # noqa: BLE001 - a deadlock is what this test looks for
            faults.append(error)


def test_boards_a_driver_and_the_api_work_at_once(app, db, account, actor):
    """Two dispatchers move orders to and fro, a driver completes some, the API moves others: none waits for ever."""
    a_day(db, actor, many_routes=4, on_each=6, pool=4)
    found, on = short_ids(db, account)
    with db.transaction() as tx:
        for code in ("R-0", "R-1"):
            routes.start(tx, actor, RouteKey("Code", code))
    faults: list[BaseException] = []

    def dispatcher(by, step):
        who = Actor(account, by)
        return lambda at: act(app, who, *step(at))

    def driver(at):
        with db.transaction() as tx:
            orders.complete(tx, actor, OrderKey("Number", f"DL-{at:06}"), CompleteOrder())

    def api(at):
        with db.transaction() as tx:
            key = OrderKey("Number", f"DL-{24 + at % 4:06}")
            routes.put_order(tx, actor, RouteKey("Code", f"R-{at % 4}"), key, transfer=True)

    steps = [
        dispatcher("Anna", lambda at: [{"Act": "swap", "Routes": [on[at % 4], on[(at + 1) % 4]]}]),
        dispatcher(
            "Boris",
            lambda at: [
                {"Act": "assign", "Orders": [found[(at * 5 + n) % 28] for n in range(4)], "Route": on[3 - at % 4]},
                {"Act": "move", "Order": found[(at * 5) % 28], "At": 1},
            ],
        ),
        driver,
        api,
    ]
    threads = [threading.Thread(target=repeat, args=(step, faults)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    assert faults == []
    with db.reading() as tx:
        now = rows.read(tx, account, TODAY)
    assert now.counts["Day"] == 28
    assert now.on_routes + now.pool == 28


def test_two_who_move_one_order_at_once(app, db, account, actor):
    """Of two dispatchers with the same knowledge, one wins, and the other is told so."""
    a_day(db, actor, many_routes=2, on_each=1, pool=1)
    found, on = short_ids(db, account)
    outcomes = []

    def assign(by, route):
        move = {"Act": "assign", "Orders": [found[2]], "Route": route}
        try:
            act(app, Actor(account, by), move, expected={found[2]: shown_version(1)})
            outcomes.append("won")
        except Conflict as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=assign, args=pair) for pair in zip(("Anna", "Boris"), on, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert max(outcomes) == "won"
    assert "was changed by" in min(outcomes)


def test_who_planned_what_is_out_of_scope_is_not_told(app, db, account, actor):
    """A caller who names hidden rows among its expected versions learns neither their names nor who changed them."""
    a_day(db, actor, many_routes=1, on_each=1, pool=1)
    found, on = short_ids(db, account)
    sent = Acts.model_validate({"Acts": [{"Act": "newRoute"}], "Expected": {found[1]: 0, on[0]: 0}})
    with pytest.raises(Outdated) as told, db.transaction(scope=Scope(shippers=("S-1",)), by="Anna") as tx:
        acting.carry_out(tx, actor, TODAY, sent, app.vault, ROAD)
    assert {one["By"] for one in told.value.facts["Conflicts"]} == {None}
    assert "DL-" not in str(told.value.facts)
    with db.reading(scope=Scope(shippers=("S-1",))) as tx:
        shown = rows.some(tx, account, TODAY, [*found, *on])
    assert (shown.orders, shown.routes) == ({}, {})
