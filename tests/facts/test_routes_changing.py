"""These operations change routes and their custom fields, and the orders on them accordingly.

Ours allows custom fields on a route in any status, so it has no cause for the 405 that the API lists there.
"""

import pytest

from support.documents import a_route, a_stop, get_route, post_route, stops, without_nulls
from support.operations import each


@each("UpdateRouteByCode", "UpdateRouteById")
def test_a_changed_header_keeps_what_is_not_sent_and_is_told_once_and_not_for_the_orders(
    api, told, posted_route, operation
):
    changed = operation(api, posted_route, json={"DriverVehicle": "123 ABC", "StartTimePlan": "08:00"})
    assert (changed.status_code, changed.json()["Status"]) == (202, 202)
    [event] = told.news()
    assert (event.type, event.data["DriverVehicle"]) == ("RouteUpdated", "123 ABC")
    assert event.data["StartTimePlan"] == "2026-11-23T08:00:00"
    assert event.data == without_nulls(get_route(api))
    assert event.data["Orders"][0]["DriverVehicle"] == "123 ABC"


@each("UpdateRouteByCode", "UpdateRouteById")
def test_a_change_that_changes_nothing_is_not_told(api, told, posted_route, operation):
    for body in ({}, {"Orders": None}, a_route("A", "B"), {"Orders": [{"Number": "A"}, {"Number": "B"}]}):
        assert operation(api, posted_route, json=body).status_code == 202, body
        assert told.news() == []
        assert get_route(api) == posted_route


@each("UpdateRouteByCode", "UpdateRouteById")
def test_orders_that_are_sent_become_the_orders_of_the_route(api, told, posted_route, operation):
    body = {"Orders": [a_stop("C"), a_stop("B", Note="x")]}
    assert operation(api, posted_route, json=body).status_code == 202
    assert stops(api) == [("C", 1), ("B", 2)]
    news = [(event.type, event.data.get("Number")) for event in told.news()]
    assert news == [("RouteUpdated", None), ("OrderCreated", "C"), ("OrderUpdated", "B"), ("OrderUpdated", "A")]
    left = api.get("/api/Order/Number/A").json()
    assert (left["RouteNumber"], left["SeqNumber"]) == (None, None)


@each("UpdateRouteByCode", "UpdateRouteById")
def test_another_sequence_is_a_change_of_the_route_and_of_the_moved_orders(api, told, posted_route, operation):
    operation(api, posted_route, json={"Orders": [{"Number": "B"}, {"Number": "A"}]})
    assert stops(api) == [("B", 1), ("A", 2)]
    assert sorted(told.types()) == ["OrderUpdated", "OrderUpdated", "RouteUpdated"]


@each("UpdateRouteByCode", "UpdateRouteById")
def test_a_change_of_an_order_by_its_route_is_no_change_of_the_route(api, told, posted_route, operation):
    operation(api, posted_route, json={"Orders": [{"Number": "A"}, {"Number": "B", "Note": "x"}]})
    assert told.types() == ["OrderUpdated"]


@each("UpdateRouteByCode", "UpdateRouteById")
def test_an_order_with_an_outcome_stays_on_its_route(api, told, posted_route, operation):
    api.put("/api/Order/Number/A/Complete")
    told.news()
    operation(api, posted_route, json={"Orders": [{"Number": "B"}]})
    assert stops(api) == [("A", 1), ("B", 2)]
    assert told.news() == []


@each("UpdateRouteByCode", "UpdateRouteById")
def test_a_code_and_date_that_another_route_has_is_refused(api, told, posted_route, operation):
    post_route(api, {"Code": "R-2", "Id": "ext-2", "Date": "2026-11-23"})
    told.news()
    assert operation(api, {"Code": "R-2", "Id": "ext-2"}, json={"Code": "R-1"}).status_code == 400
    assert told.news() == []


@each("UpdateRouteByCode", "UpdateRouteById")
def test_of_several_routes_with_a_name_the_newest_is_changed(api, told, posted_route, operation):
    post_route(api, a_route(Date="2026-11-22"))
    told.news()
    operation(api, posted_route, json={"DriverVehicle": "123 ABC"})
    assert [event.data["Date"][:10] for event in told.news()] == ["2026-11-22"]


