"""`AddRoute` adds a route with its orders, or changes the route and the orders that are there.

The API's 405 is the limit of a plan that was bought. There are no plans here: 405 is for a closed route.
"""

import pytest

from support.documents import a_route, a_stop, get_order, get_route, post_route, stops, without_nulls
from support.operations import each


@each("AddRoute")
def test_a_new_route_is_made_and_told_with_each_of_its_orders(api, told, operation):
    made = operation(api, json=a_route("A", "B", DriverLogin="driver1", DriverName="Driver One"))
    assert (made.status_code, made.headers["Location"]) == (201, "/Route/Code/R-1")
    assert made.json()["Status"] == 201
    route, *orders = told.news()
    assert route.type == "RouteCreated"
    assert [(event.type, event.data["Number"], event.data["SeqNumber"]) for event in orders] == [
        ("OrderCreated", "A", 1),
        ("OrderCreated", "B", 2),
    ]
    assert route.data == without_nulls(get_route(api))
    assert orders[0].data == route.data["Orders"][0]
    assert route.data["Status"] == "Ready"
    first = orders[0].data
    assert (first["RouteNumber"], first["RouteStatus"], first["RouteDate"]) == ("R-1", "Ready", "2026-11-23T00:00:00")
    assert (first["DriverLogin"], first["DriverName"], first["DriverNumber"]) == ("driver1", "Driver One", 1)


@each("AddRoute")
def test_the_same_code_and_date_again_is_refused_unless_it_is_an_update(api, told, posted_route, operation):
    for flags in ({}, {"update": "false"}):
        assert operation(api, json=a_route("C"), **flags).status_code == 400
    assert told.news() == []
    updated = operation(api, json=a_route("A", "C"), UPDATE="true")
    assert (updated.status_code, updated.json()["Status"]) == (202, 202)


@each("AddRoute")
def test_an_update_brings_the_orders_of_the_route_in_line_and_is_told(api, told, posted_route, operation):
    operation(api, json=a_route("A", "C"), update="true")
    assert stops(api) == [("A", 1), ("C", 2)]
    news = [(event.type, event.data.get("Number")) for event in told.news()]
    assert news == [("RouteUpdated", None), ("OrderCreated", "C"), ("OrderUpdated", "B")]
    assert get_order(api, "B")["RouteNumber"] is None


@each("AddRoute")
@pytest.mark.parametrize("update", ["false", "true"])
def test_the_same_code_on_another_day_or_of_another_account_is_another_route_also_as_an_update(
    api, other_api, told, posted_route, operation, update
):
    made = operation(api, json=a_route(Date="2026-11-24"), update=update)
    assert (made.status_code, told.types()) == (201, ["RouteCreated"])
    assert get_route(api)["Date"] == "2026-11-24T00:00:00"
    assert operation(other_api, json=a_route(), update=update).status_code == 201
    assert api.get("/api/Route/Date/2026-11-23").json() == [posted_route]


@each("AddRoute")
def test_an_update_puts_no_order_on_a_closed_route(api, told, posted_route, operation):
    api.put("/api/Route/Close/Code/R-1")
    told.news()
    assert operation(api, json=a_route("A", "B", "C"), update="true").status_code == 405
    assert told.news() == []


@each("AddRoute")
def test_orders_of_a_new_route_at_one_address_share_a_stop_unless_told_not_to(api, operation):
    orders = [a_stop("A"), a_stop("B"), a_stop("C", Address="a  STREET")]
    operation(api, json={"Code": "R-1", "Orders": orders})
    assert stops(api) == [("A", 1), ("C", 1), ("B", 2)]
    operation(api, json={"Code": "R-2", "Orders": orders}, mergeAddresses="false")
    assert stops(api, "R-2") == [("A", 1), ("B", 2), ("C", 3)]


@each("AddRoute")
def test_a_route_takes_new_prices_when_told_so_for_new_and_for_changed_orders(api, operation):
    def post(code, number, cost, **flags):
        line = {"GoodsId": "G-1", "GoodsName": "Cups", "Cost": cost}
        operation(api, json={"Code": code, "Orders": [a_stop(number, GoodsList=[line])]}, **flags)
        [goods] = api.get("/api/Goods").json()
        return goods["Cost"]

    assert post("R-1", "N-1", 2) == 2
    assert post("R-1", "N-1", 3, update="true") == 2
    assert post("R-1", "N-1", 4, update="true", updateGoodsPrice="true") == 4
    assert post("R-2", "N-2", 5) == 4
    assert post("R-3", "N-3", 9, updateGoodsPrice="true") == 9


