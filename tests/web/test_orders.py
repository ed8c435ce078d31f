"""The order operations of the API, and the events that each of them fires."""

import pytest


def an_order(**members):
    return {"Number": "N-1", "Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn", **members}


def without_nulls(document):
    if isinstance(document, dict):
        return {name: without_nulls(value) for name, value in document.items() if value is not None}
    return [without_nulls(one) for one in document] if isinstance(document, list) else document


def get(api, number="N-1"):
    answer = api.get(f"/api/Order/Number/{number}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def posted(api, told):
    """An order that is there already, its event read."""
    assert api.post("/api/Order", json=an_order(Id="ext-1")).status_code == 201
    told.news()
    return get(api)


@pytest.fixture
def routed(api, told, posted):
    """An order on a route, the events read."""
    assert api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-23"}).status_code == 201
    assert api.put("/api/Route/Code/R-1/Order/Number/N-1").status_code == 202
    told.news()
    return get(api)


# Adding


def test_a_new_order_is_there_under_its_number_and_is_told_in_full(api, told):
    made = api.post("/api/Order", json=an_order(Type=1, GoodsList=[{"GoodsName": "Cups", "Quantity": 2}]))
    assert (made.status_code, made.json()["Status"]) == (201, 201)
    assert made.headers["Location"] == "/Order/Number/N-1"
    order = get(api)
    assert (order["Number"], order["Type"], order["StatusId"], order["Weight"]) == ("N-1", 1, None, 0)
    assert (order["CreateSource"], order["TrackKey"]) == ("WebApi", order["TrackId"])
    [event] = told.news()
    assert (event.type, event.subject) == ("OrderCreated", f"order:{order['TrackId']}")
    assert event.data == without_nulls(order)
    assert list(event.data) == [name for name in order if name in event.data]


@pytest.mark.parametrize(
    ("names", "location"),
    [
        ({"Number": "N/1 ä", "Id": "7"}, "/Order/Number/N%2F1%20%C3%A4"),
        ({"Number": None, "Id": "7/8"}, "/Order/Id/7%2F8"),
    ],
)
def test_location_names_the_order_as_its_creator_would(api, names, location):
    made = api.post("/api/Order", json=an_order(**names))
    assert made.headers["Location"] == location
    assert api.get(f"/api{location}").status_code == 200


def test_an_order_without_number_and_id_is_found_by_its_track_id(api):
    made = api.post("/api/Order", json=an_order(Number=""))
    assert made.headers["Location"].startswith("/Order/TrackId/")
    assert api.get(f"/api{made.headers['Location']}").json()["Number"] is None


def test_callers_habits_are_understood(api):
    sent = {
        "number": " N-1 ",
        "CLIENT": 17,
        "address": "Kalasadama 4",
        "weight": "10.5",
        "Date": "",
        "PALLETS": "",
        "TimeSlotFrom": "09:00",
        "TimeSlotTo": "2026-11-23T12:30:00.000Z",
        "Priority": "High",
        "Unheard": {"of": 1},
    }
    made = api.post("/API/order", json=sent)
    assert made.status_code == 201, made.text
    order = get(api)
    assert (order["Client"], order["Weight"], order["Pallets"], order["Priority"]) == ("17", 10.5, 0, "high")
    assert order["Date"] == "2026-11-23T00:00:00"
    assert order["TimeSlotFrom"] == "2026-11-23T09:00:00"
    assert order["TimeSlotTo"] == "2026-11-23T14:30:00"  # Tallinn


def test_two_orders_may_have_one_number_and_the_newest_is_meant(api, told):
    for order_type in (0, 1):
        assert api.post("/api/Order", json=an_order(Id="x", Type=order_type)).status_code == 201
    assert get(api)["Type"] == 1
    assert told.types() == ["OrderCreated", "OrderCreated"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"Client": None}, "Client: "),
        ({"Address": " "}, "Address: "),
        ({"Weight": "much"}, "Weight: "),
        ({"Weight": 10**400}, "Weight: "),
        ({"Type": 2}, "Type: "),
        ({"Type": 10**30}, "Type: "),
        ({"Number": "x" * 51}, "Number: "),
        ({"Number": ["x"]}, "Number: "),
        ({"Note": "a\0b"}, "Note: "),
        ({"Date": "0001-01-01"}, "Date: "),
        ({"Date": "soon"}, "Date: "),
        ({"Date": 20261123}, "Date: "),
        ({"TimeSlotFrom": 9}, "TimeSlotFrom: "),
        ({"AddressLat": 91}, "AddressLat: "),
        ({"GoodsList": {}}, "GoodsList: "),
        ({"GoodsList": [{}, {"Quantity": "two"}]}, "GoodsList[1].Quantity: "),
        ({"CustomFields": [{"Id": "colour"}]}, "CustomFields[0].Id: "),
        ({"PickupOrder": []}, "PickupOrder: "),
        ({"Priority": "urgent"}, "Priority: "),
    ],
)
def test_what_cannot_be_is_refused_naming_the_member(api, told, change, line):
    answer = api.post("/api/Order", json=an_order(**change))
    assert answer.status_code == 400
    assert answer.json()["Detail"].startswith(line)
    assert told.news() == []


