"""The 73 operations of the Track-POD API 2.0: each is in our document, and keeps it in JSON and in XML."""

import pytest
from fastapi.testclient import TestClient
from pydantic_core import to_json

from support.published import JSON, XML, Published, as_xml

# Operation, method, path, the status of success, and the root element of its answer.
OPERATIONS = [
    line.split()
    for line in """
AddAddress POST /Address 201 ApiResponse
GetDriverById GET /Driver/Id/{id} 200 Driver
DeleteDriverById DELETE /Driver/Id/{id} 200 ApiResponse
GetDriverByUsername GET /Driver/Username/{username} 200 Driver
DeleteDriverByUsername DELETE /Driver/Username/{username} 200 ApiResponse
GetDrivers GET /Driver 200 ArrayOfDriver
AddDriver POST /Driver 201 ApiResponse
UpdateDriver PUT /Driver 202 ApiResponse
AddOrder POST /Order 201 ApiResponse
UpdateOrder PUT /Order 202 ApiResponse
AddOrderBulk POST /Order/Bulk 201 ArrayOfOrderResult
GetOrderByNumber GET /Order/Number/{number} 200 Order
DeleteOrderByNumber DELETE /Order/Number/{number} 200 ApiResponse
GetOrderById GET /Order/Id/{id} 200 Order
DeleteOrderById DELETE /Order/Id/{id} 200 ApiResponse
GetOrderByTrackId GET /Order/TrackId/{trackId} 200 Order
UpdateOrderByTrackId PUT /Order/TrackId/{trackId} 202 ApiResponse
GetOrderByDate GET /Order/Date/{date} 200 ArrayOfOrder
GetOrderByRouteDate GET /Order/Route/Date/{date} 200 ArrayOfOrder
GetOrderByRouteCode GET /Order/Route/Code/{code} 200 ArrayOfOrder
GetOrderByStatusDate GET /Order/Status/Date/{date} 200 ArrayOfOrder
GetOrdersByNumber GET /Order/Number/{number}/List 200 ArrayOfOrder
SetOrderStatusByNumber PUT /Order/Number/{number}/Status 200 ApiResponse
SetOrderStatusByTrackId PUT /Order/TrackId/{trackId}/Status 200 ApiResponse
SetOrderStatusById PUT /Order/Id/{id}/Status 200 ApiResponse
GetOrderPodByNumber GET /Order/Number/{number}/Pdf 200 -
GetOrderPodById GET /Order/Id/{id}/Pdf 200 -
GetOrderShippingLabelByNumber GET /Order/Number/{number}/Shipping-label 200 -
GetOrderShippingLabelById GET /Order/Id/{id}/Shipping-label 200 -
CompleteOrderByNumber PUT /Order/Number/{number}/Complete 200 ApiResponse
CompleteOrderById PUT /Order/Id/{id}/Complete 200 ApiResponse
CompleteOrderByTrackId PUT /Order/TrackId/{trackId}/Complete 200 ApiResponse
RejectOrderByNumber PUT /Order/Number/{number}/Reject 200 ApiResponse
RejectOrderById PUT /Order/Id/{id}/Reject 200 ApiResponse
RejectOrderByTrackId PUT /Order/TrackId/{trackId}/Reject 200 ApiResponse
GetRejectReasonsList GET /RejectReason 200 RejectReasonsList
AddRoute POST /Route 201 ApiResponse
UpdateRouteByCode PUT /Route/Code/{code} 202 ApiResponse
GetRouteByCode GET /Route/Code/{code} 200 Route
DeleteRouteByCode DELETE /Route/Code/{code} 200 ApiResponse
UpdateRouteById PUT /Route/Id/{id} 202 ApiResponse
GetRouteById GET /Route/Id/{id} 200 Route
DeleteRouteById DELETE /Route/Id/{id} 200 ApiResponse
UpdateRouteCustomValuesByCode PATCH /Route/Code/{code}/CustomFields 202 ApiResponse
UpdateRouteCustomValuesById PATCH /Route/Id/{id}/CustomFields 202 ApiResponse
GetRouteByDate GET /Route/Date/{date} 200 ArrayOfRoute
GetRouteExportCode GET /Route/Export/Code 200 ArrayOfString
GetRouteExportId GET /Route/Export/Id 200 ArrayOfString
SetRouteExportCode PUT /Route/Export/Code/{code} 202 ApiResponse
SetRouteExportId PUT /Route/Export/Id/{id} 202 ApiResponse
AddOrderToRouteByCode PUT /Route/Code/{code}/Order 202 ApiResponse
AddOrderToRouteById PUT /Route/Id/{id}/Order 202 ApiResponse
MoveOrderToRouteByCodeByNumber PUT /Route/Code/{code}/Order/Number/{number} 202 ApiResponse
MoveOrderToRouteByCodeById PUT /Route/Code/{code}/Order/Id/{orderId} 202 ApiResponse
MoveOrderToRouteByIdByNumber PUT /Route/Id/{id}/Order/Number/{number} 202 ApiResponse
MoveOrderToRouteByIdById PUT /Route/Id/{id}/Order/Id/{orderId} 202 ApiResponse
GetRouteTrackByCode GET /Route/Track/Code/{code} 200 RouteTrack
GetRouteTrackById GET /Route/Track/Id/{id} 200 RouteTrack
StartRouteByCode PUT /Route/Start/Code/{code} 202 ApiResponse
StartRouteById PUT /Route/Start/Id/{id} 202 ApiResponse
CloseRouteByCode PUT /Route/Close/Code/{code} 202 ApiResponse
CloseRouteById PUT /Route/Close/Id/{id} 202 ApiResponse
SetRouteReadyByCode PUT /Route/Ready/Code/{code} 202 ApiResponse
SetRouteReadyById PUT /Route/Ready/Id/{id} 202 ApiResponse
Test GET /Test 200 string
GetVehicle GET /Vehicle/{id} 200 VehicleExtended
DeleteVehicle DELETE /Vehicle/{id} 200 ApiResponse
GetVehicles GET /Vehicle 200 ArrayOfVehicleExtended
AddVehicle POST /Vehicle 201 ApiResponse
UpdateVehicle PUT /Vehicle 202 ApiResponse
GetCheckByVehicle GET /VehicleCheck/{number} 200 VehicleCheck
GetChecksByVehicle GET /VehicleCheck/Number/{number}/Date/{date} 200 ArrayOfVehicleCheck
GetVehicleChecksByDate GET /VehicleCheck/Date/{date} 200 ArrayOfVehicleCheck
""".strip().splitlines()
]

