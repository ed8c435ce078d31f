"""Finding orders: by what they are called, and in lists."""

from datetime import timedelta

import pytest

from support.documents import a_route, an_order, post_route


def numbers(answer):
    assert answer.status_code == 200, answer.text
    return [order["Number"] for order in answer.json()]


def test_an_order_is_found_under_all_its_names_in_any_letter_case_of_the_path(api, posted):
    track_id = posted["TrackId"]
    for path in ("/API/ORDER/NUMBER/N-1", "/api/order/id/ext-1", f"/api/Order/trackid/{track_id.upper()}"):
        assert api.get(path).json() == posted


@pytest.mark.parametrize("key", ["N%2F1", "N%2F1%20", "%20N%2F1"])
def test_a_key_may_hold_slashes_and_stand_between_blanks(api, key):
    api.post("/api/Order", json=an_order("N/1"))
    assert api.get(f"/api/Order/Number/{key}").json()["Number"] == "N/1"
    assert api.delete(f"/api/Order/Number/{key}").status_code == 200


@pytest.mark.parametrize(
    "path", ["Number/unknown", "Number/%00", "Id/N-1", "TrackId/N-1", "TrackId/7c9e6679-7425-40de-944b-e07fc1f90ae7"]
)
def test_what_is_not_there_is_not_found(api, posted, path):
    assert api.get(f"/api/Order/{path}").status_code == 404


@pytest.mark.parametrize("date", ["2026-11-23", "2026-11-23T00%3A00%3A00", "2026-11-23T10:00:00"])
def test_orders_are_listed_by_date(api, posted, date):
    api.post("/api/Order", json=an_order("N-2", Date="2026-11-24"))
    assert [order["Number"] for order in api.get(f"/api/Order/Date/{date}").json()] == ["N-1"]


@pytest.mark.parametrize("path", ["Date", "Route/Date", "Status/Date"])
def test_a_day_without_orders_is_an_empty_list_and_a_wrong_one_refused_by_name(api, path):
    assert api.get(f"/api/Order/{path}/2031-01-01").json() == []
    for date in ("soon", "2026-13-01", "0000-00-00", "99999-01-01", "%00"):
        answer = api.get(f"/api/Order/{path}/{date}")
        assert answer.status_code in {400, 404}
        assert answer.status_code == 404 or answer.json()["Detail"].startswith("date: ")


def test_nobody_sees_or_changes_the_orders_of_another_account(api, other_api, told, posted):
    track_id = posted["TrackId"]
    for path in ("Number/N-1", "Id/ext-1", f"TrackId/{track_id}"):
        assert other_api.get(f"/api/Order/{path}").status_code == 404
        assert other_api.put(f"/api/Order/{path}/Complete").status_code == 404
        assert other_api.put(f"/api/Order/{path}/Reject").status_code == 404
    assert other_api.put("/api/Order", json={"Number": "N-1", "Note": "x"}).status_code == 404
    assert other_api.delete("/api/Order/Number/N-1").status_code == 404
    for path in ("Date/2026-11-23", "Number/N-1/List", "Status/Date/2026-11-23"):
        assert other_api.get(f"/api/Order/{path}").json() == []
    assert told.news() == []


# By their route


def test_orders_are_listed_by_the_day_of_their_route_in_its_sequence(api):
    post_route(api, a_route("B", "A"))
    post_route(api, a_route("C", Code="R-2"))
    post_route(api, a_route("D", Code="R-3", Date="2026-11-24"))
    api.post("/api/Order", json=an_order("E"))
    for date in ("2026-11-23", "2026-11-23T08%3A00%3A00"):
        assert numbers(api.get(f"/api/Order/Route/Date/{date}")) == ["B", "A", "C"]


def test_orders_are_listed_by_the_code_of_their_route_the_newest_of_that_code(api, other_api):
    post_route(api, a_route("A", Date="2026-11-22"))
    post_route(api, a_route("C", "B"))
    assert numbers(api.get("/api/order/route/code/R-1")) == ["C", "B"]
    assert other_api.get("/api/Order/Route/Code/R-1").json() == []


def test_a_code_of_no_route_lists_no_orders(api):
    assert api.get("/api/Order/Route/Code/unknown").json() == []


# By their number


def test_the_newest_25_orders_with_a_number_are_listed(api):
    api.post("/api/Order/Bulk", json=[an_order(Id=f"{at}") for at in range(30)])
    api.post("/api/Order", json=an_order("N-2"))
    listed = api.get("/api/Order/Number/N-1/List").json()
    assert [order["Id"] for order in listed] == [f"{at}" for at in range(29, 4, -1)]


def test_the_orders_with_a_number_are_gone_when_all_of_them_were_deleted(api, posted):
    assert api.get("/api/Order/Number/unknown/List").json() == []
    api.post("/api/Order", json=an_order(Id="ext-2"))
    api.delete("/api/Order/Id/ext-1")
    assert [order["Id"] for order in api.get("/api/Order/Number/N-1/List").json()] == ["ext-2"]
    api.delete("/api/Order/Id/ext-2")
    gone = api.get("/api/Order/Number/N-1/List")
    assert (gone.status_code, gone.json()["Order"]["Id"]) == (410, "ext-2")


# By the time of their status


def status_changed(api, after):
    return numbers(api.get(f"/api/Order/Status/Date/{after}"))


def test_orders_are_listed_whose_status_changed_later_than_a_moment_in_utc(api, clock):
    post_route(api, a_route("A", "B"))
    api.post("/api/Order", json=an_order("C"))
    for number in ("B", "A"):
        clock.move_to(clock.now() + timedelta(minutes=1))
        api.put(f"/api/Order/Number/{number}/Reject")
    assert status_changed(api, "2026-11-23T12:00:00") == ["B", "A"]
    assert status_changed(api, "2026-11-23T12:01:00") == ["A"]
    assert status_changed(api, "2026-11-23T14%3A01%3A00%2B02:00") == ["A"]
    assert status_changed(api, "2026-11-23T12:02:00.000Z") == []


def test_a_status_that_comes_or_goes_with_the_route_has_changed_too(api, clock):
    post_route(api, a_route("A"))
    api.put("/api/Route/Start/Code/R-1")
    api.put("/api/Route/Code/R-1/Order", json=an_order("B"))
    assert status_changed(api, "2026-11-23T11:59:59") == ["A", "B"]
    clock.move_to(clock.now() + timedelta(hours=1))
    api.delete("/api/Route/Code/R-1?deleteOrders=false")
    assert status_changed(api, "2026-11-23T12:30:00") == ["A", "B"]


def test_a_change_of_anything_else_is_no_change_of_the_status(api, clock, routed):
    api.put("/api/Order/Number/N-1/Complete")
    clock.move_to(clock.now() + timedelta(hours=1))
    api.put("/api/Order?forceUpdate=true", json={"Number": "N-1", "Note": "x"})
    assert status_changed(api, "2026-11-23T12:30:00") == []


def test_the_time_of_a_status_lies_at_most_a_day_back(api):
    assert status_changed(api, "2026-11-22T12:00:00") == []
    answer = api.get("/api/Order/Status/Date/2026-11-22T11:59:59")
    assert (answer.status_code, answer.json()["Detail"][:6]) == (400, "date: ")