# The directory behind orders


def test_a_known_address_gives_its_coordinates(api):
    api.post("/api/Order", json=an_order(AddressId="A-1", AddressLat=59.4, AddressLon=24.7))
    api.post("/api/Order", json=an_order(Number="N-2", Address="  KALASADAMA 4,  tallinn"))
    api.post("/api/Order", json=an_order(Number="N-3", Address=None, AddressId="A-1"))
    assert (get(api, "N-2")["AddressLat"], get(api, "N-2")["AddressLon"]) == (59.4, 24.7)
    assert (get(api, "N-3")["AddressLat"], get(api, "N-3")["Address"]) == (59.4, "Kalasadama 4, Tallinn")


def test_a_known_address_keeps_its_coordinates_unless_told_to_take_new_ones(api):
    api.post("/api/Order", json=an_order(AddressLat=59.4, AddressLon=24.7))
    api.post("/api/Order", json=an_order(Number="N-2", AddressLat=1, AddressLon=2))
    assert get(api, "N-2")["AddressLat"] == 59.4
    api.post("/api/Order?UPDATEADDRESSGPS=true", json=an_order(Number="N-3", AddressLat=1, AddressLon=2))
    api.post("/api/Order", json=an_order(Number="N-4"))
    assert [get(api, number)["AddressLat"] for number in ("N-2", "N-3", "N-4")] == [59.4, 1, 1]


def test_a_known_client_id_stands_for_its_name(api):
    api.post("/api/Order", json=an_order(ClientId="C-1"))
    assert api.post("/api/Order", json=an_order(Number="N-2", Client=None, ClientId="C-1")).status_code == 201
    assert get(api, "N-2")["Client"] == "Blue Harbour Cafe"


def test_another_account_knows_no_address_of_ours(api, other_api):
    api.post("/api/Order", json=an_order(AddressId="A-1", AddressLat=59.4, AddressLon=24.7))
    assert other_api.post("/api/Order", json=an_order(Address=None, AddressId="A-1")).status_code == 400
    other_api.post("/api/Order", json=an_order(AddressId="A-1"))
    assert get(other_api)["AddressLat"] is None


# Bulk


def test_a_bulk_of_good_orders_makes_them_all(api, told):
    answer = api.post("/api/Order/Bulk", json=[an_order(Number=f"B-{at}") for at in range(500)])
    assert answer.status_code == 201
    assert answer.json()[7] == {"Number": "B-7", "Id": None, "Error": None}
    assert told.types() == ["OrderCreated"] * 500
    assert len(api.get("/api/Order/Date/2026-11-23").json()) == 500


def test_each_order_of_a_bulk_is_judged_by_itself(api, told):
    items = [an_order(), an_order(Number="N-2", Weight="x"), an_order(number="N-3", Client=None), 5, None]
    answer = api.post("/api/Order/Bulk", json=items)
    assert answer.status_code == 200
    first, second, third, fourth, fifth = answer.json()
    assert first == {"Number": "N-1", "Id": None, "Error": None}
    assert second["Number"] == "N-2"
    assert second["Error"].startswith("Weight: ")
    assert third["Error"].startswith("Client: ")
    assert fourth["Error"]
    assert fifth["Error"]
    assert told.types() == ["OrderCreated"]


@pytest.mark.parametrize("body", [{}, [], None, "x", {"Orders": [an_order()]}, [an_order()] * 501])
def test_a_bulk_that_is_no_list_of_1_to_500_is_refused(api, told, body):
    assert api.post("/api/order/bulk", json=body).status_code == 400
    assert told.news() == []


# Changing


def test_a_change_says_only_what_changes(api, told, posted):
    assert api.put("/api/Order", json={"Id": "ext-1", "Note": "Ring twice"}).status_code == 202
    [event] = told.news()
    assert (event.type, event.data["Note"], event.data["Client"]) == ("OrderUpdated", "Ring twice", posted["Client"])
    assert without_nulls(get(api)) == event.data


