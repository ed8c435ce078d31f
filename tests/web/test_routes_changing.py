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
        assert other_api.delete(f"/api/Route/{way}").status_code == 404
        assert other_api.put(f"/api/Route/Start/{way}").status_code == 404
    assert other_api.post("/api/Route", json={"Code": "R-1", "Date": "2026-11-23"}).status_code == 201
    assert other_api.put("/api/Route/Code/R-1/Order/Number/A").status_code == 404
    assert told.types() == ["RouteCreated"]