# What they show cannot be put in by an operation of that API: they answer that there is nothing.
_NOTHING_THERE = {"GetRouteTrackByCode", "GetRouteTrackById", "GetCheckByVehicle"}

_ORDER = {"Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn", "GoodsList": [{"GoodsName": "Cups"}]}
_CANCELED = {"Status": "NotDelivered", "RejectReason": "Canceled"}


@pytest.fixture
def published(web):
    return Published(web.openapi())


def test_all_operations_are_there(published):
    assert len(OPERATIONS) == 73
    assert {operation_id for operation_id, *_ in OPERATIONS} <= set(published.operations)


def test_each_operation_has_its_id_method_path_status_and_root(published):
    ours = {
        operation_id: [operation_id, method, path.removeprefix("/api"), next(iter(operation["responses"]))]
        for operation_id, (method, path, operation) in published.operations.items()
    }
    wrong = {}
    for operation_id, method, path, status, root in OPERATIONS:
        found = published.operations[operation_id]
        roots = {published.root(operation_id, int(status))} if status in found[2]["responses"] else {"no such status"}
        if ours[operation_id][:3] != [operation_id, method, path] or roots != {None if root == "-" else root}:
            wrong[operation_id] = (*found[:2], *roots)
    assert wrong == {}


@pytest.mark.parametrize("kind", [JSON, XML])
def test_each_operation_answers_as_published(api, published, kind):
    faults = {}
    for number, (operation_id, method, path, status, root) in enumerate(OPERATIONS):
        keys, about = prepare(api, path.split("/")[1], str(number))
        answer = call(api, method, path, keys, (_BODIES | about).get(operation_id), kind)
        expected = {int(status), 404} if operation_id in _NOTHING_THERE else {int(status)}
        if answer.status_code not in expected:
            faults[operation_id] = answer.text
        elif root != "-":
            assert answer.headers["Content-Type"].partition(";")[0] == kind
            published.check(operation_id, answer)
    assert faults == {}