@pytest.mark.parametrize("change", [{}, {"Client": "Blue Harbour Cafe"}, {"Note": None}, {"Weight": "0"}, {"Date": ""}])
def test_a_change_that_changes_nothing_is_not_told(api, told, posted, change):
    assert api.put("/api/Order", json={"Number": "N-1", **change}).status_code == 202
    assert told.news() == []


def test_a_number_may_be_given_to_an_order_known_by_id_and_an_id_by_number(api, posted):
    api.put("/api/Order", json={"Id": "ext-1", "Number": "N-9"})
    assert get(api, "N-9")["TrackId"] == posted["TrackId"]
    api.post("/api/Order", json=an_order(Number="M-1"))
    api.put("/api/Order", json={"Id": "ext-2", "Number": "M-1"})
    assert get(api, "M-1")["Id"] == "ext-2"


def test_a_number_does_not_name_an_order_that_has_another_id(api, told, posted):
    assert api.put("/api/Order", json={"Id": "ext-2", "Number": "N-1", "Note": "x"}).status_code == 404
    assert told.news() == []


def test_of_two_orders_with_one_number_the_one_of_the_type_is_changed(api):
    for order_type in (0, 1):
        api.post("/api/Order", json=an_order(Type=order_type))
    api.put("/api/Order", json={"Number": "N-1", "Type": 0, "Note": "delivery"})
    assert [order["Note"] for order in api.get("/api/Order/Date/2026-11-23").json()] == ["delivery", None]


def test_a_change_of_nothing_known_is_not_found(api, told):
    assert api.put("/api/Order", json={"Number": "?"}).status_code == 404
    assert api.put("/api/Order", json={"Note": "?"}).status_code == 400


def test_another_address_does_not_keep_the_coordinates_of_the_old(api, told):
    api.post("/api/Order", json=an_order(AddressId="A-1", AddressLat=59.4, AddressLon=24.7))
    api.put("/api/Order", json={"Number": "N-1", "Address": "Narva mnt 1"})
    order = get(api)
    assert (order["Address"], order["AddressId"], order["AddressLat"]) == ("Narva mnt 1", None, None)


def test_the_address_of_an_order_on_a_route_stays(api, told, routed):
    assert api.put("/api/Order", json={"Number": "N-1", "Address": "Elsewhere 1"}).status_code == 202
    assert get(api)["Address"] == "Kalasadama 4, Tallinn"
    assert told.news() == []


def test_a_change_of_an_order_on_a_route_is_not_a_change_of_the_route(api, told, routed):
    api.put("/api/Order", json={"Number": "N-1", "Note": "x"})
    assert told.types() == ["OrderUpdated"]


def test_a_processed_order_is_changed_only_by_force(api, told, routed):
    api.put("/api/Order/Number/N-1/Complete")
    told.news()
    assert api.put("/api/Order", json={"Number": "N-1", "Note": "x"}).status_code == 405
    assert told.news() == []
    assert api.put("/api/Order?forceupdate=true", json={"Number": "N-1", "Note": "x"}).status_code == 202
    assert told.types() == ["OrderUpdated"]


# Finding


def test_an_order_is_found_under_all_its_names_in_any_letter_case_of_the_path(api, posted):
    track_id = posted["TrackId"]
    for path in ("/API/ORDER/NUMBER/N-1", "/api/order/id/ext-1", f"/api/Order/trackid/{track_id.upper()}"):
        assert api.get(path).json() == posted


@pytest.mark.parametrize("key", ["N%2F1", "N%2F1%20", "%20N%2F1"])
def test_a_key_may_hold_slashes_and_stand_between_blanks(api, key):
    api.post("/api/Order", json=an_order(Number="N/1"))
    assert api.get(f"/api/Order/Number/{key}").json()["Number"] == "N/1"
    assert api.delete(f"/api/Order/Number/{key}").status_code == 200


@pytest.mark.parametrize(
    "path", ["Number/?", "Number/%00", "Id/N-1", "TrackId/N-1", "TrackId/7c9e6679-7425-40de-944b-e07fc1f90ae7"]
)
def test_what_is_not_there_is_not_found(api, posted, path):
    assert api.get(f"/api/Order/{path}").status_code == 404


@pytest.mark.parametrize("date", ["2026-11-23", "2026-11-23T00%3A00%3A00", "2026-11-23T10:00:00"])
def test_orders_are_listed_by_date(api, posted, date):
    api.post("/api/Order", json=an_order(Number="N-2", Date="2026-11-24"))
    assert [order["Number"] for order in api.get(f"/api/Order/Date/{date}").json()] == ["N-1"]


