"""A route's way from Draft to Closed, and the events that tell it."""

import pytest

from support.documents import a_route, get_route, post_route, without_nulls


def test_a_start_takes_the_orders_along(api, told, posted_route):
    answer = api.put("/api/Route/Start/Code/R-1", params={"STATUSDATE": "2026-11-23T08:01:00"})
    assert answer.status_code == 202, answer.text
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


def test_a_close_ends_the_route_and_leaves_its_orders(api, told, posted_route):
    api.put("/api/Route/Start/Id/ext-r")
    told.news()
    assert api.put("/api/Route/Close/Id/ext-r").status_code == 202
    [event] = told.news()
    assert (event.type, event.data["Status"], event.data["CloseDate"]) == (
        "RouteClosed",
        "Closed",
        "2026-11-23T12:00:00",
    )


@pytest.mark.parametrize("way", ["Code/R-1", "Id/ext-r"])
def test_ready_is_what_a_new_route_is(api, told, posted_route, way):
    assert api.put(f"/api/Route/Ready/{way}").status_code == 202
    assert told.news() == []


@pytest.mark.parametrize(
    ("before", "refused"), [("Start", "Start"), ("Start", "Ready"), ("Close", "Close"), ("Close", "Start")]
)
def test_a_route_goes_forward_only(api, told, posted_route, before, refused):
    api.put(f"/api/Route/{before}/Code/R-1")
    told.news()
    assert api.put(f"/api/Route/{refused}/Code/R-1").status_code == 400
    assert told.news() == []


@pytest.mark.parametrize(("what", "member"), [("Start", "StartDate"), ("Close", "CloseDate")])
@pytest.mark.parametrize("way", ["Code/R-1", "Id/ext-r"])
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"statusDate": "2026-11-23T16:40:00"}, "2026-11-23T16:40:00"),
        ({"statusDate": "16:40"}, "2026-11-23T16:40:00"),
        ({}, "2026-11-23T12:00:00"),
    ],
)
def test_a_status_date_is_local_and_without_one_it_is_now_in_utc(api, posted_route, what, member, way, sent, kept):
    assert api.put(f"/api/Route/{what}/{way}", params=sent).status_code == 202
    assert get_route(api)[member] == kept


@pytest.mark.parametrize("what", ["Ready", "Start", "Close"])
def test_a_status_date_must_be_one(api, told, posted_route, what):
    answer = api.put(f"/api/Route/{what}/Code/R-1?statusDate=then")
    assert (answer.status_code, answer.json()["Detail"][:12]) == (400, "statusDate: ")
    assert told.news() == []


@pytest.mark.parametrize("way", ["Code/R-1", "Id/ext-r"])
def test_new_routes_may_begin_as_drafts_until_they_are_made_ready(api, told, way):
    state = api.app.state
    state.settings = state.settings.model_copy(update={"new_route_status": "Draft"})
    post_route(api, a_route("A"))
    assert get_route(api)["Status"] == "Draft"
    told.news()
    assert api.put(f"/api/Route/Ready/{way}").status_code == 202
    [event] = told.news()
    assert (event.type, event.data["Status"]) == ("RouteUpdated", "Ready")


@pytest.mark.parametrize("way", ["Code/X", "Id/R-1"])
def test_a_route_that_is_not_there_goes_no_way(api, other_api, told, posted_route, way):
    for what in ("Ready", "Start", "Close"):
        assert api.put(f"/api/Route/{what}/{way}").status_code == 404
        assert other_api.put(f"/api/Route/{what}/Code/R-1").status_code == 404
    assert told.news() == []
