"""`DeleteOrderByNumber` and `DeleteOrderById` delete orders for good."""

from support.documents import an_order, get_order, without_nulls
from support.operations import each


@each("DeleteOrderByNumber", "DeleteOrderById")
def test_a_deleted_order_leaves_a_tombstone(api, told, posted, operation):
    answer = operation(api, posted)
    assert (answer.status_code, answer.json()["Status"]) == (200, 200)
    [event] = told.news()
    assert (event.type, event.subject) == ("OrderDeleted", f"order:{posted['TrackId']}")
    assert event.data["DeletedBy"] == "tests"
    assert event.data["DeletedDate"] == "2026-11-23T12:00:00"
    for gone in (api.get("/api/Order/Number/N-1"), api.get("/api/Order/Id/ext-1")):
        assert (gone.status_code, gone.json()["Status"]) == (410, 410)
        assert without_nulls(gone.json()["Order"]) == event.data
    assert api.get(f"/api/Order/TrackId/{posted['TrackId']}").status_code == 404
    assert operation(api, posted).status_code == 404
    assert told.news() == []


@each("DeleteOrderByNumber", "DeleteOrderById")
def test_of_several_orders_with_a_name_the_newest_is_deleted(api, posted, operation):
    api.post("/api/Order", json=an_order(Id="ext-1", Note="new"))
    assert operation(api, posted).status_code == 200
    assert get_order(api) == posted


@each("DeleteOrderByNumber", "DeleteOrderById")
def test_deleting_an_order_on_a_route_changes_the_route(api, told, routed, operation):
    assert operation(api, routed).status_code == 200
    _, route = told.exactly("OrderDeleted", "RouteUpdated")
    assert route.data["Orders"] == []


@each("DeleteOrderByNumber", "DeleteOrderById")
def test_an_order_that_is_in_progress_is_deleted_and_one_with_an_outcome_is_not(api, told, routed, operation):
    api.put("/api/Route/Start/Code/R-1")
    api.put("/api/Order/Number/N-1/Reject")
    told.news()
    assert operation(api, routed).status_code == 400
    assert told.news() == []
    api.put("/api/Route/Code/R-1/Order/Number/N-1?allowReschedule=true")
    assert get_order(api)["Status"] == "In Progress"
    assert operation(api, routed).status_code == 200