@each("UpdateRouteByCode", "UpdateRouteById")
def test_a_change_that_cannot_be_is_refused_naming_the_member(api, told, posted_route, operation):
    answer = operation(api, posted_route, json={"Orders": [a_stop("C"), a_stop("D", Weight="x")]})
    assert (answer.status_code, answer.json()["Detail"][:18]) == (400, "Orders[1].Weight: ")
    assert told.news() == []


@each("UpdateRouteByCode", "UpdateRouteById")
def test_a_closed_route_takes_no_orders_by_a_change_and_lets_none_go(api, told, posted_route, operation):
    api.put("/api/Route/Close/Code/R-1")
    told.news()
    for orders in ([a_stop("A"), a_stop("B"), a_stop("C")], [a_stop("A")]):
        assert operation(api, posted_route, json={"Orders": orders}).status_code == 405
    assert told.news() == []


@each(
    "UpdateRouteByCode",
    "UpdateRouteById",
    "UpdateRouteCustomValuesByCode",
    "UpdateRouteCustomValuesById",
    "DeleteRouteByCode",
    "DeleteRouteById",
)
def test_a_route_that_is_not_there_or_is_anothers_is_not_found(api, other_api, told, posted_route, operation):
    body = [] if "Custom" in operation.id else {}
    assert operation(api, {"Code": "X", "Id": "R-1"}, json=body).status_code == 404
    assert operation(other_api, posted_route, json=body).status_code == 404
    assert told.news() == []


@each("UpdateRouteByCode", "UpdateRouteById")
def test_orders_of_a_changed_route_share_stops_unless_told_not_to(api, posted_route, operation):
    body = {"Orders": [a_stop("C"), a_stop("D", Address="c street")]}
    operation(api, posted_route, json=body)
    assert stops(api) == [("C", 1), ("D", 1)]
    operation(api, posted_route, json=body, mergeAddresses="false")
    assert stops(api) == [("C", 1), ("D", 2)]


# Custom fields

FIELDS = [{"Id": "cf_1", "Value": "a"}, {"Id": "cf_2", "Value": "b"}]


def custom_fields(api):
    return [(field["Id"], field["Value"]) for field in get_route(api)["CustomFields"]]


@each("UpdateRouteCustomValuesByCode", "UpdateRouteCustomValuesById")
@pytest.mark.parametrize("content_type", ["application/json", "application/json-patch+json", "text/json"])
def test_the_custom_fields_that_are_sent_change_and_the_others_stay(api, told, operation, content_type):
    post_route(api, a_route(CustomFields=FIELDS))
    told.news()
    body = '[{"Id": "cf_2", "Value": 7}, {"id": "cf_3", "value": "c"}]'
    answer = api.patch(operation.url(a_route()), content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 202, answer.text
    assert custom_fields(api) == [("cf_1", "a"), ("cf_2", "7"), ("cf_3", "c")]
    [event] = told.news()
    assert (event.type, event.data) == ("RouteUpdated", without_nulls(get_route(api)))


@each("UpdateRouteCustomValuesByCode", "UpdateRouteCustomValuesById")
def test_custom_fields_that_do_not_change_are_not_told(api, told, operation):
    post_route(api, a_route(CustomFields=FIELDS))
    told.news()
    for body in ([], FIELDS[:1]):
        assert operation(api, a_route(), json=body).status_code == 202, body
        assert told.news() == []


@each("UpdateRouteCustomValuesByCode", "UpdateRouteCustomValuesById")
def test_custom_fields_that_cannot_be_are_refused_naming_the_member(api, told, posted_route, operation):
    for body, line in (
        ([{"Id": "cf_1"}, {"Value": "x"}], "[1].Id: "),
        ([{"Id": "colour", "Value": "x"}], "[0].Id: "),
        ([{"Id": "cf_1", "Value": {}}], "[0].Value: "),
        ([5], "[0]"),
        ({"Id": "cf_1", "Value": "x"}, "body: "),
        (None, "body: "),
    ):
        answer = operation(api, posted_route, json=body)
        assert (answer.status_code, answer.json()["Detail"][: len(line)]) == (400, line), body
        assert told.news() == []
