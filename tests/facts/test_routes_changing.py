"""Changing and deleting routes, what becomes of their orders, and the events that tell it."""

import pytest

from support.documents import a_route, a_stop, get_route, post_route, stops, without_nulls


def test_a_changed_header_is_told_once_and_not_for_the_orders(api, told, posted_route):
    assert (
        api.put("/api/Route/Id/ext-r", json={"DriverVehicle": "123 ABC", "StartTimePlan": "08:00"}).status_code == 202
    )
    [event] = told.news()
    assert (event.type, event.data["DriverVehicle"]) == ("RouteUpdated", "123 ABC")
    assert event.data["StartTimePlan"] == "2026-11-23T08:00:00"
    assert event.data == without_nulls(get_route(api))
    assert event.data["Orders"][0]["DriverVehicle"] == "123 ABC"


@pytest.mark.parametrize(
    "body", [{}, {"Orders": None}, a_route("A", "B"), {"Orders": [{"Number": "A"}, {"Number": "B"}]}]
)
def test_a_change_that_changes_nothing_is_not_told(api, told, posted_route, body):
    assert api.put("/api/Route/Code/R-1", json=body).status_code == 202
    assert told.news() == []
    assert get_route(api) == posted_route


def test_orders_that_are_sent_become_the_orders_of_the_route(api, told, posted_route):
    body = {"Orders": [a_stop("C"), a_stop("B", Note="x")]}
    assert api.put("/api/Route/Code/R-1", json=body).status_code == 202
    assert stops(api) == [("C", 1), ("B", 2)]
    news = [(event.type, event.data.get("Number")) for event in told.news()]
    assert news == [("RouteUpdated", None), ("OrderCreated", "C"), ("OrderUpdated", "B"), ("OrderUpdated", "A")]
    left = api.get("/api/Order/Number/A").json()
    assert (left["RouteNumber"], left["SeqNumber"]) == (None, None)


def test_another_sequence_is_a_change_of_the_route_and_of_the_moved_orders(api, told, posted_route):
    api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "B"}, {"Number": "A"}]})
    assert stops(api) == [("B", 1), ("A", 2)]
    assert sorted(told.types()) == ["OrderUpdated", "OrderUpdated", "RouteUpdated"]


def test_a_change_of_an_order_by_its_route_is_no_change_of_the_route(api, told, posted_route):
    api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "A"}, {"Number": "B", "Note": "x"}]})
    assert told.types() == ["OrderUpdated"]


def test_an_order_with_an_outcome_stays_on_its_route(api, told, posted_route):
    api.put("/api/Order/Number/A/Complete")
    told.news()
    api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "B"}]})
    assert stops(api) == [("A", 1), ("B", 2)]
    assert told.news() == []


def test_a_code_and_date_that_another_route_has_is_refused(api, told, posted_route):
    post_route(api, {"Code": "R-2", "Date": "2026-11-23"})
    told.news()
    assert api.put("/api/Route/Code/R-2", json={"Code": "R-1"}).status_code == 400
    assert told.news() == []


@pytest.mark.parametrize("way", ["Code/X", "Id/R-1"])
def test_a_route_that_is_not_there_is_not_found(api, told, posted_route, way):
    assert api.get(f"/api/Route/{way}").status_code == 404
    assert api.put(f"/api/Route/{way}", json={}).status_code == 404
    assert api.patch(f"/api/Route/{way}/CustomFields", json=[]).status_code == 404
    assert api.delete(f"/api/Route/{way}").status_code == 404
    assert told.news() == []


def test_orders_of_a_changed_route_share_stops_unless_told_not_to(api, posted_route):
    body = {"Orders": [a_stop("C"), a_stop("D", Address="c street")]}
    api.put("/api/Route/Code/R-1", json=body)
    assert stops(api) == [("C", 1), ("D", 1)]
    api.put("/api/Route/Code/R-1?mergeAddresses=false", json=body)
    assert stops(api) == [("C", 1), ("D", 2)]


# Custom fields

FIELDS = [{"Id": "cf_1", "Value": "a"}, {"Id": "cf_2", "Value": "b"}]


def custom_fields(api):
    return [(field["Id"], field["Value"]) for field in get_route(api)["CustomFields"]]


