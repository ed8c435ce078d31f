"""What somebody with a scope sees and writes, on both databases: teams and carriers, which only people have."""

import pytest

from support.documents import a_stop, post_route
from waybell.board.finding import page_of
from waybell.board.lean import short_id
from waybell.directory import fleet_store
from waybell.ground.errors import Forbidden
from waybell.ground.scope import EVERYTHING, Scope
from waybell.orders import listing as order_listing
from waybell.orders import store as orders
from waybell.orders.model import OrderKey
from waybell.routes import listing as route_listing
from waybell.routes import store as routes
from waybell.routes.model import RouteKey

NORTH, SWIFT = Scope(teams=("T-N",)), Scope(carriers=("C-1",))


@pytest.fixture
def two_of_all(api):
    """Two teams and two carriers, each with a driver, a vehicle and a route; and a free order of each team."""
    for code, team, carrier in (("R-N", "T-N", "C-1"), ("R-S", 'T-"S', "C-2")):
        driver = {"Name": code, "Username": code, "Password": "correct horse", "TeamCodes": [team, "T-X"]}
        assert api.post("/api/Driver", json=driver).status_code == 201
        vehicle = {"Number": f"V{code}", "DriverUsername": code, "Depot": "Tallinn", "CarrierCode": carrier}
        assert api.post("/api/Vehicle", json=vehicle).status_code == 201
        stop = a_stop(f"{code}-1", TeamCode=team)
        post_route(
            api,
            {
                "Code": code,
                "Date": "2026-11-23",
                "DriverLogin": code,
                "DriverVehicle": f"V{code}",
                "Orders": [stop],
            },
        )
        assert api.post("/api/Order", json=a_stop(f"{code}-free", TeamCode=team)).status_code == 201
    post_route(api, {"Code": "R-empty", "Date": "2026-11-23"})


def seen(db, account, scope):
    with db.reading(scope=scope) as tx:
        found = order_listing.search(tx, account.id, order_listing.Wanted(), None, 50)
        assert found.total == len(found.rows)
        listed = {one.code for one in route_listing.search(tx, account.id, None, None, "", None, 50).routes}
        on_date = {route.code for route in routes.on_date(tx, account.id, "2026-11-23T00:00:00")}
        assert listed == on_date
        drivers = {driver.username for driver in fleet_store.list_drivers(tx, account.id)}
        vehicles = {vehicle.number for vehicle in fleet_store.list_vehicles(tx, account.id)}
        return {row.order.number for row in found.rows}, listed, drivers, vehicles


@pytest.mark.parametrize(
    ("scope", "numbers", "codes", "drivers", "vehicles"),
    [
        (NORTH, {"R-N-1", "R-N-free"}, {"R-N", "R-empty"}, {"R-N"}, {"VR-N", "VR-S"}),
        (Scope(teams=('T-"S',)), {"R-S-1", "R-S-free"}, {"R-S", "R-empty"}, {"R-S"}, {"VR-N", "VR-S"}),
        (Scope(teams=("t-n",)), set(), {"R-empty"}, set(), {"VR-N", "VR-S"}),
        (Scope(teams=("T-N", 'T-"S')), None, None, None, None),
        (SWIFT, {"R-N-1"}, {"R-N"}, {"R-N"}, {"VR-N"}),
        (Scope(carriers=("C-9",)), set(), set(), set(), set()),
        (Scope(teams=("T-N",), carriers=("C-2",)), set(), set(), set(), {"VR-S"}),
    ],
)
def test_lists_and_counts_hold_what_is_inside(db, account, two_of_all, scope, numbers, codes, drivers, vehicles):
    found = seen(db, account, scope)
    assert found == (seen(db, account, EVERYTHING) if numbers is None else (numbers, codes, drivers, vehicles))


def test_what_is_outside_is_not_found_by_any_key(db, account, two_of_all):
    with db.reading() as tx:
        order = orders.find(tx, account.id, OrderKey("Number", "R-S-1"))
        seq = orders.of_track_id(tx, account.id, order.track_id).seq
        route_id = routes.find(tx, account.id, RouteKey("Code", "R-S"))
        assert page_of(tx, account.id, short_id("o", seq))
    for scope in (NORTH, SWIFT):
        with db.reading(scope=scope) as tx:
            assert orders.find(tx, account.id, OrderKey("Number", "R-S-1")) is None
            assert orders.of_track_id(tx, account.id, order.track_id) is None
            assert routes.find(tx, account.id, RouteKey("Code", "R-S")) is None
            assert routes.get_many(tx, account.id, [route_id]) == []
            assert route_listing.one(tx, account.id, route_id) is None
            assert page_of(tx, account.id, short_id("o", seq)) is None
            typed = order_listing.Wanted(typed="R-S")
            assert order_listing.search(tx, account.id, typed, None, 50).total == 0


def test_nothing_is_written_outside_and_nothing_leaves(db, account, two_of_all):
    with db.reading() as tx:
        order = orders.find(tx, account.id, OrderKey("Number", "R-N-1"))
        [route] = routes.get_many(tx, account.id, [order.route_id])
        other = routes.get_many(tx, account.id, [routes.find(tx, account.id, RouteKey("Code", "R-S"))])[0]
    leaves = {
        NORTH: (order.model_copy(update={"team_code": "T-S"}), route.model_copy(update={"driver_id": other.driver_id})),
        SWIFT: (
            order.model_copy(update={"route_id": None, "seq_number": None}),
            route.model_copy(update={"driver_vehicle": "VR-S", "vehicle": other.vehicle}),
        ),
    }
    for scope, (moved, given) in leaves.items():
        with pytest.raises(Forbidden), db.transaction(scope=scope) as tx:
            orders.save(tx, account.id, [(order, moved)])
        with pytest.raises(Forbidden), db.transaction(scope=scope) as tx:
            routes.save(tx, account.id, given)
        with db.transaction(scope=scope) as tx:
            orders.save(tx, account.id, [(order, order.model_copy(update={"note": "stays"}))])
            routes.save(tx, account.id, route)


def test_a_carrier_without_a_vehicle_in_the_directory_is_that_of_the_route(api, db, account):
    sent = {"Number": "lent", "CarrierCode": "C-1"}
    post_route(api, {"Code": "R-1", "Date": "2026-11-23", "Vehicle": sent, "Orders": [a_stop("A")]})
    assert seen(db, account, SWIFT)[:2] == ({"A"}, {"R-1"})
    assert seen(db, account, Scope(carriers=("C-2",)))[:2] == (set(), set())
