"""The operation `AddAddress` tells what is known of an address before an order mentions it."""

import pytest
from sqlalchemy import select

from support.documents import a_route, get_order, post_route
from support.operations import each
from waybell.directory.tables import addresses


@each("AddAddress")
def test_an_address_is_added_or_changed_by_its_id_and_without_one_by_its_text(api, other_api, told, operation):
    def post(client=api, **members):
        answer = operation(client, json=members)
        assert answer.json()["Status"] == answer.status_code
        return answer.status_code

    assert post(Id="A-1", FullAddress="Dock 1", Lat=1, Lon=2) == 201
    assert post(Id="A-1", FullAddress="Dock 2", Zone="Z") == 202
    assert post(FullAddress="  DOCK  2", Lat=3, Lon=4) == 202
    assert post(FullAddress="Dock 3") == 201
    assert post(Id="A-3", FullAddress="Dock 3") == 201
    assert post(other_api, Id="A-1", FullAddress="Dock 1") == 201
    assert told.news() == []
    api.post("/api/Order", json={"Number": "N-1", "Client": "C", "AddressId": "A-1"})
    order = api.get("/api/Order/Number/N-1").json()
    assert (order["AddressLat"], order["AddressLon"], order["AddressZone"]) == (3, 4, "Z")


@each("AddAddress")
def test_all_members_of_an_address_are_kept(api, db, operation):
    first = {"Id": "A-1", "FullAddress": "Dock 1", "Name": "n", "Street": "s", "City": "c", "State": "t"}
    operation(api, json=first)
    operation(api, json={"Id": "A-1", "FullAddress": "Dock 1", "PostalCode": 10111, "TimeSlotFrom": "09:00"})
    with db.reading() as tx:
        kept = tx.execute(select(addresses.c.document)).scalar_one()
    assert kept == {
        "Name": "n",
        "Street": "s",
        "City": "c",
        "State": "t",
        "PostalCode": "10111",
        "TimeSlotFrom": "09:00:00",
    }


@each("AddAddress")
def test_what_cannot_be_an_address_is_refused_naming_the_member(api, operation):
    for change, line in (
        ({"FullAddress": " "}, "FullAddress: "),
        ({"FullAddress": None}, "FullAddress: "),
        ({"FullAddress": "x" * 256}, "FullAddress: "),
        ({"Id": "x" * 51}, "Id: "),
        ({"Street": "x" * 96}, "Street: "),
        ({"City": "x" * 46}, "City: "),
        ({"State": "x" * 96}, "State: "),
        ({"PostalCode": "x" * 16}, "PostalCode: "),
        ({"Zone": "x" * 101}, "Zone: "),
        ({"Lat": 91}, "Lat: "),
        ({"Lon": "x"}, "Lon: "),
        ({"TimeSlotTo": "soon"}, "TimeSlotTo: "),
    ):
        answer = operation(api, json={"FullAddress": "Dock 1", **change})
        assert answer.status_code == 400, change
        assert answer.json()["Detail"].startswith(line)


SLOT = {"TimeSlotFrom": "2019-02-01T09:00:00", "TimeSlotTo": "18:30"}
NONE, NIGHT = (None, None), ("2026-11-24T23:30:00", "2026-11-25T00:30:00")
DAY = ("2026-11-24T09:00:00", "2026-11-24T18:30:00")


def slot_of(document):
    return document["TimeSlotFrom"], document["TimeSlotTo"]


def an_order(**members):
    return {"Number": "N-1", "Date": "2026-11-24", "Client": "C", "Address": "dock  1", **members}


@each("AddAddress")
@pytest.mark.parametrize(
    ("of_address", "of_order", "due"),
    [
        (SLOT, {}, DAY),
        (SLOT, {"AddressId": "A-1", "Address": None}, DAY),
        (SLOT, {"AddressId": "new"}, DAY),
        (SLOT, {"TimeSlotTo": "12:00"}, (None, "2026-11-24T12:00:00")),
        (SLOT, {"Address": "Elsewhere"}, NONE),
        ({"TimeSlotFrom": "23:30", "TimeSlotTo": "00:30"}, {}, NIGHT),
        ({"TimeSlotFrom": "2026-01-01T21:30:00Z"}, {}, ("2026-11-24T23:30:00", None)),
        ({}, {}, NONE),
    ],
)
def test_new_orders_at_an_address_that_name_no_time_slot_have_that_of_the_address(
    api, told, operation, of_address, of_order, due
):
    """Choice 52."""
    api.post("/api/Order", json=an_order(Number="before"))
    operation(api, json={"Id": "A-1", "FullAddress": "Dock 1", **of_address})
    told.news()
    leg = {name: value for name, value in an_order(**of_order).items() if name not in ("Number", "Date")}
    assert api.post("/api/Order", json=an_order(**of_order)).status_code == 201
    assert api.post("/api/Order/Bulk", json=[an_order(Number="bulk", **of_order)]).status_code == 201
    post_route(api, a_route(Date="2026-11-24") | {"Orders": [{**an_order(Number="routed", **of_order), "Date": None}]})
    assert api.put("/api/Route/Code/R-1/Order", json=an_order(Number="put", **of_order)).status_code == 202
    picked = {"Client": "C", "Address": "Elsewhere", "Date": "2026-11-24", "PickupOrder": leg}
    assert api.post("/api/Order", json={"Number": "leg", **picked}).status_code == 201
    numbers = ("N-1", "bulk", "routed", "put")
    assert {number: slot_of(get_order(api, number)) for number in numbers} == dict.fromkeys(numbers, due)
    assert slot_of(get_order(api, "leg")["PickupOrder"]) == due
    assert slot_of(get_order(api, "before")) == slot_of(get_order(api, "leg")) == NONE
    assert [
        slot_of({**dict.fromkeys(SLOT), **event.data}) for event in told.news() if event.data.get("Number") == "N-1"
    ] == [due]


@each("AddAddress")
def test_orders_that_are_there_keep_their_time_slot_and_get_one_only_with_another_address(api, told, operation):
    """Choice 52."""
    api.post("/api/Order", json=an_order())
    api.post("/api/Order", json=an_order(Number="N-2", Address="Elsewhere", AddressLat=1, AddressLon=2))
    operation(api, json={"Id": "A-1", "FullAddress": "Dock 1", **SLOT})
    told.news()
    for change in ({"Note": "n"}, {"AddressZone": "z"}, {"AddressLat": 1, "AddressLon": 2}, {"Address": "DOCK 1"}):
        assert api.put("/api/Order?updateAddressGps=true", json={"Number": "N-1", **change}).status_code == 202
        assert slot_of(get_order(api)) == NONE, change
    assert api.put("/api/Order", json={"Number": "N-2", "AddressId": "A-1"}).status_code == 202
    assert slot_of(get_order(api, "N-2")) == DAY
    operation(api, json={"Id": "A-1", "FullAddress": "Dock 1", "TimeSlotTo": "20:00"})
    assert slot_of(get_order(api, "N-2")) == DAY
    refused = operation(api, json={"FullAddress": "D", "TimeSlotFrom": "2026-11-24", "TimeSlotTo": "2026-11-23"})
    assert (refused.status_code, refused.json()["Detail"][:11]) == (400, "TimeSlotTo:")
