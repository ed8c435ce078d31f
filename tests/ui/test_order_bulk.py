"""Several orders of the list at once: put on a route, taken off, deleted; all of them or none."""

import pytest

from support.documents import a_route, a_stop


@pytest.fixture
def ids(api) -> list[str]:
    """Three orders without a route, and an empty route R-1."""
    assert api.post("/api/Route", json=a_route()).status_code == 201
    for number in ("1", "2", "3"):
        assert api.post("/api/Order", json=a_stop(number, Date="2026-11-23")).status_code == 201
    return [api.get(f"/api/Order/Number/{number}").json()["TrackId"] for number in ("1", "2", "3")]


@pytest.fixture
def route_id(ui, ids) -> str:
    return ui.get("/routes").text.split('<tr id="route-')[1].split('"')[0]


def numbers_on(api) -> list[str]:
    return [order["Number"] for order in api.get("/api/Route/Code/R-1").json().get("Orders") or ()]


def test_orders_are_put_on_a_route_and_taken_off_with_one_event_for_each(ui, api, ids, route_id, told):
    told.news()
    sent = ui.post("/orders/bulk", data={"act": "assign", "Route": route_id, "Order": ids, "back": "/orders?state=x"})
    assert sent.headers["location"] == "/orders?state=x"
    assert numbers_on(api) == ["1", "2", "3"]
    assert sorted(told.types()) == ["OrderUpdated"] * 3 + ["RouteUpdated"]
    ui.post("/orders/bulk", data={"act": "unassign", "Order": ids[:2]})
    assert numbers_on(api) == ["3"]


def test_all_or_none(ui, api, ids, route_id, told):
    ui.post("/orders/bulk", data={"act": "assign", "Route": route_id, "Order": ids})
    assert api.put("/api/Route/Start/Code/R-1").status_code == 202
    assert api.put("/api/Order/Number/2/Complete", json={}).status_code == 200
    told.news()
    for act in ({"act": "unassign"}, {"act": "delete"}):
        answer = ui.post("/orders/bulk", data=act | {"Order": ids}, follow_redirects=True)
        assert "Nothing was changed" in answer.text
    assert numbers_on(api) == ["1", "2", "3"]
    told.exactly()


@pytest.mark.parametrize(
    "data",
    [{}, {"act": "assign"}, {"act": "fly"}, {"act": "assign", "Route": "nowhere"}, {"act": "delete", "Order": ["x"]}],
)
def test_what_is_no_order_no_route_or_no_act_changes_nothing(ui, ids, told, data):
    told.news()
    answer = ui.post("/orders/bulk", data={"Order": ids, "back": "https://elsewhere.example/orders"} | data)
    assert answer.headers["location"] == "/orders"
    told.exactly()


def test_orders_of_others_are_not_there(other_ui, ids, told):
    told.news()
    other_ui.post("/orders/bulk", data={"act": "delete", "Order": ids})
    other_ui.post("/orders/bulk", data={"act": "unassign", "Order": ids})
    told.exactly()


def test_viewers_see_no_boxes(ui_as, ids):
    viewer = ui_as("viewer")
    assert "row-check" not in viewer.get("/orders").text
    assert viewer.post("/orders/bulk", data={"act": "delete", "Order": ids}).status_code == 403
