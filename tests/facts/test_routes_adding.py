"""Adding routes with their orders, and finding them."""

import pytest

from support.documents import a_route, a_stop, get_route, post_route, stops, without_nulls


def test_a_new_route_is_told_with_each_of_its_orders(api, told):
    made = post_route(api, a_route("A", "B", DriverLogin="driver1", DriverName="Driver One"))
    assert (made.status_code, made.headers["Location"]) == (201, "/Route/Code/R-1")
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


def test_a_route_is_found_by_code_id_and_date_in_any_letter_case_of_the_path(api, posted_route):
    assert api.get("/API/route/CODE/R-1").json() == posted_route
    assert api.get("/api/Route/Id/ext-r").json() == posted_route
    assert api.get("/api/Route/Date/2026-11-23").json() == [posted_route]
    assert api.get("/api/Route/Date/2026-11-24").json() == []


def test_the_same_code_and_date_again_is_refused_unless_it_is_an_update(api, told, posted_route):
    assert api.post("/api/Route", json=a_route("C")).status_code == 400
    assert told.news() == []
    assert post_route(api, a_route("A", "C"), UPDATE="true").status_code == 202
    assert stops(api) == [("A", 1), ("C", 2)]


def test_the_same_code_on_another_day_is_another_route_and_the_newest_is_meant(api, posted_route):
    post_route(api, a_route(Date="2026-11-24"))
    assert get_route(api)["Date"] == "2026-11-24T00:00:00"


def test_orders_at_one_address_share_a_stop_unless_told_not_to(api):
    orders = [a_stop("A"), a_stop("B"), a_stop("C", Address="a  STREET")]
    post_route(api, {"Code": "R-1", "Orders": orders})
    assert stops(api) == [("A", 1), ("C", 1), ("B", 2)]
    post_route(api, {"Code": "R-2", "Orders": orders}, mergeAddresses="false")
    assert stops(api, "R-2") == [("A", 1), ("B", 2), ("C", 3)]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"Date": "2026-11-23"}, "Code: "),
        (a_route(Orders=[a_stop("A"), a_stop("B", Client="")]), "Orders[1].Client: "),
        (a_route(Orders=[a_stop("A", Weight="x")]), "Orders[0].Weight: "),
        (a_route(Orders={}), "Orders: "),
        (a_route(Date="1066-10-14"), "Date: "),
        (a_route(StartTimePlan="25:00"), "StartTimePlan: "),
        (a_route(Vehicle={"Number": "x" * 31}), "Vehicle.Number: "),
        (a_route(StartFromDepot="perhaps"), "StartFromDepot: "),
    ],
)
def test_what_cannot_be_is_refused_naming_the_member(api, told, body, line):
    answer = api.post("/api/Route", json=body)
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith(line)
    assert told.news() == []
    assert api.get("/api/Order/Date/2026-11-23").json() == []


def test_an_unknown_driver_is_made_on_the_fly_once(api):
    post_route(api, {"Code": "R-1", "DriverLogin": "driver1", "DriverName": "Driver One", "DriverPassword": "x"})
    post_route(api, {"Code": "R-2", "DriverLogin": "DRIVER1", "DriverName": "Somebody Else"})
    [driver] = api.get("/api/Driver").json()
    assert (driver["Username"], driver["Name"], driver["Number"]) == ("driver1", "Driver One", 1)
    assert get_route(api, "R-2")["DriverName"] == "Driver One"


def test_a_route_takes_its_vehicle_from_the_directory(api):
    api.post("/api/Driver", json={"Name": "D", "Username": "d", "Password": "secret", "Vehicle": "123 ABC"})
    api.post("/api/Vehicle", json={"Number": "123 ABC", "Weight": 900, "DriverUsername": "d", "Depot": "Dock 1"})
    post_route(api, {"Code": "R-1", "DriverLogin": "d"})
    assert get_route(api)["DriverVehicle"] == "123 ABC"
    post_route(api, {"Code": "R-2", "DriverVehicle": "123 abc"})
    assert get_route(api, "R-2")["Vehicle"]["Weight"] == 900


@pytest.mark.parametrize(("flag", "lat"), [("false", 59.4), ("true", 1)])
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/Route"), ("PUT", "/api/Route/Code/R-1")])
def test_orders_of_a_route_teach_their_addresses_other_coordinates_only_when_told_to(api, flag, lat, method, path):
    api.post("/api/Order", json=a_stop("A", AddressLat=59.4, AddressLon=24.7))
    post_route(api, a_route())
    body = a_route(Orders=[a_stop("B", Address="A street", AddressLat=1, AddressLon=2)])
    flags = {"update": "true", "updateAddressGps": flag}
    assert api.request(method, path, params=flags, json=body).status_code == 202
    assert get_route(api)["Orders"][0]["AddressLat"] == lat