@pytest.mark.parametrize("kind", [JSON, XML])
def test_each_operation_on_what_is_not_there_answers_as_published(api, published, kind):
    for operation_id, method, path, *_ in OPERATIONS:
        if "{" not in path or "{date}" in path:
            continue
        keys = dict.fromkeys(("number", "id", "trackId", "code", "orderId", "username"), "nothing")
        answer = call(api, method, path, keys, _BODIES.get(operation_id), kind)
        assert answer.status_code in {200, 400, 404}, (operation_id, answer.text)
        published.check(operation_id, answer)


@pytest.mark.parametrize("kind", [JSON, XML])
def test_each_operation_refuses_a_wrong_key_as_published(web, published, kind):
    for number, (operation_id, (method, path, _)) in enumerate(published.operations.items()):
        stranger = TestClient(web, client=(f"192.0.2.{number % 250}", 40_000))  # one address would not be listened to
        answer = stranger.request(method, path, headers={"Accept": kind, "X-API-KEY": "wrong"})
        assert answer.status_code == 401, operation_id
        published.check(operation_id, answer)


_BODIES = {
    "AddAddress": {"Id": "new", "FullAddress": "Kalasadama 4, Tallinn"},
    "AddDriver": {"Name": "Driver", "Username": "new", "Password": "a long one"},
    "AddOrder": _ORDER | {"Number": "new"},
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
}


def prepare(api, noun, name):
    """What an operation on this noun needs, all new: the keys for its path, and bodies about it."""
    keys = {"date": "2026-11-23"}
    if noun in {"Order", "Route"}:
        on_route = _ORDER | {"Number": f"N-{name}", "Id": f"I-{name}"}
        _add(api, "Route", {"Code": f"R-{name}", "Id": f"RI-{name}", "Orders": [on_route]})
        keys["code"] = f"R-{name}"
    if noun == "Order":
        track_id = api.get(f"/api/Order/Number/N-{name}").json()["TrackId"]
        keys |= {"number": f"N-{name}", "id": f"I-{name}", "trackId": track_id}
        return keys, {"UpdateOrder": {"Number": f"N-{name}", "Note": "Changed"}}
    if noun == "Route":
        _add(api, "Order", _ORDER | {"Number": f"L-{name}", "Id": f"LI-{name}"})
        return keys | {"id": f"RI-{name}", "number": f"L-{name}", "orderId": f"LI-{name}"}, {}
    if noun in {"Driver", "Vehicle"}:
        _add(api, "Driver", {"Name": "Driver", "Username": f"driver-{name}", "Password": "a long one"})
    if noun == "Driver":
        (driver_id,) = (one["Id"] for one in api.get("/api/Driver").json() if one["Username"] == f"driver-{name}")
        keys |= {"id": driver_id, "username": f"driver-{name}"}
        return keys, {"UpdateDriver": {"Username": f"driver-{name}", "Note": "Changed"}}
    if noun == "Vehicle":
        vehicle = {"Number": f"V-{name}", "DriverUsername": f"driver-{name}", "Depot": "Peterburi tee 2"}
        _add(api, "Vehicle", vehicle)
        (found,) = api.get(f"/api/Vehicle?number=V-{name}").json()
        about = {"Id": found["Id"], "Carrier": "Changed"}
        return keys | {"id": found["Id"]}, {"AddVehicle": vehicle | {"Number": "new"}, "UpdateVehicle": about}
    return keys | {"number": "V-1"}, {}


def _add(api, noun, body):
    answer = api.post(f"/api/{noun}", json=body)
    assert answer.status_code == 201, answer.text


def call(api, method, path, keys, body, kind):
    content = b"" if body is None else as_xml(body) if kind == XML else to_json(body)
    headers = {"Content-Type": kind, "Accept": kind}
    return api.request(method, "/api" + path.format(**keys), content=content, headers=headers)
