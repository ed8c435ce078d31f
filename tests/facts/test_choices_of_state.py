"""What Waybell chose where the Track-POD API leaves it open, 13 to 24: statuses, events, and what is not there."""

from datetime import timedelta

import pytest

from support.documents import a_route, a_stop, an_order, get_order, get_route, post_route
from waybell.accounts.grants import Grant, read_networks

# 13


def test_a_new_route_is_ready_at_once_and_making_it_ready_again_changes_nothing(api, told):
    """Choice 13."""
    post_route(api, a_route())
    assert get_route(api)["Status"] == "Ready"
    told.news()
    assert api.put("/api/Route/Ready/Code/R-1").status_code == 202
    assert told.news() == []


def test_a_setting_lets_new_routes_begin_as_drafts(api, told):
    """Choice 13."""
    state = api.app.state
    state.settings = state.settings.model_copy(update={"new_route_status": "Draft"})
    post_route(api, a_route())
    assert get_route(api)["Status"] == "Draft"
    for _ in range(2):
        assert api.put("/api/Route/Ready/Code/R-1").status_code == 202
    assert get_route(api)["Status"] == "Ready"
    assert told.types() == ["RouteCreated", "RouteUpdated"]


# 14


def test_a_started_route_puts_its_orders_in_progress_and_tells_it_of_each(api, told, posted_route):
    """Choice 14."""
    api.put("/api/Route/Start/Code/R-1")
    assert [order["StatusId"] for order in get_route(api)["Orders"]] == [1, 1]
    route, *orders = told.news()
    assert route.type == "RouteStarted"
    assert [(event.type, event.data["StatusId"]) for event in orders] == [("OrderStatusUpdated", 1)] * 2


@pytest.mark.parametrize(("before", "refused"), [("Start", "Start"), ("Close", "Start"), ("Close", "Close")])
def test_a_start_of_a_started_or_closed_route_and_a_close_of_a_closed_one_are_400(
    api, told, posted_route, before, refused
):
    """Choice 14."""
    api.put(f"/api/Route/{before}/Code/R-1")
    told.news()
    assert api.put(f"/api/Route/{refused}/Code/R-1").status_code == 400
    assert told.news() == []


# 15


@pytest.mark.parametrize(
    ("order_type", "what", "body", "status_id", "status"),
    [
        (0, "Complete", {}, 3, "Delivered"),
        (1, "Complete", {}, 3, "Collected"),
        (0, "Complete", {"GoodsList": [{"GoodsName": "Cups", "QuantityFact": 1}]}, 4, "Partially"),
        (0, "Reject", {}, 5, "Not delivered"),
        (1, "Reject", {"RejectReasonId": 1}, 2, "Not collected"),
    ],
)
def test_there_is_no_status_before_the_start_then_in_progress_then_the_outcome_in_the_words_of_the_type(
    api, order_type, what, body, status_id, status
):
    """Choice 15."""

    def now():
        order = get_order(api, "A")
        return order["StatusId"], order["Status"]

    post_route(api, a_route(Orders=[a_stop("A", Type=order_type, GoodsList=[{"GoodsName": "Cups", "Quantity": 2}])]))
    assert now() == (None, None)
    api.put("/api/Route/Start/Code/R-1")
    assert now() == (1, "In Progress")
    assert api.put(f"/api/Order/Number/A/{what}", json=body).status_code == 200
    assert now() == (status_id, status)


# 16


def test_a_change_of_the_status_is_told_by_the_status_event_alone_and_of_fields_by_an_update_alone(api, told, routed):
    """Choice 16."""
    api.put("/api/Order", json={"Number": "N-1", "Note": "x"})
    assert told.types() == ["OrderUpdated"]
    api.put("/api/Order/Number/N-1/Complete")
    assert told.types() == ["OrderStatusUpdated"]


# 17


def test_a_route_is_told_to_be_updated_when_its_orders_sequence_or_header_change_and_not_for_edits_of_orders(
    api, told, posted_route
):
    """Choice 17."""
    for body, updated in (
        ({"Orders": [{"Number": "A"}, {"Number": "B", "Note": "x"}]}, 0),
        ({"Orders": [{"Number": "B"}, {"Number": "A"}]}, 1),
        ({"Orders": [{"Number": "B"}]}, 1),
        ({"DriverVehicle": "123 ABC"}, 1),
    ):
        assert api.put("/api/Route/Code/R-1", json=body).status_code == 202
        assert told.types().count("RouteUpdated") == updated
    api.put("/api/Order", json={"Number": "B", "Phone": "1"})
    assert told.types() == ["OrderUpdated"]


# 18


@pytest.mark.parametrize("path", ["Code/X/Order", "Id/X/Order", "Code/X/Order/Number/N-1", "Id/X/Order/Id/ext-1"])
def test_a_route_that_is_not_there_gets_no_order_and_is_404(api, told, posted, path):
    """Choice 18."""
    answer = api.put(f"/api/Route/{path}", json=an_order("N-2") if path.endswith("Order") else None)
    assert (answer.status_code, list(answer.json())) == (404, ["Status", "Title", "Detail"])
    assert told.news() == []


