"""`AddOrder` adds one order and `AddOrderBulk` many, and the directory adds what it knows to each."""

import pytest

from support.documents import an_order, get_order, without_nulls
from support.operations import each


@each("AddOrder")
def test_a_new_order_is_unscheduled_has_a_location_and_is_told_in_full(api, told, operation):
    made = operation(api, json=an_order(Type=1, GoodsList=[{"GoodsName": "Cups", "Quantity": 2}]))
    assert (made.status_code, made.json()["Status"]) == (201, 201)
    assert made.headers["Location"] == "/Order/Number/N-1"
    order = get_order(api)
    assert (order["Number"], order["Type"], order["StatusId"], order["Weight"]) == ("N-1", 1, None, 0)
    assert (order["RouteNumber"], order["SeqNumber"], order["Status"]) == (None, None, None)
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
    made = api.post("/api/Order", json=an_order(""))
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
    order = get_order(api)
    assert (order["Client"], order["Weight"], order["Pallets"], order["Priority"]) == ("17", 10.5, 0, "high")
    assert order["Date"] == "2026-11-23T00:00:00"
    assert order["TimeSlotFrom"] == "2026-11-23T09:00:00"
    assert order["TimeSlotTo"] == "2026-11-23T14:30:00"  # Tallinn


@each("AddOrder", "AddOrderBulk")
def test_a_number_and_an_id_may_be_given_to_several_orders(api, told, operation):
    for order_type in (0, 1):
        order = an_order(Id="x", Type=order_type)
        assert operation(api, json=order if operation.id == "AddOrder" else [order]).status_code == 201
    assert get_order(api)["Type"] == api.get("/api/Order/Id/x").json()["Type"] == 1
    assert told.types() == ["OrderCreated", "OrderCreated"]


@each("AddOrder")
def test_a_new_order_that_cannot_be_is_refused_naming_the_member(api, told, operation):
    for change, line in (
        ({"Client": None}, "Client: "),
        ({"Address": " "}, "Address: "),
        ({"Weight": "much"}, "Weight: "),
        ({"Weight": 10**400}, "Weight: "),
        ({"Type": 2}, "Type: "),
        ({"Type": 10**30}, "Type: "),
        ({"Number": "x" * 51}, "Number: "),
        ({"Number": ["x"]}, "Number: "),
        ({"Note": "a\0b"}, "Note: "),
        ({"Date": "0001-01-02"}, "Date: "),
        ({"Date": "soon"}, "Date: "),
        ({"Date": 20261123}, "Date: "),
        ({"TimeSlotFrom": 9}, "TimeSlotFrom: "),
        ({"AddressLat": 91}, "AddressLat: "),
        ({"GoodsList": {}}, "GoodsList: "),
        ({"GoodsList": [{}, {"Quantity": "two"}]}, "GoodsList[1].Quantity: "),
        ({"CustomFields": [{"Id": "colour"}]}, "CustomFields[0].Id: "),
        ({"PickupOrder": []}, "PickupOrder: "),
        ({"Priority": "urgent"}, "Priority: "),
    ):
        answer = operation(api, json=an_order(**change))
        assert answer.status_code == 400, change
        assert answer.json()["Detail"].startswith(line)
        assert told.news() == []


def test_a_known_address_gives_its_coordinates(api):
    api.post("/api/Order", json=an_order(AddressId="A-1", AddressLat=59.4, AddressLon=24.7))
    api.post("/api/Order", json=an_order("N-2", Address="  KALASADAMA 4,  tallinn"))
    api.post("/api/Order", json=an_order("N-3", Address=None, AddressId="A-1"))
    assert (get_order(api, "N-2")["AddressLat"], get_order(api, "N-2")["AddressLon"]) == (59.4, 24.7)
    assert (get_order(api, "N-3")["AddressLat"], get_order(api, "N-3")["Address"]) == (59.4, "Kalasadama 4, Tallinn")


