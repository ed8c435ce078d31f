"""These operations put new and existing orders on routes, and events tell of it."""

import pytest

from support.documents import a_route, a_stop, get_order, get_route, post_route, stops, without_nulls
from support.operations import each

OTHER = {"Code": "R-2", "Id": "ext-2"}
A, C = {"Number": "A", "Id": "ext-a"}, {"Number": "C", "Id": "ext-c"}


@pytest.fixture
def route(api, told):
    """A route with the orders A and B, which have Ids; the events read."""
    post_route(api, a_route(Orders=[a_stop("A", Id="ext-a"), a_stop("B", Id="ext-b")]))
    told.news()
    return get_route(api)


@pytest.fixture
def loose(api, told, route):
    """An unscheduled order beside the route."""
    api.post("/api/Order", json=a_stop("C", Id="ext-c"))
    told.news()


@pytest.fixture
def other(api, told, route):
    """Another route, on which nothing is."""
    post_route(api, OTHER)
    told.news()


@each(
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
def test_an_unscheduled_order_is_put_at_the_end_of_a_route(api, told, route, loose, operation):
    moved = operation(api, route, C)
    assert (moved.status_code, moved.json()["Status"]) == (202, 202)
    assert stops(api) == [("A", 1), ("B", 2), ("C", 3)]
    on_it, order = told.exactly("RouteUpdated", "OrderUpdated")
    assert len(on_it.data["Orders"]) == 3
    assert order.data["RouteNumber"] == "R-1"


@each(
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
def test_an_order_that_is_on_the_route_already_changes_nothing(api, told, route, operation):
    assert operation(api, route, A).status_code == 202
    assert told.news() == []


@each(
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
def test_an_order_that_joins_a_started_route_is_in_progress(api, told, route, loose, operation):
    api.put("/api/Route/Start/Code/R-1")
    told.news()
    operation(api, route, C)
    told.exactly("RouteUpdated", "OrderUpdated", "OrderStatusUpdated")
    assert get_order(api, "C")["StatusId"] == 1


@each(
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
def test_an_order_leaves_its_route_only_by_transfer_and_both_routes_are_told(api, told, other, operation):
    for flags in ({}, {"allowTransfer": "false"}, {"allowReschedule": "true"}):
        assert operation(api, OTHER, A, **flags).status_code == 405
    assert told.news() == []
    assert operation(api, OTHER, A, allowTransfer="true").status_code == 202
    assert [(event.type, event.data.get("Code") or event.data["Number"]) for event in told.news()] == [
        ("RouteUpdated", "R-1"),
        ("RouteUpdated", "R-2"),
        ("OrderUpdated", "A"),
        ("OrderUpdated", "B"),
    ]
    assert (stops(api), stops(api, "R-2")) == ([("B", 1)], [("A", 1)])


@each(
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
@pytest.mark.parametrize(("reason_id", "status_id"), [(1, 2), (101, 5)])
def test_a_failed_order_is_tried_again_only_by_reschedule_which_clears_and_counts(
    api, told, other, operation, reason_id, status_id
):
    api.put("/api/Order/Number/A/Reject", json={"RejectReasonId": reason_id})
    assert get_order(api, "A")["StatusId"] == status_id
    told.news()
    for flags in ({}, {"allowTransfer": "true"}):
        assert operation(api, OTHER, A, **flags).status_code == 405
    assert told.news() == []
    assert operation(api, OTHER, A, allowreschedule="true").status_code == 202
    told.exactly("RouteUpdated", "RouteUpdated", "OrderUpdated", "OrderUpdated", "OrderStatusUpdated")
    order = get_order(api, "A")
    assert (order["StatusId"], order["RejectReason"], order["RescheduledTimes"]) == (None, None, 1)


@each(
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
def test_an_order_that_was_carried_out_is_not_put_on_a_route(api, told, other, operation):
    api.put("/api/Order/Number/A/Complete")
    told.news()
    for flags in ({}, {"allowTransfer": "true", "allowReschedule": "true"}):
        assert operation(api, OTHER, A, **flags).status_code == 405
    assert told.news() == []


@each(
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
def test_nothing_is_put_on_a_closed_route(api, told, route, loose, operation):
    api.put("/api/Route/Close/Code/R-1")
    told.news()
    assert operation(api, route, C).status_code == 405
    assert told.news() == []


@each(
    "MoveOrderToRouteByCodeByNumber",
    "MoveOrderToRouteByCodeById",
    "MoveOrderToRouteByIdByNumber",
    "MoveOrderToRouteByIdById",
)
def test_an_unknown_route_or_order_is_not_found_and_a_flag_that_is_none_refused(api, other_api, told, route, operation):
    unknown = {"Code": "ext-r", "Id": "R-1"}, {"Number": "ext-a", "Id": "A"}
    for client, pair in ((api, (route, unknown[1])), (api, (unknown[0], A)), (other_api, (route, A))):
        assert operation(client, *pair).status_code == 404
    for flag in ("allowTransfer", "allowReschedule"):  # a cause for the 400 that the API lists without one
        assert operation(api, route, A, **{flag: "perhaps"}).status_code == 400
    assert told.news() == []


# New ones


@each("AddOrderToRouteByCode", "AddOrderToRouteById")
def test_a_new_order_is_made_at_the_end_of_a_route(api, told, posted_route, operation):
    made = operation(api, posted_route, json=a_stop("C", Date="2026-11-30"))
    assert (made.status_code, made.json()["Status"]) == (202, 202)
    assert stops(api) == [("A", 1), ("B", 2), ("C", 3)]
    route, order = told.exactly("RouteUpdated", "OrderCreated")
    assert route.data == without_nulls(get_route(api))
    assert order.data == without_nulls(get_order(api, "C"))
    assert (order.data["RouteNumber"], order.data["Date"]) == ("R-1", "2026-11-30T00:00:00")


@each("AddOrderToRouteByCode", "AddOrderToRouteById")
def test_a_new_order_shares_the_stop_of_its_address_unless_told_not_to(api, posted_route, operation):
    operation(api, posted_route, json=a_stop("C", Address="A  Street"))
    operation(api, posted_route, json=a_stop("D", Address="A street"), mergeaddresses="false")
    assert stops(api) == [("A", 1), ("C", 1), ("B", 2), ("D", 3)]


@each("AddOrderToRouteByCode", "AddOrderToRouteById")
def test_a_new_order_teaches_its_address_other_coordinates_only_when_told_to(api, posted_route, operation):
    api.post("/api/Order", json=a_stop("C", AddressLat=59.4, AddressLon=24.7))
    for number, flag, lat in (("D", "false", 59.4), ("E", "true", 1)):
        there = a_stop(number, Address="C street", AddressLat=1, AddressLon=2)
        operation(api, posted_route, json=there, updateAddressGps=flag)
        assert get_order(api, number)["AddressLat"] == lat


@each("AddOrderToRouteByCode", "AddOrderToRouteById")
def test_a_new_order_on_a_started_route_is_made_in_progress(api, told, posted_route, operation):
    api.put("/api/Route/Start/Code/R-1")
    told.news()
    operation(api, posted_route, json=a_stop("C"))
    _, order = told.exactly("RouteUpdated", "OrderCreated")
    assert order.data["StatusId"] == 1


@each("AddOrderToRouteByCode", "AddOrderToRouteById")
def test_a_new_order_that_cannot_be_is_refused(api, told, posted_route, operation):
    for body, said in (
        (a_stop("C", Client=""), "Client: "),
        (a_stop("C", Weight="x"), "Weight: "),
        ([a_stop("C")], "body: "),
    ):
        answer = operation(api, posted_route, json=body)
        assert (answer.status_code, answer.json()["Detail"][: len(said)]) == (400, said), body
        assert told.news() == []


@each("AddOrderToRouteByCode", "AddOrderToRouteById")
def test_a_new_order_for_a_route_that_is_unknown_or_anothers_is_not_found(
    api, other_api, told, posted_route, operation
):
    """The API lists no 404 here; anything else would hide a mistake."""
    for client, route in ((api, {"Code": "ext-r", "Id": "R-1"}), (other_api, posted_route)):
        answer = operation(client, route, json=a_stop("C"))
        assert (answer.status_code, answer.json()["Detail"][:17]) == (404, "There is no route")
    assert told.news() == []


@each("AddOrderToRouteByCode", "AddOrderToRouteById")
def test_no_order_is_made_on_a_closed_route(api, told, posted_route, operation):
    api.put("/api/Route/Close/Code/R-1")
    told.news()
    assert operation(api, posted_route, json=a_stop("C")).status_code == 405
    assert told.news() == []
    assert api.get("/api/Order/Number/C").status_code == 404


# The sequence without gaps, and what an order leaves behind with its route


def leaving(api):
    """The ways in which the order A leaves the route, and the orders that are told to be numbered anew."""
    return {
        "deleted by Number": lambda: api.delete("/api/Order/Number/A"),
        "deleted by Id": lambda: api.delete("/api/Order/Id/ext-a"),
        "moved": lambda: api.put("/api/Route/Code/R-2/Order/Id/ext-a?allowTransfer=true"),
        "tried again": lambda: [
            api.put("/api/Order/Number/A/Reject"),
            api.put("/api/Route/Code/R-2/Order/Number/A?allowReschedule=true"),
        ][1],
        "tried again on the same route": lambda: [
            api.put("/api/Order/Number/A/Reject"),
            api.put("/api/Route/Code/R-1/Order/Number/A?allowReschedule=true"),
        ][1],
        "left out": lambda: api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "B"}, {"Number": "C"}]}),
    }


@pytest.mark.parametrize("way", leaving(None))
def test_the_stops_behind_one_that_goes_move_up_and_are_told(api, told, other, way):
    """Choice 48."""
    api.put("/api/Route/Code/R-1/Order", json=a_stop("C"))
    told.news()
    assert leaving(api)[way]().status_code in (200, 202)
    events = told.news()
    assert stops(api)[:2] == [("B", 1), ("C", 2)]
    assert stops(api)[2:] == ([("A", 3)] if "same" in way else [])
    moved_up = [(one.data["Number"], one.data.get("SeqNumber")) for one in events if one.type == "OrderUpdated"]
    assert {("B", 1), ("C", 2)} <= set(moved_up)
    assert len(moved_up) == len(set(moved_up))
    [route] = [one.data for one in events if one.type == "RouteUpdated" and one.data["Code"] == "R-1"]
    assert [order["SeqNumber"] for order in route["Orders"]][:2] == [1, 2]


def test_orders_of_one_stop_move_up_together_and_a_stop_that_is_left_stays(api, told, route):
    """Choice 48."""
    for number in ("C", "D"):
        api.put("/api/Route/Code/R-1/Order", json=a_stop(number, Address="one street"))
    told.news()
    api.delete("/api/Order/Number/D")
    assert (stops(api), told.types()) == ([("A", 1), ("B", 2), ("C", 3)], ["OrderDeleted", "RouteUpdated"])
    api.put("/api/Route/Code/R-1/Order", json=a_stop("D", Address="one street"))
    api.delete("/api/Order/Number/A")
    assert stops(api) == [("B", 1), ("C", 2), ("D", 2)]


def unassigning(api):
    return {
        "moved": lambda: api.put("/api/Route/Code/R-2/Order/Number/A?allowTransfer=true"),
        "left out": lambda: api.put("/api/Route/Code/R-1", json={"Orders": [{"Number": "B"}]}),
        "left out of a list": lambda: post_route(api, a_route(Orders=[a_stop("B")]), update="true"),
        "route deleted": lambda: api.delete("/api/Route/Code/R-1?deleteOrders=false"),
    }


@pytest.mark.parametrize("way", unassigning(None))
def test_an_order_that_leaves_a_started_route_has_neither_a_status_nor_its_time(api, told, other, way):
    """Choice 15."""
    api.put("/api/Route/Start/Code/R-1")
    assert get_order(api, "A")["StatusId"] == 1
    assert unassigning(api)[way]().status_code in (200, 202)
    gone = ("StatusId", "Status", "StatusDate")
    assert {name: get_order(api, "A")[name] for name in gone} == dict.fromkeys(gone)
    told_of = [one.data for one in told.news() if one.type == "OrderStatusUpdated" and one.data["Number"] == "A"]
    assert "StatusDate" not in told_of[-1]
