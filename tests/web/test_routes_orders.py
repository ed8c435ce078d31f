"""Putting orders on routes: new ones and such as are there, and the events that tell it."""

import pytest

from support.documents import a_stop, post_route, stops


@pytest.fixture
def loose(api, told, posted_route):
    """An unscheduled order beside the route."""
    api.post("/api/Order", json=a_stop("C"))
    told.news()


def test_an_order_is_put_at_the_end_of_a_route(api, told, loose):
    assert api.put("/api/route/code/R-1/order/number/C").status_code == 202
    assert stops(api) == [("A", 1), ("B", 2), ("C", 3)]
    route, order = told.news()
    assert (route.type, len(route.data["Orders"])) == ("RouteUpdated", 3)
    assert (order.type, order.data["RouteNumber"]) == ("OrderUpdated", "R-1")


def test_an_order_that_is_on_the_route_already_changes_nothing(api, told, posted_route):
    assert api.put("/api/Route/Code/R-1/Order/Number/A").status_code == 202
    assert told.news() == []


def test_an_order_that_joins_a_started_route_is_in_progress(api, told, loose):
    api.put("/api/Route/Start/Code/R-1")
    told.news()
    api.put("/api/Route/Code/R-1/Order/Number/C")
    assert told.types() == ["RouteUpdated", "OrderUpdated", "OrderStatusUpdated"]
    assert api.get("/api/Order/Number/C").json()["StatusId"] == 1


def test_an_order_leaves_its_route_only_by_transfer(api, told, posted_route):
    post_route(api, {"Code": "R-2"})
    told.news()
    assert api.put("/api/Route/Code/R-2/Order/Number/A").status_code == 405
    assert told.news() == []
    assert api.put("/api/Route/Code/R-2/Order/Number/A?allowTransfer=true").status_code == 202
    news = told.news()
    assert [(event.type, event.data.get("Code")) for event in news] == [
        ("RouteUpdated", "R-1"),
        ("RouteUpdated", "R-2"),
        ("OrderUpdated", None),
    ]
    assert (stops(api), stops(api, "R-2")) == ([("B", 2)], [("A", 1)])


def test_a_failed_order_is_tried_again_only_by_reschedule(api, told, posted_route):
    post_route(api, {"Code": "R-2"})
    api.put("/api/Order/Number/A/Reject", json={"RejectReasonId": 101})
    told.news()
    assert api.put("/api/Route/Code/R-2/Order/Number/A?allowTransfer=true").status_code == 405
    assert told.news() == []
    assert api.put("/api/Route/Code/R-2/Order/Number/A?allowreschedule=true").status_code == 202
    assert told.types() == ["RouteUpdated", "RouteUpdated", "OrderUpdated", "OrderStatusUpdated"]
    order = api.get("/api/Order/Number/A").json()
    assert (order["StatusId"], order["RejectReason"], order["RescheduledTimes"]) == (None, None, 1)


@pytest.mark.parametrize("flags", ["", "?allowTransfer=true&allowReschedule=true"])
def test_a_delivered_order_is_not_put_on_a_route(api, told, posted_route, flags):
    api.put("/api/Order/Number/A/Complete")
    post_route(api, {"Code": "R-2"})
    told.news()
    assert api.put(f"/api/Route/Code/R-2/Order/Number/A{flags}").status_code == 405
    assert told.news() == []


def test_nothing_is_put_on_a_closed_route(api, told, loose):
    api.put("/api/Route/Close/Code/R-1")
    told.news()
    assert api.put("/api/Route/Code/R-1/Order/Number/C").status_code == 405
    assert api.put("/api/Route/Code/R-1", json={"Orders": [a_stop("D")]}).status_code == 405
    assert told.news() == []


def test_unknown_routes_and_orders_are_not_found(api, posted_route):
    assert api.put("/api/Route/Code/?/Order/Number/A").status_code == 404
    assert api.put("/api/Route/Code/R-1/Order/Number/X").status_code == 404
    for way in ("Code/X", "Id/X"):
        assert api.get(f"/api/Route/{way}").status_code == 404
        assert api.put(f"/api/Route/{way}", json={}).status_code == 404
        assert api.delete(f"/api/Route/{way}").status_code == 404
        for what in ("Ready", "Start", "Close"):
            assert api.put(f"/api/Route/{what}/{way}").status_code == 404
