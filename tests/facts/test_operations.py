"""All 73 operations in one table: each is in our document with what is published of it, does what it is for, in JSON
and in XML, fires its events and no others, and has a rule test.

What our document has besides: an answer for what no caller should have to guess (413, 500, 503), 403 for restricted
keys, and 405 or 409 wherever something is changed.
"""

import ast
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic_core import to_json

from support.operations import OPERATIONS
from support.published import JSON, XML, as_xml

# What each fires in `perform`, in this order; what is not listed fires nothing.
EVENTS = {
    operation_id: events.split()
    for ids, events in {
        "AddOrder AddOrderBulk": "OrderCreated",
        "UpdateOrder UpdateOrderByTrackId": "OrderUpdated",
        "DeleteOrderByNumber DeleteOrderById": "OrderDeleted RouteUpdated",
        "SetOrderStatusByNumber SetOrderStatusByTrackId SetOrderStatusById": "OrderStatusUpdated",
        "CompleteOrderByNumber CompleteOrderById CompleteOrderByTrackId": "OrderStatusUpdated",
        "RejectOrderByNumber RejectOrderById RejectOrderByTrackId": "OrderStatusUpdated",
        "AddRoute": "RouteCreated OrderCreated",
        "UpdateRouteByCode UpdateRouteById": "RouteUpdated",
        "UpdateRouteCustomValuesByCode UpdateRouteCustomValuesById": "RouteUpdated",
        "DeleteRouteByCode DeleteRouteById": "OrderDeleted RouteDeleted",
        "AddOrderToRouteByCode AddOrderToRouteById": "RouteUpdated OrderCreated",
        "MoveOrderToRouteByCodeByNumber MoveOrderToRouteByCodeById": "RouteUpdated OrderUpdated",
        "MoveOrderToRouteByIdByNumber MoveOrderToRouteByIdById": "RouteUpdated OrderUpdated",
        "StartRouteByCode StartRouteById": "RouteStarted OrderStatusUpdated",
        "CloseRouteByCode CloseRouteById": "RouteClosed",
        "SetRouteReadyByCode SetRouteReadyById": "RouteUpdated",
    }.items()
    for operation_id in ids.split()
}

# These list what there is, also of what nobody knows.
LISTS_NOTHING = {"GetOrderByRouteCode", "GetOrdersByNumber"}

_ORDER = {"Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn", "GoodsList": [{"GoodsName": "Cups"}]}
_CANCELED = {"Status": "NotDelivered", "RejectReason": "Canceled"}
_BODIES: dict[str, Any] = {
    "AddAddress": {"Id": "new", "FullAddress": "Kalasadama 4, Tallinn"},
    "AddDriver": {"Name": "Driver", "Username": "new", "Password": "a long one"},
    "AddOrder": _ORDER | {"Number": "new"},
    "UpdateOrder": {"Number": "nothing", "Note": "Changed"},
    "UpdateOrderByTrackId": {"Note": "Changed"},
    "AddOrderBulk": [_ORDER | {"Number": "new"}],
    "AddRoute": {"Code": "new", "Orders": [_ORDER]},
    "UpdateRouteByCode": {"Depot": "Changed"},
    "UpdateRouteById": {"Depot": "Changed"},
    "UpdateRouteCustomValuesByCode": [{"Id": "cf_1", "Value": "Changed"}],
    "UpdateRouteCustomValuesById": [{"Id": "cf_1", "Value": "Changed"}],
    "AddOrderToRouteByCode": _ORDER,
    "AddOrderToRouteById": _ORDER,
    "SetOrderStatusByNumber": _CANCELED,
    "SetOrderStatusByTrackId": _CANCELED,
    "SetOrderStatusById": _CANCELED,
    "UpdateDriver": {"Username": "nothing", "Note": "Changed"},
    "UpdateVehicle": {"Id": 9, "Carrier": "Changed"},
}

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing is stored


# What the document says


def test_all_operations_are_there(published):
    assert len(OPERATIONS) == 73
    assert set(OPERATIONS) <= set(published.operations)


