"""Operation 1: what is known of addresses before an order mentions them."""

from sqlalchemy import select

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
        "TimeSlotFrom": "09:00",
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
