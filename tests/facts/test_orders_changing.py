"""Changing and deleting orders, and the events that tell it."""

from datetime import timedelta
from uuid import UUID

import pytest

from support.documents import a_route, an_order, get_order, post_route, without_nulls


def test_a_change_says_only_what_changes(api, told, posted):
    assert api.put("/api/Order", json={"Id": "ext-1", "Note": "Ring twice"}).status_code == 202
    [event] = told.news()
    assert (event.type, event.data["Note"], event.data["Client"]) == ("OrderUpdated", "Ring twice", posted["Client"])
    assert without_nulls(get_order(api)) == event.data


@pytest.mark.parametrize("change", [{}, {"Client": "Blue Harbour Cafe"}, {"Note": None}, {"Weight": "0"}, {"Date": ""}])
def test_a_change_that_changes_nothing_is_not_told(api, told, posted, change):
    assert api.put("/api/Order", json={"Number": "N-1", **change}).status_code == 202
    assert told.news() == []


def test_a_number_may_be_given_to_an_order_known_by_id_and_an_id_by_number(api, posted):
    api.put("/api/Order", json={"Id": "ext-1", "Number": "N-9"})
    assert get_order(api, "N-9")["TrackId"] == posted["TrackId"]
    api.post("/api/Order", json=an_order("M-1"))
    api.put("/api/Order", json={"Id": "ext-2", "Number": "M-1"})
    assert get_order(api, "M-1")["Id"] == "ext-2"


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
    order = get_order(api)
    assert (order["Address"], order["AddressId"], order["AddressLat"]) == ("Narva mnt 1", None, None)


def test_the_address_of_an_order_on_a_route_stays(api, told, routed):
    assert api.put("/api/Order", json={"Number": "N-1", "Address": "Elsewhere 1"}).status_code == 202
    assert get_order(api)["Address"] == "Kalasadama 4, Tallinn"
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


@pytest.mark.parametrize("members", [{}, {"GoodsList": None, "CustomFields": None, "PickupOrder": None, "Note": ""}])
def test_lists_that_are_not_sent_stay(api, told, members):
    lists = {"GoodsList": [{"GoodsName": "Cups"}], "CustomFields": [{"Id": "cf_1", "Value": "a"}]}
    api.post("/api/Order", json=an_order(**lists, PickupOrder={"Client": "Mill"}, Note="n"))
    before = get_order(api)
    told.news()
    assert api.put("/api/Order", json={"Number": "N-1", **members}).status_code == 202
    assert (get_order(api), told.news()) == (before, [])


def test_lists_that_are_sent_replace_what_was_there(api):
    lists = {"GoodsList": [{"GoodsName": "Cups"}], "CustomFields": [{"Id": "cf_1", "Value": "a"}]}
    api.post("/api/Order", json=an_order(**lists))
    api.put("/api/Order", json={"Number": "N-1", "GoodsList": [], "CustomFields": [{"Id": "cf_2", "Value": "b"}]})
    order = get_order(api)
    assert order["GoodsList"] == []
    assert order["CustomFields"] == [{"Id": "cf_2", "Label": None, "Value": "b"}]


def test_an_order_on_a_route_takes_new_coordinates_only_when_told_to(api, routed):
    there = {"Number": "N-1", "AddressLat": 59.4, "AddressLon": 24.7}
    api.put("/api/Order", json=there)
    assert get_order(api)["AddressLat"] is None
    api.put("/api/Order?updateAddressGps=true", json=there)
    assert get_order(api)["AddressLat"] == 59.4


# By TrackId


def test_an_order_is_changed_by_its_track_id_its_number_and_id_too(api, told, posted):
    path = f"/api/Order/TrackId/{posted['TrackId'].upper()}"
    assert api.put(path, json={"Number": "N-9", "Id": "ext-9", "Note": "x"}).status_code == 202
    [event] = told.news()
    assert (event.type, event.data["TrackId"]) == ("OrderUpdated", posted["TrackId"])
    changed = get_order(api, "N-9")
    assert (changed["Id"], changed["Note"], changed["Client"]) == ("ext-9", "x", posted["Client"])


def test_a_processed_order_is_not_changed_by_its_track_id(api, told, routed):
    api.put("/api/Order/Number/N-1/Complete")
    told.news()
    path = f"/api/Order/TrackId/{routed['TrackId']}?forceUpdate=true"
    assert api.put(path, json={"Note": "x"}).status_code == 405
    assert told.news() == []


def test_what_is_unknown_deleted_or_anothers_is_not_changed_by_its_track_id(api, other_api, told, posted):
    path = f"/api/Order/TrackId/{posted['TrackId']}"
    assert other_api.put(path, json={"Note": "x"}).status_code == 404
    api.delete("/api/Order/Number/N-1")
    told.news()
    assert api.put(path, json={"Note": "x"}).status_code == 404
    assert api.put("/api/Order/TrackId/N-1", json={"Note": "x"}).status_code == 404
    assert told.news() == []


# The leg that collects


def test_a_pickup_leg_has_a_track_id_of_its_own_and_times_like_its_order(api, clock):
    leg = {"Client": "Mill", "TimeSlotFrom": "07:30", "TimeSlotTo": "2026-11-24T08:00:00Z"}
    api.post("/api/Order", json=an_order(Date="2026-11-24", PickupOrder=leg))
    order = get_order(api)
    leg = order["PickupOrder"]
    assert (leg["TimeSlotFrom"], leg["TimeSlotTo"]) == ("2026-11-24T07:30:00", "2026-11-24T10:00:00")
    assert str(UUID(leg["TrackId"])) == leg["TrackId"] == leg["TrackKey"] != order["TrackId"]
    assert (leg["Type"], leg["ChangeDate"], leg["RouteDate"]) == (1, "2026-11-23T14:00:00", None)
    post_route(api, a_route())
    api.put("/api/Route/Code/R-1/Order/Number/N-1")
    assert get_order(api)["PickupOrder"]["RouteDate"] == "2026-11-23T00:00:00"


def test_a_pickup_leg_is_changed_in_parts_and_stays_the_same_leg(api, told, clock):
    leg = {"Client": "Mill", "Address": "Quay 1", "CustomFields": [{"Id": "cf_1", "Value": "a"}]}
    api.post("/api/Order", json=an_order(PickupOrder=leg))
    before = get_order(api)["PickupOrder"]
    told.news()
    clock.move_to(clock.now() + timedelta(hours=1))
    api.put("/api/Order", json={"Number": "N-1", "PickupOrder": {"Address": "Quay 2"}})
    assert get_order(api)["PickupOrder"] == before | {"Address": "Quay 2", "ChangeDate": "2026-11-23T15:00:00"}
    assert told.types() == ["OrderUpdated"]


def test_an_order_gets_its_pickup_leg_later(api, posted):
    api.put("/api/Order", json={"Number": "N-1", "PickupOrder": {"Client": "Mill"}})
    assert UUID(get_order(api)["PickupOrder"]["TrackId"])


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
    assert get_order(api)["Note"] == "new"


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
