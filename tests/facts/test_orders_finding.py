"""These operations find one order by its names, or list orders. They fire no events."""

from datetime import timedelta

import pytest

from support.documents import a_route, an_order, post_route
from support.operations import each

UNKNOWN = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def numbers(answer):
    assert answer.status_code == 200, answer.text
    return [order["Number"] for order in answer.json()]


@each("GetOrderByNumber", "GetOrderById", "GetOrderByTrackId")
def test_an_order_is_found_under_all_its_names_in_its_own_account(api, other_api, told, posted, operation):
    assert operation(api, posted).json() == posted
    assert operation(api, posted | {"TrackId": posted["TrackId"].upper()}).json() == posted
    assert operation(other_api, posted).status_code == 404
    assert told.news() == []


@each("GetOrderByNumber", "GetOrderById", "GetOrderByTrackId")
def test_an_order_with_an_unknown_name_is_not_found(api, posted, operation):
    for name in ("unknown", "\0", UNKNOWN, "N-1/ext-1"):
        assert operation(api, dict.fromkeys(("Number", "Id", "TrackId"), name)).status_code == 404, name


@each("GetOrderByNumber", "GetOrderById")
def test_of_several_orders_with_a_name_the_newest_is_found_also_when_others_were_deleted(api, posted, operation):
    api.post("/api/Order", json=an_order(Id="ext-1", Note="2"))
    assert operation(api, posted).json()["Note"] == "2"
    api.delete("/api/Order/Id/ext-1")
    assert operation(api, posted).json() == posted


@each("GetOrderByNumber", "GetOrderById", "GetOrderByTrackId")
def test_a_deleted_order_is_gone_by_number_and_id_and_not_found_by_track_id(api, told, posted, operation):
    api.delete("/api/Order/Number/N-1")
    answer = operation(api, posted)
    if operation.id == "GetOrderByTrackId":
        assert (answer.status_code, list(answer.json())) == (404, ["Status", "Title", "Detail"])
    else:
        assert (answer.status_code, answer.json()["Order"]["Number"]) == (410, "N-1")


@pytest.mark.parametrize("key", ["N%2F1", "N%2F1%20", "%20N%2F1"])
def test_a_key_may_hold_slashes_and_stand_between_blanks(api, key):
    api.post("/api/Order", json=an_order("N/1"))
    assert api.get(f"/api/Order/Number/{key}").json()["Number"] == "N/1"
    assert api.delete(f"/api/Order/Number/{key}").status_code == 200


@each("GetOrderByDate")
@pytest.mark.parametrize("date", ["2026-11-23", "2026-11-23T00:00:00", "2026-11-23T10:00:00"])
def test_orders_are_listed_by_the_day_of_their_own_date(api, posted, operation, date):
    api.post("/api/Order", json=an_order("N-2", Date="2026-11-24"))
    post_route(api, a_route(Date="2026-11-25", Orders=[an_order("A", Date="2026-11-23"), an_order("B")]))
    assert numbers(operation(api, {"Date": date})) == ["N-1", "A"]


@each("GetOrderByDate", "GetOrderByRouteDate", "GetOrderByStatusDate")
def test_a_day_without_orders_is_an_empty_list_and_a_wrong_one_refused_by_name(api, operation):
    assert operation(api, {"Date": "2031-01-01"}).json() == []
    for date in ("soon", "2026-13-01", "0000-00-00", "99999-01-01"):
        answer = operation(api, {"Date": date})
        assert (answer.status_code, answer.json()["Detail"][:6]) == (400, "date: ")
    assert operation(api, {"Date": "\0"}).status_code == 404


@each("GetOrderByDate", "GetOrdersByNumber", "GetOrderByStatusDate")
def test_the_orders_of_another_account_are_in_no_list(api, other_api, routed, operation):
    api.put("/api/Order/Number/N-1/Complete")
    about = routed | {"Date": "2026-11-23"}
    assert (numbers(operation(api, about)), operation(other_api, about).json()) == (["N-1"], [])


# By their route


@each("GetOrderByRouteDate")
def test_orders_are_listed_by_the_day_of_their_route_in_its_sequence(api, other_api, operation):
    post_route(api, a_route("B", "A"))
    post_route(api, a_route("C", Code="R-2"))
    post_route(api, a_route("D", Code="R-3", Date="2026-11-24"))
    api.post("/api/Order", json=an_order("E"))
    for date in ("2026-11-23", "2026-11-23T08:00:00"):
        assert numbers(operation(api, {"Date": date})) == ["B", "A", "C"]
    assert operation(other_api, {"Date": "2026-11-23"}).json() == []