def test_each_operation_has_its_method_path_statuses_and_root(published):
    for one in OPERATIONS.values():
        method, path, operation = published.operations[one.id]
        assert (method, path) == (one.method, f"/api{one.path}"), one.id
        answers = {int(status) for status in operation["responses"]}
        assert {status for status in answers if status < 300} == set(one.statuses), one.id
        assert {401, 429, *one.refusals} <= answers, one.id
        assert {published.root(one.id, status) for status in one.statuses} == {one.root}, one.id


def test_each_operation_has_its_flags_with_their_defaults_and_no_others(published):
    def text(value):
        return str(value).lower() if isinstance(value, bool) else value and str(value)

    for one in OPERATIONS.values():
        parameters = published.operations[one.id][2].get("parameters", [])
        flags = {flag["name"]: text(flag["schema"].get("default")) for flag in parameters if flag["in"] == "query"}
        ours = {"clearEmpty": "false"} if "clearEmpty" in flags else {}
        assert flags == one.flags | ours, one.id
        in_path = {f"{{{key['name']}}}" for key in parameters if key["in"] == "path"}
        assert in_path == {part for part in one.path.split("/") if part.startswith("{")}, one.id


def test_only_the_status_operations_are_deprecated(published):
    deprecated = {one for one in OPERATIONS if published.operations[one][2].get("deprecated")}
    assert deprecated == {"SetOrderStatusByNumber", "SetOrderStatusByTrackId", "SetOrderStatusById"}


# What they do


@pytest.mark.parametrize("kind", [JSON, XML])
def test_each_operation_answers_as_published_and_fires_its_events(api, told, published, kind):
    """New routes begin as drafts here, so that there is something to make ready."""
    state = api.app.state
    state.settings = state.settings.model_copy(update={"new_route_status": "Draft"})
    for number, one in enumerate(OPERATIONS.values()):
        about, body = prepare(api, one, str(number))
        told.news()
        answer = call(api, one, about, body, kind)
        assert answer.status_code == one.statuses[0], (one.id, answer.text)
        assert told.types() == EVENTS.get(one.id, []), f"{one.id}: see EVENTS in tests/facts/test_operations.py"
        if one.root:
            assert answer.headers["Content-Type"].partition(";")[0] == kind
        if one.root == "ApiResponse" and kind == JSON:
            assert answer.json()["Status"] == one.statuses[0]
        published.check(one.id, answer)


@pytest.mark.parametrize("kind", [JSON, XML])
def test_each_operation_that_names_something_finds_nothing_under_an_unknown_name(api, told, published, kind):
    """404, also where none is listed; the paths are in another letter case than the published ones."""
    unknown = dict.fromkeys(("Number", "Id", "TrackId", "Code", "Username"), "nothing")
    for one in OPERATIONS.values():
        names = {part for part in one.path.split("/") if part.startswith("{")} - {"{date}"}
        if "{date}" in one.path or not (names or one.id in {"UpdateOrder", "UpdateDriver", "UpdateVehicle"}):
            continue
        answer = call(api, one, (unknown,), _BODIES.get(one.id), kind, in_case=str.lower)
        assert answer.status_code == (200 if one.id in LISTS_NOTHING else 404), (one.id, answer.text)
        published.check(one.id, answer)
    assert told.news() == []


@on_sqlite
@pytest.mark.parametrize("kind", [JSON, XML])
def test_each_operation_refuses_a_wrong_key_as_published(web, published, kind):
    for number, (operation_id, (method, path, _)) in enumerate(published.operations.items()):
        stranger = TestClient(web, client=(f"192.0.2.{number % 250}", 40_000))  # one address would not be listened to
        answer = stranger.request(method, path, headers={"Accept": kind, "X-API-KEY": "wrong"})
        assert answer.status_code == 401, operation_id
        published.check(operation_id, answer)


