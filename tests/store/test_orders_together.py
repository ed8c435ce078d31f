"""Orders and routes under several callers at once, and with few statements for many rows."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import event

from waybell.ground.errors import Invalid, NotAllowedNow, Raced, WaybellError
from waybell.orders import actions as orders
from waybell.orders import report_actions, visit_actions
from waybell.orders.model import OrderKey
from waybell.orders.requests import (
    CompleteOrder,
    CorrectOrder,
    NewCustomField,
    NewOrder,
    OrderVisit,
    StatusRequest,
)
from waybell.routes import actions as routes
from waybell.routes.model import RouteKey
from waybell.routes.requests import DriversSequence, NewRoute

CANCELED = StatusRequest(status="NotDelivered", reject_reason="Canceled")


def an_order(number: str, **members) -> NewOrder:
    return NewOrder(number=number, client="C", address=f"{number} street", **members)


def test_changes_at_the_same_time_are_all_kept(db, actor):
    with db.transaction() as tx:
        orders.add(tx, actor, an_order("N-1"))
    members = ["note", "phone", "email", "contact_name", "barcode", "invoice_id", "depot", "shipper"]

    def change(member: str) -> None:
        with db.transaction() as tx:
            orders.change(tx, actor, NewOrder(number="N-1", **{member: "x"}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(change, members))
    with db.reading() as tx:
        order = orders.get(tx, actor, OrderKey("Number", "N-1"))
    assert [getattr(order, member) for member in members] == ["x"] * 8


def test_orders_put_on_a_route_at_the_same_time_get_a_stop_each(db, actor):
    numbers = [f"N-{at}" for at in range(8)]
    with db.transaction() as tx:
        routes.add(tx, actor, NewRoute(code="R-1"))
        orders.add_many(tx, actor, [an_order(number) for number in numbers])

    def put(number: str) -> None:
        with db.transaction() as tx:
            routes.put_order(tx, actor, RouteKey("Code", "R-1"), OrderKey("Number", number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, numbers))
    with db.reading() as tx:
        route = routes.get(tx, actor, RouteKey("Code", "R-1"))
    assert [order.seq_number for order in route.orders or []] == list(range(1, 9))


def test_new_orders_on_a_route_at_the_same_time_get_a_stop_each(db, actor):
    with db.transaction() as tx:
        routes.add(tx, actor, NewRoute(code="R-1"))

    def add(at: int) -> None:
        with db.transaction() as tx:
            routes.add_order(tx, actor, RouteKey("Code", "R-1"), an_order(f"N-{at}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    with db.reading() as tx:
        route = routes.get(tx, actor, RouteKey("Code", "R-1"))
    assert [order.seq_number for order in route.orders or []] == list(range(1, 9))


def test_nobody_waits_in_a_circle_when_orders_change_places(db, actor):
    """Two routes give each other orders, get new ones and change, all at once."""
    with db.transaction() as tx:
        for code in ("R-1", "R-2"):
            first = [an_order(f"{code}-{at}") for at in range(4)]
            routes.add(tx, actor, NewRoute(code=code, orders=first))

    def act(at: int) -> None:
        here, there = (RouteKey("Code", code) for code in (("R-1", "R-2"), ("R-2", "R-1"))[at % 2])
        order = OrderKey("Number", f"{here.value}-{at // 4}")
        with db.transaction() as tx:
            match at // 2 % 4:
                case 0:
                    routes.put_order(tx, actor, there, order, transfer=True)
                case 1:
                    routes.add_order(tx, actor, here, an_order(f"new-{at}"))
                case 2:
                    orders.set_status(tx, actor, order, CANCELED)
                case 3:
                    routes.change_custom_fields(tx, actor, there, [NewCustomField(id="cf_1", value=str(at))])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(16)))
    with db.reading() as tx:
        both = [routes.get(tx, actor, RouteKey("Code", code)) for code in ("R-1", "R-2")]
    assert sum(len(route.orders or []) for route in both) == 12


def test_nobody_waits_in_a_circle_when_drivers_report_while_the_office_plans(db, actor):
    """Two routes under way: their drivers report stops of several orders, and the office moves and corrects orders."""
    with db.transaction() as tx:
        for code in ("R-1", "R-2"):
            stops = [an_order(f"{code}-{at}", address_id=f"{code}-stop-{at % 2}") for at in range(6)]
            routes.add(tx, actor, NewRoute(code=code, orders=stops))
            routes.start(tx, actor, RouteKey("Code", code))
    refused = []

    def act(at: int) -> None:
        here, there = (RouteKey("Code", code) for code in (("R-1", "R-2"), ("R-2", "R-1"))[at % 2])
        order = OrderKey("Number", f"{here.value}-{at // 2 % 6}")
        try:
            with db.transaction() as tx:
                match at // 2 % 5:
                    case 0:
                        visit_actions.arrive(tx, actor, order, OrderVisit())
                    case 1:
                        visit_actions.depart(tx, actor, order, OrderVisit())
                    case 2:
                        routes.put_order(tx, actor, there, order, transfer=True)
                    case 3:
                        routes.set_drivers_sequence(tx, actor, here, DriversSequence())
                    case 4:
                        orders.complete(tx, actor, order, CompleteOrder())
                        report_actions.correct(tx, actor, order, CorrectOrder(outcome="rejected", reason="x"))
        except WaybellError as error:
            refused.append(error)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(60)))
    assert {type(error) for error in refused} <= {Invalid, NotAllowedNow, Raced}
    assert len(refused) < 40
    with db.reading() as tx:
        both = [routes.get(tx, actor, RouteKey("Code", code)) for code in ("R-1", "R-2")]
    assert sum(len(route.orders or []) for route in both) == 12


def test_one_route_of_a_code_and_day_is_made_by_many_at_once(db, actor):
    def add(_: int) -> bool:
        with db.transaction() as tx:
            return routes.add(tx, actor, NewRoute(code="R-1", driver_login="driver1"), update=True)[1]

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(add, range(8))) == [False] * 7 + [True]


def test_a_route_with_many_orders_takes_no_statement_for_each(db, actor):
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    with db.transaction() as tx:
        routes.add(tx, actor, NewRoute(code="R-1", orders=[an_order(f"N-{at}") for at in range(100)]))
        made = len(statements)
        routes.start(tx, actor, RouteKey("Code", "R-1"))
        started = len(statements) - made
    assert (made < 20, started < 20) == (True, True)
