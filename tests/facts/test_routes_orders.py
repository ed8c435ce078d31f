"""Putting orders on routes: new ones and such as are there, and the events that tell it."""

import pytest

from support.documents import a_stop, get_order, get_route, post_route, stops, without_nulls


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


@pytest.mark.parametrize("route", ["Code/R-2", "Id/ext-2"])
@pytest.mark.parametrize("order", ["Number/N-1", "Id/ext-1"])
def test_route_and_order_are_named_in_four_ways(api, told, routed, route, order):
    post_route(api, {"Code": "R-2", "Id": "ext-2"})
    told.news()
    assert api.put(f"/api/Route/{route}/Order/{order}").status_code == 405
    assert api.put(f"/api/Route/{route}/Order/{order}", params={"allowTransfer": "true"}).status_code == 202
    assert told.types() == ["RouteUpdated", "RouteUpdated", "OrderUpdated"]
    assert (stops(api), stops(api, "R-2")) == ([], [("N-1", 1)])


@pytest.mark.parametrize(
    ("route", "order"), [("Code/X", "Number/A"), ("Id/R-1", "Number/A"), ("Code/R-1", "Number/X"), ("Code/R-1", "Id/A")]
)
def test_an_unknown_route_or_order_is_not_found(api, other_api, told, posted_route, route, order):
    assert api.put(f"/api/Route/{route}/Order/{order}").status_code == 404
    assert other_api.put(f"/api/Route/{route}/Order/{order}").status_code == 404
    assert told.news() == []


# New ones


@pytest.mark.parametrize("way", ["Code/R-1", "Id/ext-r"])
def test_a_new_order_is_made_at_the_end_of_a_route(api, told, posted_route, way):
    assert api.put(f"/api/Route/{way}/Order", json=a_stop("C", Date="2026-11-30")).status_code == 202
    assert stops(api) == [("A", 1), ("B", 2), ("C", 3)]
    route, order = told.news()
    assert (route.type, order.type) == ("RouteUpdated", "OrderCreated")
    assert route.data == without_nulls(get_route(api))
    assert order.data == without_nulls(get_order(api, "C"))
    assert (order.data["RouteNumber"], order.data["Date"]) == ("R-1", "2026-11-30T00:00:00")


def test_a_new_order_shares_the_stop_of_its_address_unless_told_not_to(api, posted_route):
    api.put("/api/Route/Code/R-1/Order", json=a_stop("C", Address="A  Street"))
    api.put("/api/Route/Code/R-1/Order?mergeaddresses=false", json=a_stop("D", Address="A street"))
    assert stops(api) == [("A", 1), ("C", 1), ("B", 2), ("D", 3)]


def test_a_new_order_teaches_its_address_other_coordinates_only_when_told_to(api, posted_route):
    api.post("/api/Order", json=a_stop("C", AddressLat=59.4, AddressLon=24.7))
    for number, flag, lat in (("D", "false", 59.4), ("E", "true", 1)):
        there = a_stop(number, Address="C street", AddressLat=1, AddressLon=2)
        api.put(f"/api/Route/Code/R-1/Order?updateAddressGps={flag}", json=there)
        assert get_order(api, number)["AddressLat"] == lat


def test_a_new_order_on_a_started_route_is_made_in_progress(api, told, posted_route):
    api.put("/api/Route/Start/Code/R-1")
    told.news()
    api.put("/api/Route/Code/R-1/Order", json=a_stop("C"))
    route, order = told.news()
    assert (route.type, order.type, order.data["StatusId"]) == ("RouteUpdated", "OrderCreated", 1)


@pytest.mark.parametrize(
    ("way", "body", "status", "said"),
    [
        ("Code/X", a_stop("C"), 404, "There is no route with Code X."),
        ("Id/R-1", a_stop("C"), 404, "There is no route with Id R-1."),
        ("Code/R-1", a_stop("C", Client=""), 400, "Client: "),
        ("Code/R-1", a_stop("C", Weight="x"), 400, "Weight: "),
        ("Code/R-1", [a_stop("C")], 400, "body: "),
    ],
)
def test_a_new_order_that_cannot_be_is_refused(api, told, posted_route, way, body, status, said):
    answer = api.put(f"/api/Route/{way}/Order", json=body)
    assert (answer.status_code, answer.json()["Detail"][: len(said)]) == (status, said)
    assert told.news() == []


def test_no_order_is_made_on_a_closed_route_or_on_that_of_another_account(api, other_api, told, posted_route):
    assert other_api.put("/api/Route/Code/R-1/Order", json=a_stop("C")).status_code == 404
    api.put("/api/Route/Close/Code/R-1")
    told.news()
    assert api.put("/api/Route/Code/R-1/Order", json=a_stop("C")).status_code == 405
    assert told.news() == []
    assert api.get("/api/Order/Number/C").status_code == 404