@each("GetOrderByRouteCode")
def test_orders_are_listed_by_the_code_of_their_route_the_newest_of_that_code(api, other_api, operation):
    post_route(api, a_route("A", Date="2026-11-22"))
    post_route(api, a_route("C", "B"))
    assert numbers(operation(api, {"Code": "R-1"})) == ["C", "B"]
    assert operation(other_api, {"Code": "R-1"}).json() == []


@each("GetOrderByRouteCode")
def test_a_code_of_no_route_lists_no_orders(api, operation):
    answer = operation(api, {"Code": "unknown"})
    assert (answer.status_code, answer.json()) == (200, [])


# By their number


@each("GetOrdersByNumber")
def test_the_newest_25_orders_with_a_number_are_listed(api, operation):
    api.post("/api/Order/Bulk", json=[an_order(Id=f"{at}") for at in range(30)])
    api.post("/api/Order", json=an_order("N-2"))
    listed = operation(api, {"Number": "N-1"}).json()
    assert [order["Id"] for order in listed] == [f"{at}" for at in range(29, 4, -1)]


@each("GetOrdersByNumber")
def test_the_orders_with_a_number_are_gone_when_all_of_them_were_deleted(api, posted, operation):
    assert operation(api, {"Number": "unknown"}).json() == []
    api.post("/api/Order", json=an_order(Id="ext-2"))
    api.delete("/api/Order/Id/ext-1")
    assert [order["Id"] for order in operation(api, posted).json()] == ["ext-2"]
    api.delete("/api/Order/Id/ext-2")
    gone = operation(api, posted)
    assert (gone.status_code, gone.json()["Order"]["Id"]) == (410, "ext-2")


# By the time of their status


@each("GetOrderByStatusDate")
def test_orders_are_listed_whose_status_changed_later_than_a_moment_in_utc(api, clock, operation):
    post_route(api, a_route("A", "B"))
    api.post("/api/Order", json=an_order("C"))
    for number in ("B", "A"):
        clock.move_to(clock.now() + timedelta(minutes=1))
        api.put(f"/api/Order/Number/{number}/Reject")
    assert numbers(operation(api, {"Date": "2026-11-23T12:00:00"})) == ["B", "A"]
    assert numbers(operation(api, {"Date": "2026-11-23T12:01:00"})) == ["A"]
    assert numbers(operation(api, {"Date": "2026-11-23T14:01:00+02:00"})) == ["A"]
    assert numbers(operation(api, {"Date": "2026-11-23T12:02:00.000Z"})) == []


@each("GetOrderByStatusDate")
def test_a_status_that_comes_or_goes_with_the_route_has_changed_too(api, clock, operation):
    post_route(api, a_route("A"))
    api.put("/api/Route/Start/Code/R-1")
    api.put("/api/Route/Code/R-1/Order", json=an_order("B"))
    assert numbers(operation(api, {"Date": "2026-11-23T11:59:59"})) == ["A", "B"]
    clock.move_to(clock.now() + timedelta(hours=1))
    api.delete("/api/Route/Code/R-1?deleteOrders=false")
    assert numbers(operation(api, {"Date": "2026-11-23T12:30:00"})) == ["A", "B"]


@each("GetOrderByStatusDate")
def test_a_change_of_anything_else_is_no_change_of_the_status(api, clock, routed, operation):
    api.put("/api/Order/Number/N-1/Complete")
    clock.move_to(clock.now() + timedelta(hours=1))
    api.put("/api/Order?forceUpdate=true", json={"Number": "N-1", "Note": "x"})
    assert numbers(operation(api, {"Date": "2026-11-23T12:30:00"})) == []


@each("GetOrderByStatusDate")
def test_the_time_of_a_status_lies_at_most_a_day_back(api, operation):
    assert numbers(operation(api, {"Date": "2026-11-22T12:00:00"})) == []
    answer = operation(api, {"Date": "2026-11-22T11:59:59"})
    assert (answer.status_code, answer.json()["Detail"][:6]) == (400, "date: ")