@each("AddOrder", "AddOrderBulk")
def test_a_known_address_keeps_its_coordinates_unless_told_to_take_new_ones(api, operation):
    def post(number, *where, **flags):
        order = an_order(number, **dict(zip(("AddressLat", "AddressLon"), where, strict=False)))
        assert operation(api, json=order if operation.id == "AddOrder" else [order], **flags).status_code == 201
        return get_order(api, number)["AddressLat"]

    assert post("N-1", 59.4, 24.7) == 59.4
    assert post("N-2", 1, 2) == 59.4
    assert post("N-3", 1, 2, UPDATEADDRESSGPS="true") == 1
    assert post("N-4") == 1


@each("AddOrder", "AddOrderBulk")
@pytest.mark.parametrize(("flags", "stored"), [({}, 2), ({"updateGoodsPrice": "true"}, 5)])
def test_known_goods_keep_their_price_unless_told_to_take_the_new_one(api, operation, flags, stored):
    api.post("/api/Goods", json={"GoodsId": "G-1", "GoodsName": "Cups", "GoodsUnit": "pcs", "Cost": 2})
    order = an_order(GoodsList=[{"GoodsId": "G-1", "Cost": 5}])
    operation(api, json=order if operation.id == "AddOrder" else [order], **flags)
    assert [goods["Cost"] for goods in api.get("/api/Goods").json()] == [stored]
    [line] = get_order(api)["GoodsList"]
    assert (line["Cost"], line["GoodsName"], line["GoodsUnit"]) == (5, "Cups", "pcs")
    api.post("/api/Order", json=an_order("N-2", GoodsList=[{"GoodsId": "G-1", "Cost": ""}]))
    assert get_order(api, "N-2")["GoodsList"][0]["Cost"] == stored


def test_a_known_client_id_stands_for_its_name(api):
    api.post("/api/Order", json=an_order(ClientId="C-1"))
    assert api.post("/api/Order", json=an_order("N-2", Client=None, ClientId="C-1")).status_code == 201
    assert get_order(api, "N-2")["Client"] == "Blue Harbour Cafe"


def test_another_account_knows_no_address_of_ours(api, other_api):
    api.post("/api/Order", json=an_order(AddressId="A-1", AddressLat=59.4, AddressLon=24.7))
    assert other_api.post("/api/Order", json=an_order(Address=None, AddressId="A-1")).status_code == 400
    other_api.post("/api/Order", json=an_order(AddressId="A-1"))
    assert get_order(other_api)["AddressLat"] is None


@each("AddOrderBulk")
def test_a_bulk_of_500_good_orders_makes_them_all(api, told, operation):
    answer = operation(api, json=[an_order(f"B-{at}") for at in range(500)])
    assert answer.status_code == 201
    assert answer.json()[7] == {"Number": "B-7", "Id": None, "Error": None}
    assert told.types() == ["OrderCreated"] * 500
    assert len(api.get("/api/Order/Date/2026-11-23").json()) == 500


@each("AddOrderBulk")
def test_each_order_of_a_bulk_is_judged_by_itself(api, told, operation):
    items = [an_order(), an_order("N-2", Weight="x"), an_order(number="N-3", Client=None), 5, None]
    answer = operation(api, json=items)
    assert answer.status_code == 200
    first, second, third, fourth, fifth = answer.json()
    assert first == {"Number": "N-1", "Id": None, "Error": None}
    assert second["Number"] == "N-2"
    assert second["Error"].startswith("Weight: ")
    assert third["Error"].startswith("Client: ")
    assert fourth["Error"]
    assert fifth["Error"]
    assert told.types() == ["OrderCreated"]


@each("AddOrderBulk")
def test_a_bulk_that_is_no_list_of_1_to_500_is_refused(api, told, operation):
    for body in ({}, [], None, 7, "x", {"Orders": [an_order()]}, [an_order()] * 501):
        assert operation(api, json=body).status_code == 400, body
        assert told.news() == []
