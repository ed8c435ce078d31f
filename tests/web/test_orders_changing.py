"""Changing and deleting orders, and the events that tell it."""

import pytest

from support.documents import an_order, get_order, without_nulls


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