@on_sqlite
def test_each_operation_with_a_body_refuses_one_of_another_type_and_one_of_another_shape(api, published):
    takes_one = [one for one in OPERATIONS.values() if "requestBody" in published.operations[one.id][2]]
    assert {one.id for one in OPERATIONS.values() if 415 in one.refusals} - {"Test"} <= {one.id for one in takes_one}
    for one in takes_one:
        url = one.url(dict.fromkeys(("Number", "Id", "TrackId", "Code"), "nothing"))
        text = api.request(one.method, url, content="Note", headers={"Content-Type": "text/plain"})
        wrong = api.request(one.method, url, json="Note")
        assert (text.status_code, wrong.status_code) == (415, 400), one.id
        published.check(one.id, text)
        published.check(one.id, wrong)


@on_sqlite
def test_each_operation_with_a_date_in_its_path_refuses_what_is_none(api, published):
    for one in OPERATIONS.values():
        if "{date}" in one.path:
            answer = one(api, {"Number": "1", "Date": "soon"})
            assert (answer.status_code, answer.json()["Detail"][:6]) == (400, "date: "), one.id
            published.check(one.id, answer)


def prepare(api, operation, name):
    """What the operation needs, all new: the documents that name it, and its body."""
    noun = operation.path.split("/")[1]
    body = _BODIES.get(operation.id)
    order = _ORDER | {"Number": f"N-{name}", "Id": f"I-{name}"}
    route = {"Code": f"R-{name}", "Id": f"RI-{name}", "Date": "2026-11-23"}
    driver = {"Name": "Driver", "Username": f"driver-{name}", "Password": "a long one"}
    vehicle = {"Number": f"V-{name}", "DriverUsername": driver["Username"], "Depot": "Peterburi tee 2"}
    if noun == "Order":
        _add(api, "Route", route | {"Orders": [order]})
        order = api.get(f"/api/Order/Number/N-{name}").json()
        return (order, route), body | {"Number": order["Number"]} if operation.id == "UpdateOrder" else body
    if noun == "Route":
        _add(api, "Route", route | {"Orders": [_ORDER]})
        _add(api, "Order", order)
        if "Track" in operation.id:
            _add(api, f"Route/Track/Code/R-{name}", [{"Lat": 59, "Lng": 24, "Date": "2026-11-23T08:00:00"}])
        return (route, order), body
    if noun == "VehicleCheck":
        _add(api, noun, {"VehicleNumber": f"V-{name}", "Date": "2026-11-23T08:00:00"})
        return ({"Number": f"V-{name}", "Date": "2026-11-23"},), body
    if noun in {"Driver", "Vehicle"}:
        _add(api, "Driver", driver)
    if noun == "Driver":
        (driver,) = (one for one in api.get("/api/Driver").json() if one["Username"] == driver["Username"])
        return (driver,), body | {"Username": driver["Username"]} if operation.id == "UpdateDriver" else body
    if noun == "Vehicle":
        _add(api, "Vehicle", vehicle)
        (found,) = api.get(f"/api/Vehicle?number=V-{name}").json()
        own = {"AddVehicle": vehicle | {"Number": "new"}, "UpdateVehicle": {"Id": found["Id"], "Carrier": "Changed"}}
        return (found,), own.get(operation.id)
    return (), body


def _add(api, path, body):
    answer = api.post(f"/api/{path}", json=body)
    assert answer.status_code == 201, answer.text


def call(api, operation, about, body, kind, in_case=str):
    content = b"" if body is None else as_xml(body) if kind == XML else to_json(body)
    headers = {"Content-Type": kind, "Accept": kind}
    return api.request(operation.method, in_case(operation.url(*about)), content=content, headers=headers)


# That no row gets lost


def test_each_operation_is_named_by_a_test_of_its_rules():
    named = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        tests = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)]
        for mark in (mark for test in tests if test.name.startswith("test_") for mark in test.decorator_list):
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "each":
                named |= {ast.literal_eval(argument) for argument in mark.args}
    assert named == set(OPERATIONS), "each operation of the table has a test in tests/facts that is marked with `each`"
