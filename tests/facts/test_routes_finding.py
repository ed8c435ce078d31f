"""These operations find routes, each with its orders. They fire no events."""

import pytest

from support.documents import a_route, post_route
from support.operations import each


@each("GetRouteByCode", "GetRouteById")
def test_a_route_is_found_by_its_code_or_the_callers_own_id_in_its_own_account(
    api, other_api, told, posted_route, operation
):
    found = operation(api, {"Code": " R-1", "Id": "ext-r "})
    assert (found.status_code, found.json()) == (200, posted_route)
    assert [order["Number"] for order in found.json()["Orders"]] == ["A", "B"]
    assert operation(other_api, posted_route).status_code == 404
    assert operation(api, {"Code": "ext-r", "Id": "R-1"}).status_code == 404
    assert told.news() == []


@each("GetRouteByCode", "GetRouteById")
def test_of_several_routes_with_a_name_the_newest_is_found_whatever_its_date(api, posted_route, operation):
    post_route(api, a_route(Date="2026-11-22"))
    assert operation(api, posted_route).json()["Date"] == "2026-11-22T00:00:00"
    assert api.delete("/api/Route/Code/R-1").status_code == 200
    assert operation(api, posted_route).json() == posted_route


@each("GetRouteByDate")
@pytest.mark.parametrize("date", ["2026-11-23", "2026-11-23T10:00:00"])
def test_routes_of_a_day_are_listed_with_their_orders(api, other_api, told, posted_route, operation, date):
    post_route(api, a_route("C", Code="R-2", Date="2026-11-24"))
    told.news()
    assert operation(api, {"Date": date}).json() == [posted_route]
    assert [route["Code"] for route in operation(api, {"Date": "2026-11-24"}).json()] == ["R-2"]
    assert operation(api, {"Date": "2026-11-25"}).json() == operation(other_api, {"Date": date}).json() == []
    assert told.news() == []
