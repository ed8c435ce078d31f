"""`clearEmpty=true`: members that are sent as empty text are emptied. Without it empty text stands for "absent"."""

import pytest

from support.documents import a_route, a_stop, an_order, get_order, get_route, post_route

CLEAR = {"clearempty": "True"}
MEMBERS = {
    "Note": "x",
    "Phone": "1",
    "Email": "a@b.example",
    "ContactName": "x",
    "TimeSlotFrom": "08:00",
    "TimeSlotTo": "09:00",
    "Barcode": "x",
    "TeamCode": "t",
    "Priority": "high",
    "AddressZone": "north",
    "AddressLat": 59.4,
    "AddressLon": 24.7,
    "ServiceTime": 5,
    "ShipperId": "S-1",
    "Shipper": "Mill",
    "DepotId": "D-1",
    "Depot": "Dock",
    "ClientId": "C-1",
    "AddressId": "A-1",
    "InvoiceId": "i",
    "CustomerReferenceId": "r",
}
LEG = {"Client": "Mill", "Address": "Mill street", "Phone": "2", "TimeSlotFrom": "06:00", "Note": "y"}
EMPTY, EMPTY_LEG = dict.fromkeys(MEMBERS, ""), dict.fromkeys(LEG, " ")


def values(order):
    return {order[name] for name in MEMBERS} | {order["PickupOrder"][name] for name in LEG}


@pytest.fixture
def full(api, told):
    """An order with all that can be emptied."""
    assert api.post("/api/Order", json=an_order(Id="ext-1", **MEMBERS, PickupOrder=LEG)).status_code == 201
    told.news()
    return get_order(api)


@pytest.mark.parametrize("door", ["Number", "TrackId", "XML"])
def test_an_order_is_emptied_of_what_is_sent_as_empty_text(api, told, full, door):
    """Choice 51."""
    sent = {"Number": "N-1", **EMPTY, "PickupOrder": EMPTY_LEG}
    path = f"/api/Order/TrackId/{full['TrackId']}" if door == "TrackId" else "/api/Order"
    if door == "XML":
        leg = "".join(f"<{name}/>" for name in LEG)
        body = "".join(f"<{name}></{name}>" for name in MEMBERS)
        body = f"<NewOrder><Number>N-1</Number>{body}<PickupOrder>{leg}</PickupOrder></NewOrder>"
        answer = api.put(path, content=body, params=CLEAR, headers={"Content-Type": "application/xml"})
    else:
        answer = api.put(path, json=sent, params=CLEAR)
    assert answer.status_code == 202, answer.text
    order = get_order(api)
    assert values(order) == {None}
    assert (order["Client"], order["Address"], order["Id"]) == ("Blue Harbour Cafe", "Kalasadama 4, Tallinn", "ext-1")
    [event] = told.news()
    assert "Phone" not in event.data


@pytest.mark.parametrize("params", [{}, {"clearEmpty": "false"}, {"clearEmpty": ""}])
def test_by_default_empty_text_leaves_what_is_there(api, told, full, params):
    """Choice 9."""
    sent = {"Number": "N-1", **EMPTY, "PickupOrder": EMPTY_LEG}
    assert api.put("/api/Order", json=sent, params=params).status_code == 202
    assert (get_order(api), told.news()) == (full, [])


@pytest.mark.parametrize("nothing", [{}, dict.fromkeys(MEMBERS)])
def test_what_is_left_out_or_null_stays_with_the_flag_too(api, told, full, nothing):
    """Choice 51."""
    sent = {"Number": "N-1", **nothing, "Date": "", "Weight": "", "Type": ""}
    assert api.put("/api/Order", json=sent, params=CLEAR).status_code == 202
    assert (get_order(api), told.news()) == (full, [])
    body = (
        '<NewOrder xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        '<Number>N-1</Number><Phone i:nil="true"/></NewOrder>'
    )
    answer = api.put("/api/Order", content=body, params=CLEAR, headers={"Content-Type": "application/xml"})
    assert (answer.status_code, told.news()) == (202, [])


@pytest.mark.parametrize("name", ["Client", "Address"])
def test_what_an_order_needs_cannot_be_emptied(api, told, full, name):
    """Choice 51."""
    answer = api.put("/api/Order", json={"Number": "N-1", name: "", "Phone": ""}, params=CLEAR)
    assert (answer.status_code, answer.json()["Detail"].partition(":")[0]) == (400, name)
    assert (get_order(api), told.news()) == (full, [])


def test_one_end_of_a_slot_is_emptied_and_the_other_set(api, full):
    """Choice 51."""
    api.put("/api/Order", json={"Number": "N-1", "TimeSlotFrom": "", "TimeSlotTo": "07:00"}, params=CLEAR)
    assert (get_order(api)["TimeSlotFrom"], get_order(api)["TimeSlotTo"][11:]) == (None, "07:00:00")


def test_on_a_route_the_address_stays_and_the_rest_is_emptied(api, full):
    """Choice 51."""
    post_route(api, a_route())
    api.put("/api/Route/Code/R-1/Order/Number/N-1")
    assert api.put("/api/Order", json={"Number": "N-1", **EMPTY}, params=CLEAR).status_code == 202
    order = get_order(api)
    assert (order["AddressLat"], order["AddressZone"], order["AddressId"]) == (59.4, "north", "A-1")
    assert {order[name] for name in MEMBERS if not name.startswith("Address")} == {None}