# 19


def test_the_export_of_a_route_that_is_not_there_is_404_and_a_repeated_confirmation_202(api):
    """Choice 19."""
    for way in ("Code/X", "Id/X"):
        assert api.put(f"/api/Route/Export/{way}").status_code == 404
    post_route(api, a_route())
    api.put("/api/Route/Close/Code/R-1")
    for way in ("Code/R-1", "Code/R-1", "Id/ext-r"):
        assert api.put(f"/api/Route/Export/{way}").status_code == 202
    assert api.get("/api/Route/Export/Code").json() == []


# 20


def test_a_driver_id_and_a_track_id_that_are_no_uuid_are_404(api, posted):
    """Choice 20."""
    for method, path in (
        ("GET", "Driver/Id/17"),
        ("DELETE", "Driver/Id/17"),
        ("GET", "Order/TrackId/17"),
        ("PUT", "Order/TrackId/17/Complete"),
    ):
        assert api.request(method, f"/api/{path}").status_code == 404, path
    assert api.put("/api/Order/TrackId/17", json={"Note": "x"}).status_code == 404


# 21


def test_a_vehicle_without_a_check_has_no_last_one_and_is_404(api):
    """Choice 21."""
    assert api.get("/api/VehicleCheck/123 ABC").status_code == 404


# 22


def test_the_list_of_an_unknown_number_is_empty_and_gone_only_when_every_match_was_deleted(api):
    """Choice 22."""
    assert (api.get("/api/Order/Number/x/List").status_code, api.get("/api/Order/Number/x/List").json()) == (200, [])
    for own_id in ("1", "2"):
        api.post("/api/Order", json=an_order(Id=own_id))
    api.delete("/api/Order/Id/1")
    assert [order["Id"] for order in api.get("/api/Order/Number/N-1/List").json()] == ["2"]
    api.delete("/api/Order/Id/2")
    assert api.get("/api/Order/Number/N-1/List").status_code == 410


# 23


@pytest.mark.parametrize("newer_first", [False, True])
def test_a_live_order_wins_over_the_tombstone_of_an_older_one_with_its_number(api, clock, newer_first):
    """Choice 23. How long a tombstone is kept is tested with tombstones."""
    api.post("/api/Order", json=an_order(Id="old"))
    if newer_first:
        api.post("/api/Order", json=an_order(Id="new"))
    api.delete("/api/Order/Id/old")
    assert api.get("/api/Order/Number/N-1").status_code == (200 if newer_first else 410)
    clock.move_to(clock.now() + timedelta(hours=1))
    if not newer_first:
        api.post("/api/Order", json=an_order(Id="new"))
    assert get_order(api)["Id"] == "new"
    assert api.put("/api/Order", json={"Number": "N-1", "Note": "x"}).status_code == 202
    assert [order["Id"] for order in api.get("/api/Order/Number/N-1/List").json()] == ["new"]
    assert api.get("/api/Order/Id/old").status_code == 410


# 24


@pytest.mark.parametrize(
    "grant",
    [Grant(methods=("POST",)), Grant(kinds=("Routes",)), Grant(networks=read_networks(["10.0.0.0/8"]))],
    ids=["method", "kind", "network"],
)
def test_a_method_a_kind_of_object_or_an_address_that_a_key_may_not_use_is_403(api, key_with, posted, grant):
    """Choice 24."""
    answer = key_with(grant).get("/api/Order/Number/N-1")
    assert (answer.status_code, list(answer.json())) == (403, ["Status", "Title", "Detail"])


def test_what_lies_outside_of_the_shippers_and_depots_of_a_key_is_404_and_in_no_list(api, key_with):
    """Choice 24."""
    for number, shipper in (("A", "S1"), ("B", "S2")):
        api.post("/api/Order", json=an_order(number, ShipperId=shipper, DepotId="D1"))
    mine = key_with(Grant(shippers=("S1",), depots=("D1",)))
    assert mine.get("/api/Order/Number/B").status_code == 404
    assert mine.put("/api/Order/Number/B/Complete").status_code == 404
    assert [order["Number"] for order in mine.get("/api/Order/Date/2026-11-23").json()] == ["A"]
    assert mine.get("/api/Order/Number/B/List").json() == []


# 47


def test_an_order_that_is_not_loaded_at_the_load_check_is_rejected_at_once_unless_a_setting_keeps_it(api, web, told):
    """Choice 47."""
    post_route(api, a_route("A", "B"))
    api.put("/api/Route/Start/Code/R-1")
    api.put("/api/Order/Number/A/Load", json={"LoadStatus": "not-loaded"})
    state = web.state
    state.settings = state.settings.model_copy(update={"not_loaded_orders": "keep"})
    api.put("/api/Order/Number/B/Load", json={"LoadStatus": "not-loaded"})
    assert [get_order(api, number)["StatusId"] for number in "AB"] == [5, 1]
    assert [api.put(f"/api/Order/Number/{number}/Complete").status_code for number in "AB"] == [400, 200]