@pytest.mark.parametrize("way", ["Code/R-1", "Id/ext-r"])
@pytest.mark.parametrize("content_type", ["application/json", "application/json-patch+json"])
def test_the_custom_fields_that_are_sent_change_and_the_others_stay(api, told, way, content_type):
    post_route(api, a_route(CustomFields=FIELDS))
    told.news()
    body = '[{"Id": "cf_2", "Value": 7}, {"id": "cf_3", "value": "c"}]'
    answer = api.patch(f"/api/Route/{way}/CustomFields", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 202, answer.text
    assert custom_fields(api) == [("cf_1", "a"), ("cf_2", "7"), ("cf_3", "c")]
    [event] = told.news()
    assert (event.type, event.data) == ("RouteUpdated", without_nulls(get_route(api)))


@pytest.mark.parametrize("body", [[], FIELDS[:1]])
def test_custom_fields_that_do_not_change_are_not_told(api, told, body):
    post_route(api, a_route(CustomFields=FIELDS))
    told.news()
    assert api.patch("/api/Route/Code/R-1/CustomFields", json=body).status_code == 202
    assert told.news() == []


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ([{"Id": "cf_1"}, {"Value": "x"}], "[1].Id: "),
        ([{"Id": "colour", "Value": "x"}], "[0].Id: "),
        ([{"Id": "cf_1", "Value": {}}], "[0].Value: "),
        ([5], "[0]"),
        ({"Id": "cf_1", "Value": "x"}, "body: "),
        (None, "body: "),
    ],
)
def test_custom_fields_that_cannot_be_are_refused_naming_the_member(api, told, posted_route, body, line):
    answer = api.patch("/api/Route/Code/R-1/CustomFields", json=body)
    assert (answer.status_code, answer.json()["Detail"][: len(line)]) == (400, line)
    assert told.news() == []


# Deleting


def test_a_deleted_route_takes_its_orders_along(api, told, posted_route):
    assert api.delete("/api/Route/Code/R-1").status_code == 200
    assert sorted(told.types()) == ["OrderDeleted", "OrderDeleted", "RouteDeleted"]
    assert api.get("/api/Route/Code/R-1").status_code == 404
    assert api.get("/api/Order/Number/A").status_code == 410


def test_a_deleted_route_may_leave_its_orders(api, told, posted_route):
    assert api.delete("/api/Route/Id/ext-r?deleteOrders=false").status_code == 200
    route, *orders = told.news()
    assert (route.type, route.data) == (
        "RouteDeleted",
        {"Code": "R-1", "Date": "2026-11-23T00:00:00", "Id": "ext-r"},
    )
    assert [event.type for event in orders] == ["OrderUpdated", "OrderUpdated"]
    assert api.get("/api/Order/Number/A").json()["RouteNumber"] is None


def test_a_deleted_route_that_had_started_leaves_no_order_in_progress(api, told, posted_route):
    api.put("/api/Route/Start/Code/R-1")
    told.news()
    api.delete("/api/Route/Code/R-1?deleteOrders=false")
    assert sorted(told.types()) == ["OrderStatusUpdated"] * 2 + ["OrderUpdated"] * 2 + ["RouteDeleted"]
    assert api.get("/api/Order/Number/A").json()["StatusId"] is None


def test_a_route_with_an_outcome_is_not_deleted(api, told, posted_route):
    api.put("/api/Order/Number/A/Complete")
    told.news()
    assert api.delete("/api/Route/Code/R-1").status_code == 400
    assert told.news() == []


def test_the_code_of_a_deleted_route_is_free_again(api, posted_route):
    api.delete("/api/Route/Code/R-1")
    assert post_route(api, a_route("A")).status_code == 201


def test_nobody_sees_or_changes_the_routes_of_another_account(api, other_api, told, posted_route):
    assert other_api.get("/api/Route/Date/2026-11-23").json() == []
    for way in ("Code/R-1", "Id/ext-r"):
        assert other_api.get(f"/api/Route/{way}").status_code == 404
        assert other_api.put(f"/api/Route/{way}", json={"DriverVehicle": "x"}).status_code == 404
        assert other_api.patch(f"/api/Route/{way}/CustomFields", json=FIELDS).status_code == 404
        assert other_api.delete(f"/api/Route/{way}").status_code == 404
        assert other_api.put(f"/api/Route/Start/{way}").status_code == 404
    assert other_api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-23"}).status_code == 201
    assert other_api.put("/api/Route/Code/R-1/Order/Number/A").status_code == 404
    assert told.types() == ["RouteCreated"]