ROUTE = {"StartTimePlan": "08:00", "DepotId": "D-1", "Depot": "Dock", "DriverVehicle": "123 ABC", "DriverLogin": "d1"}


@pytest.mark.parametrize("door", ["Code", "Id", "update"])
def test_a_route_and_its_orders_are_emptied(api, told, door):
    """Choice 51."""
    post_route(api, a_route(**ROUTE, Orders=[a_stop("A", Phone="1", PickupOrder=LEG)]))
    told.news()
    stop = {"Number": "A", "Phone": "", "PickupOrder": {"Phone": ""}}
    sent = {"Code": "R-1", "Date": "2026-11-23", **dict.fromkeys(ROUTE, ""), "Orders": [stop]}
    if door == "update":
        post_route(api, sent, update="true", clearEmpty="true")
    else:
        key = {"Code": "R-1", "Id": "ext-r"}[door]
        assert api.put(f"/api/Route/{door}/{key}", json=sent, params=CLEAR).status_code == 202
    route = get_route(api)
    assert {route[name] for name in (*ROUTE, "DriverName", "Vehicle")} == {None}
    assert (route["DriverNumber"], route["Orders"][0]["Phone"]) == (0, None)
    assert (route["Orders"][0]["PickupOrder"]["Phone"], route["Orders"][0]["DriverLogin"]) == (None, None)
    assert told.types()[0] == "RouteUpdated"


def test_a_route_keeps_one_of_code_and_id(api):
    """Choice 51."""
    post_route(api, a_route())
    assert api.put("/api/Route/Code/R-1", json={"Code": "", "Id": ""}, params=CLEAR).status_code == 400
    assert api.put("/api/Route/Code/R-1", json={"Id": ""}, params=CLEAR).status_code == 202
    assert get_route(api)["Id"] is None


def test_drivers_vehicles_addresses_and_directories_are_emptied(api):
    """Choice 51."""
    driver = {"Name": "D", "Username": "d1", "Password": "secret", "Phone": "1", "DepotId": "D-1", "Depot": "Dock"}
    api.post("/api/Driver", json=driver)
    sent = {"Username": "d1", "Phone": "", "DepotId": "", "Depot": ""}
    assert api.put("/api/Driver", json=sent, params=CLEAR).status_code == 202
    found = api.get("/api/Driver/Username/d1").json()
    assert [found[name] for name in ("Phone", "DepotId", "Depot", "Name")] == [None, None, None, "D"]
    assert api.put("/api/Driver", json={"Username": "d1", "Name": ""}, params=CLEAR).status_code == 400

    api.post(
        "/api/Vehicle", json={"Number": "1", "DriverUsername": "d1", "DepotId": "D-1", "Depot": "x", "Carrier": "c"}
    )
    assert api.put("/api/Vehicle", json={"Id": 1, "Carrier": "", "Depot": ""}, params=CLEAR).status_code == 202
    found = api.get("/api/Vehicle/1").json()
    assert [found[name] for name in ("Carrier", "Depot", "DepotId")] == [None, None, "D-1"]
    for needed in ("Number", "DriverUsername", "DepotId"):
        assert api.put("/api/Vehicle", json={"Id": 1, needed: ""}, params=CLEAR).status_code == 400

    api.post("/api/Client", json={"Id": "C-1", "Name": "Cafe", "Note": "n"})
    assert api.post("/api/Client", json={"Id": "C-1", "Note": ""}, params=CLEAR).status_code == 202
    assert api.get("/api/Client/Id/C-1").json()["Note"] is None
    assert api.post("/api/Client/Bulk", json=[{"Id": "C-1", "Name": ""}], params=CLEAR).json()[0]["Status"] == 400

    place = {"Id": "A-1", "FullAddress": "Dock 1"}
    api.post("/api/Address", json={**place, "City": "Tallinn", "Zone": "north"})
    assert api.post("/api/Address", json={**place, "City": "", "Zone": ""}, params=CLEAR).status_code == 202
    api.post("/api/Order", json={"Number": "N-1", "Client": "C", "AddressId": "A-1"})
    assert get_order(api)["AddressZone"] is None


# The one that waits


@pytest.mark.parametrize("by", ["Number/N-1", "Id/x"])
@pytest.mark.parametrize("types", [(0, 1), (1, 0)])
def test_of_a_delivery_and_a_collection_the_one_is_added_that_is_not_on_a_route_yet(api, by, types):
    """Choice 5."""
    for order_type in types:
        api.post("/api/Order", json=an_order(Id="x", Type=order_type))
    post_route(api, a_route())
    for _ in range(3):
        assert api.put(f"/api/Route/Code/R-1/Order/{by}").status_code == 202
    assert sorted(order["Type"] for order in get_route(api)["Orders"]) == [0, 1]
    post_route(api, {"Code": "R-2"})
    assert api.put(f"/api/Route/Code/R-2/Order/{by}").status_code == 405
