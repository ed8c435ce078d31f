"""Orders and routes under several callers at once, and with few statements for many rows."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import event

from waybell.orders import actions as orders
from waybell.orders.model import OrderKey
from waybell.orders.requests import NewOrder
from waybell.routes import actions as routes
from waybell.routes.model import RouteKey
from waybell.routes.requests import NewRoute


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
