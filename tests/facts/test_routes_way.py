"""These operations move a route from Draft to Closed, and events tell of it.

A step back is refused with 400; the 405 that the API lists as well has no cause left.
"""

import pytest

from support.documents import a_route, get_route, post_route, without_nulls
from support.operations import each


@each("StartRouteByCode", "StartRouteById")
def test_a_started_route_is_in_progress_and_so_are_its_orders(api, told, posted_route, operation):
    answer = operation(api, posted_route, STATUSDATE="2026-11-23T08:01:00")
    assert (answer.status_code, answer.json()["Status"]) == (202, 202), answer.text
    route, *orders = told.news()
    assert (route.type, route.data["Status"], route.data["StartDate"]) == (
        "RouteStarted",
        "InProgress",
        "2026-11-23T08:01:00",
    )
    assert [(event.type, event.data["Number"], event.data["StatusId"]) for event in orders] == [
        ("OrderStatusUpdated", "A", 1),
        ("OrderStatusUpdated", "B", 1),
    ]
    assert orders[0].data["Status"] == "In Progress"
    assert orders[0].data["RouteStatus"] == "InProgress"
    assert route.data == without_nulls(get_route(api))


@each("CloseRouteByCode", "CloseRouteById")
@pytest.mark.parametrize("started", [True, False])
def test_a_closed_route_keeps_its_orders_as_they_are(api, told, posted_route, operation, started):
    if started:
        api.put("/api/Route/Start/Id/ext-r")
    told.news()
    answer = operation(api, posted_route)
    assert (answer.status_code, answer.json()["Status"]) == (202, 202)
    [event] = told.news()
    assert (event.type, event.data["Status"], event.data["CloseDate"]) == (
        "RouteClosed",
        "Closed",
        "2026-11-23T12:00:00",
    )
    assert {order["StatusId"] for order in get_route(api)["Orders"]} == {1 if started else None}


@each("SetRouteReadyByCode", "SetRouteReadyById")
def test_a_draft_is_made_ready_and_told(api, told, operation):
    """New routes are Ready; drafts are a setting."""
    state = api.app.state
    state.settings = state.settings.model_copy(update={"new_route_status": "Draft"})
    post_route(api, a_route("A"))
    assert get_route(api)["Status"] == "Draft"
    told.news()
    answer = operation(api, a_route(), statusDate="2026-11-23T08:01:00")
    assert (answer.status_code, answer.json()["Status"]) == (202, 202)
    [event] = told.news()
    assert (event.type, event.data["Status"]) == ("RouteUpdated", "Ready")


@each("SetRouteReadyByCode", "SetRouteReadyById")
def test_a_route_that_is_ready_stays_so_and_nothing_is_told(api, told, posted_route, operation):
    assert operation(api, posted_route).status_code == 202
    assert told.news() == []


@each(
    "StartRouteByCode",
    "StartRouteById",
    "CloseRouteByCode",
    "CloseRouteById",
    "SetRouteReadyByCode",
    "SetRouteReadyById",
)
@pytest.mark.parametrize("before", ["Start", "Close"])
def test_a_route_goes_forward_only(api, told, posted_route, operation, before):
    api.put(f"/api/Route/{before}/Code/R-1")
    told.news()
    on_its_way = before == "Start" and operation.id.startswith("Close")
    assert operation(api, posted_route).status_code == (202 if on_its_way else 400)
    assert told.types() == (["RouteClosed"] if on_its_way else [])


@each("StartRouteByCode", "StartRouteById", "CloseRouteByCode", "CloseRouteById")
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"statusDate": "2026-11-23T16:40:00"}, "2026-11-23T16:40:00"),
        ({"statusDate": "16:40"}, "2026-11-23T16:40:00"),
        ({}, "2026-11-23T12:00:00"),
    ],
)
def test_a_status_date_is_local_and_without_one_it_is_now_in_utc(api, posted_route, operation, sent, kept):
    assert operation(api, posted_route, **sent).status_code == 202
    assert get_route(api)["StartDate" if operation.id.startswith("Start") else "CloseDate"] == kept


@each(
    "StartRouteByCode",
    "StartRouteById",
    "CloseRouteByCode",
    "CloseRouteById",
    "SetRouteReadyByCode",
    "SetRouteReadyById",
)
def test_a_route_without_a_date_or_a_name_goes_no_way(api, other_api, told, posted_route, operation):
    answer = operation(api, posted_route, statusDate="then")
    assert (answer.status_code, answer.json()["Detail"][:12]) == (400, "statusDate: ")
    assert operation(api, {"Code": "ext-r", "Id": "R-1"}).status_code == 404
    assert operation(other_api, posted_route).status_code == 404
    assert told.news() == []
