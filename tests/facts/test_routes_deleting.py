"""`DeleteRouteByCode` and `DeleteRouteById` delete routes, with their orders or without."""

import pytest

from support.documents import a_route, get_order, post_route
from support.operations import each


@each("DeleteRouteByCode", "DeleteRouteById")
@pytest.mark.parametrize("flags", [{}, {"deleteOrders": "true"}])
def test_a_deleted_route_takes_its_orders_along(api, told, posted_route, operation, flags):
    deleted = operation(api, posted_route, **flags)
    assert (deleted.status_code, deleted.json()["Status"]) == (200, 200)
    assert told.types() == ["OrderDeleted", "OrderDeleted", "RouteDeleted"]
    assert api.get("/api/Route/Code/R-1").status_code == 404
    assert api.get("/api/Order/Number/A").status_code == 410


@each("DeleteRouteByCode", "DeleteRouteById")
def test_a_deleted_route_unschedules_its_orders_when_told_not_to_delete_them(api, told, posted_route, operation):
    assert operation(api, posted_route, deleteorders="false").status_code == 200
    route, *orders = told.news()
    assert (route.type, route.data) == (
        "RouteDeleted",
        {"Code": "R-1", "Date": "2026-11-23T00:00:00", "Id": "ext-r"},
    )
    assert [event.type for event in orders] == ["OrderUpdated", "OrderUpdated"]
    assert get_order(api, "A")["RouteNumber"] is None


@each("DeleteRouteByCode", "DeleteRouteById")
def test_a_deleted_route_that_had_started_leaves_no_order_in_progress(api, told, posted_route, operation):
    api.put("/api/Route/Start/Code/R-1")
    told.news()
    operation(api, posted_route, deleteOrders="false")
    assert sorted(told.types()) == ["OrderStatusUpdated"] * 2 + ["OrderUpdated"] * 2 + ["RouteDeleted"]
    assert get_order(api, "A")["StatusId"] is None


@each("DeleteRouteByCode", "DeleteRouteById")
@pytest.mark.parametrize("outcome", ["Complete", "Reject"])
def test_a_route_with_an_order_that_has_an_outcome_cannot_be_deleted(api, told, posted_route, operation, outcome):
    api.put(f"/api/Order/Number/A/{outcome}")
    told.news()
    for flag in ("true", "false"):
        assert operation(api, posted_route, deleteOrders=flag).status_code == 400
    assert told.news() == []


@each("DeleteRouteByCode", "DeleteRouteById")
def test_the_code_of_a_deleted_route_is_free_again(api, posted_route, operation):
    operation(api, posted_route)
    assert post_route(api, a_route("A")).status_code == 201