def test_a_day_without_orders_is_an_empty_list_and_a_wrong_one_refused(api):
    assert api.get("/api/Order/Date/2031-01-01").json() == []
    for date in ("soon", "2026-13-01", "0000-00-00", "99999-01-01"):
        assert api.get(f"/api/Order/Date/{date}").status_code == 400


def test_nobody_sees_or_changes_the_orders_of_another_account(api, other_api, told, posted):
    track_id = posted["TrackId"]
    for path in ("Number/N-1", "Id/ext-1", f"TrackId/{track_id}"):
        assert other_api.get(f"/api/Order/{path}").status_code == 404
        assert other_api.put(f"/api/Order/{path}/Complete").status_code == 404
        assert other_api.put(f"/api/Order/{path}/Reject").status_code == 404
    assert other_api.put("/api/Order", json={"Number": "N-1", "Note": "x"}).status_code == 404
    assert other_api.delete("/api/Order/Number/N-1").status_code == 404
    assert other_api.get("/api/Order/Date/2026-11-23").json() == []
    assert told.news() == []


# Deleting


def test_a_deleted_order_leaves_a_tombstone(api, told, posted):
    assert api.delete("/api/Order/Id/ext-1").status_code == 200
    [event] = told.news()
    assert (event.type, event.subject) == ("OrderDeleted", f"order:{posted['TrackId']}")
    assert event.data["DeletedBy"] == "tests"
    assert event.data["DeletedDate"] == "2026-11-23T12:00:00"
    for answer in (api.get("/api/Order/Number/N-1"), api.put("/api/Order", json={"Id": "ext-1", "Note": "x"})):
        assert answer.status_code == 410
        assert answer.json()["Status"] == 410
        assert without_nulls(answer.json()["Order"]) == event.data
    assert api.get(f"/api/Order/TrackId/{posted['TrackId']}").status_code == 404
    assert api.delete("/api/Order/Number/N-1").status_code == 404
    assert told.news() == []


def test_a_new_order_wins_over_the_tombstone_of_an_old_one(api, posted):
    api.post("/api/Order", json=an_order(Note="new"))
    api.delete("/api/Order/Id/ext-1")
    assert get(api)["Note"] == "new"


def test_deleting_an_order_on_a_route_changes_the_route(api, told, routed):
    assert api.delete("/api/Order/Number/N-1").status_code == 200
    deleted, route = told.news()
    assert (deleted.type, route.type) == ("OrderDeleted", "RouteUpdated")
    assert route.data["Orders"] == []


def test_an_order_with_an_outcome_is_not_deleted(api, told, routed):
    api.put("/api/Order/Number/N-1/Reject")
    told.news()
    assert api.delete("/api/Order/Number/N-1").status_code == 400
    assert told.news() == []


# What came of it


@pytest.mark.parametrize("way", ["Number/N-1", "id/ext-1", "TrackId/{}"])
def test_an_order_on_a_route_is_completed(api, told, routed, way):
    path = f"/api/Order/{way.format(routed['TrackId'])}/Complete"
    answer = api.put(path, json={"StatusDate": "2026-11-23T15:31:00", "SignatureName": "Front desk", "CODActual": 5})
    assert answer.status_code == 200, answer.text
    [event] = told.news()
    assert event.type == "OrderStatusUpdated"
    assert (event.data["StatusId"], event.data["Status"], event.data["CODActual"]) == (3, "Delivered", "5")
    assert (event.data["StatusDate"], event.data["SignatureName"]) == ("2026-11-23T15:31:00", "Front desk")
    assert without_nulls(get(api)) == event.data


@pytest.mark.parametrize("what", ["Complete", "Reject"])
@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/json"}])
def test_an_outcome_needs_no_body(api, told, routed, what, headers):
    assert api.put(f"/api/Order/Number/N-1/{what}", headers=headers).status_code == 200
    assert told.types() == ["OrderStatusUpdated"]


@pytest.mark.parametrize("what", ["Complete", "Reject"])
def test_an_order_on_no_route_has_no_outcome(api, told, posted, what):
    assert api.put(f"/api/Order/Number/N-1/{what}").status_code == 400
    assert told.news() == []


def test_an_outcome_is_said_once(api, told, routed):
    api.put("/api/Order/Number/N-1/Complete")
    told.news()
    for what in ("Complete", "Reject"):
        assert api.put(f"/api/Order/Number/N-1/{what}").status_code == 400
    assert told.news() == []