@each("AddRoute")
def test_a_route_that_cannot_be_is_refused_whole_naming_the_member(api, told, operation):
    for body, line in (
        ({"Date": "2026-11-23"}, "Code: "),
        (a_route(Orders=[a_stop("A"), a_stop("B", Client="")]), "Orders[1].Client: "),
        (a_route(Orders=[a_stop("A", Weight="x")]), "Orders[0].Weight: "),
        (a_route(Orders={}), "Orders: "),
        (a_route(Date="1066-10-14"), "Date: "),
        (a_route(StartTimePlan="25:00"), "StartTimePlan: "),
        (a_route(Vehicle={"Number": "x" * 31}), "Vehicle.Number: "),
        (a_route(StartFromDepot="perhaps"), "StartFromDepot: "),
    ):
        answer = operation(api, json=body)
        assert answer.status_code == 400, body
        assert answer.json()["Detail"].startswith(line)
        assert told.news() == []
        assert api.get("/api/Order/Date/2026-11-23").json() == []


def test_an_unknown_driver_is_made_on_the_fly_once(api):
    post_route(api, {"Code": "R-1", "DriverLogin": "driver1", "DriverName": "Driver One", "DriverPassword": "x"})
    post_route(api, {"Code": "R-2", "DriverLogin": "DRIVER1", "DriverName": "Somebody Else"})
    [driver] = api.get("/api/Driver").json()
    assert (driver["Username"], driver["Name"], driver["Number"]) == ("driver1", "Driver One", 1)
    assert get_route(api, "R-2")["DriverName"] == "Driver One"


@each("AddRoute", "UpdateRouteByCode", "UpdateRouteById")
@pytest.mark.parametrize(
    ("name", "login", "shown"),
    [
        ("Driver One", "d1", "Driver One"),
        (" driver  ONE ", "d1", "Driver One"),
        ("Twice", "d4", "Twice"),  # one of two is active
        ("Many", None, "Many"),
        ("Nobody known", None, "Nobody known"),
    ],
)
def test_a_driver_named_without_a_login_is_the_one_of_that_name_or_else_the_text(
    api, told, operation, name, login, shown
):
    """Choice 50."""
    named = [
        ("d1", "Driver One"),
        ("d2", "Driver Two"),
        ("d3", "Twice"),
        ("d4", "Twice"),
        ("d5", "Many"),
        ("d6", "Many"),
    ]
    for username, its in named:
        driver = {"Username": username, "Name": its, "Password": "secret", "Active": username != "d3", "Vehicle": "V"}
        assert api.post("/api/Driver", json=driver).status_code == 201
    if operation.id != "AddRoute":
        post_route(api, a_route("A", DriverLogin="d2"))
    told.news()
    changed = operation(api, a_route(), json=a_route(DriverName=name, Orders=[a_stop("A")]))
    assert changed.status_code == operation.statuses[0], changed.text
    route, order = told.news()[0].data, get_order(api, "A")
    assert (route["DriverName"], route.get("DriverLogin")) == (shown, login)
    assert (order["DriverName"], order["DriverLogin"]) == (shown, login)
    assert (order["DriverNumber"] is None) == (login is None)
    assert len(api.get("/api/Driver").json()) == len(named)
    again = api.put("/api/Route/Code/R-1", json={"DriverName": get_route(api)["DriverName"]})
    assert (again.status_code, told.news()) == (202, [])


def test_a_route_takes_its_vehicle_from_the_directory(api):
    api.post("/api/Driver", json={"Name": "D", "Username": "d", "Password": "secret", "Vehicle": "123 ABC"})
    api.post("/api/Vehicle", json={"Number": "123 ABC", "Weight": 900, "DriverUsername": "d", "Depot": "Dock 1"})
    post_route(api, {"Code": "R-1", "DriverLogin": "d"})
    assert get_route(api)["DriverVehicle"] == "123 ABC"
    post_route(api, {"Code": "R-2", "DriverVehicle": "123 abc"})
    assert get_route(api, "R-2")["Vehicle"]["Weight"] == 900


@each("AddRoute", "UpdateRouteByCode", "UpdateRouteById")
@pytest.mark.parametrize(("flag", "lat"), [("false", 59.4), ("true", 1)])
def test_orders_of_a_route_teach_their_addresses_other_coordinates_only_when_told_to(api, operation, flag, lat):
    api.post("/api/Order", json=a_stop("A", AddressLat=59.4, AddressLon=24.7))
    post_route(api, a_route())
    body = a_route(Orders=[a_stop("B", Address="A street", AddressLat=1, AddressLon=2)])
    update = {"update": "true"} if operation.id == "AddRoute" else {}
    assert operation(api, a_route(), json=body, updateAddressGps=flag, **update).status_code == 202
    assert get_route(api)["Orders"][0]["AddressLat"] == lat
