"""The 73 operations of the Track-POD API 2.0 in their published order, and what is published of each.

A line is: the operation's id, its method and path; the statuses of success, the one that an answer has unless a test
says otherwise first; the refusals that it lists besides 401 and 429; the root element of its answer; its flags with
their defaults. Where the API lists 200 beside the 202 that it describes, ours has the one that is described.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

_TABLE = """
AddAddress POST /Address 201,202 400,415 ApiResponse
GetDriverById GET /Driver/Id/{id} 200 404 Driver
DeleteDriverById DELETE /Driver/Id/{id} 200 400,404 ApiResponse
GetDriverByUsername GET /Driver/Username/{username} 200 404 Driver
DeleteDriverByUsername DELETE /Driver/Username/{username} 200 400,404 ApiResponse
GetDrivers GET /Driver 200 - ArrayOfDriver
AddDriver POST /Driver 201 400,405,415 ApiResponse
UpdateDriver PUT /Driver 202 400,404,405,415 ApiResponse
AddOrder POST /Order 201 400,415 ApiResponse updateAddressGps=false updateGoodsPrice=false
UpdateOrder PUT /Order 202 400,404,405,410,415 ApiResponse updateAddressGps=false forceUpdate=false
AddOrderBulk POST /Order/Bulk 201,200 400,415 ArrayOfOrderResult updateAddressGps=false updateGoodsPrice=false
GetOrderByNumber GET /Order/Number/{number} 200 404,410 Order
DeleteOrderByNumber DELETE /Order/Number/{number} 200 400,404 ApiResponse
GetOrderById GET /Order/Id/{id} 200 404,410 Order
DeleteOrderById DELETE /Order/Id/{id} 200 400,404 ApiResponse
GetOrderByTrackId GET /Order/TrackId/{trackId} 200 404 Order
UpdateOrderByTrackId PUT /Order/TrackId/{trackId} 202 400,404,405,415 ApiResponse updateAddressGps=false
GetOrderByDate GET /Order/Date/{date} 200 400 ArrayOfOrder
GetOrderByRouteDate GET /Order/Route/Date/{date} 200 400 ArrayOfOrder
GetOrderByRouteCode GET /Order/Route/Code/{code} 200 - ArrayOfOrder
GetOrderByStatusDate GET /Order/Status/Date/{date} 200 400 ArrayOfOrder
GetOrdersByNumber GET /Order/Number/{number}/List 200 410 ArrayOfOrder
SetOrderStatusByNumber PUT /Order/Number/{number}/Status 200 400,404,405 ApiResponse
SetOrderStatusByTrackId PUT /Order/TrackId/{trackId}/Status 200 400,404,405 ApiResponse
SetOrderStatusById PUT /Order/Id/{id}/Status 200 400,404,405 ApiResponse
GetOrderPodByNumber GET /Order/Number/{number}/Pdf 200 404 -
GetOrderPodById GET /Order/Id/{id}/Pdf 200 404 -
GetOrderShippingLabelByNumber GET /Order/Number/{number}/Shipping-label 200 404 - pageType=6A4
GetOrderShippingLabelById GET /Order/Id/{id}/Shipping-label 200 404 - pageType=6A4
CompleteOrderByNumber PUT /Order/Number/{number}/Complete 200 400,404 ApiResponse
CompleteOrderById PUT /Order/Id/{id}/Complete 200 400,404 ApiResponse
CompleteOrderByTrackId PUT /Order/TrackId/{trackId}/Complete 200 400,404 ApiResponse
RejectOrderByNumber PUT /Order/Number/{number}/Reject 200 400,404 ApiResponse
RejectOrderById PUT /Order/Id/{id}/Reject 200 400,404 ApiResponse
RejectOrderByTrackId PUT /Order/TrackId/{trackId}/Reject 200 400,404 ApiResponse
GetRejectReasonsList GET /RejectReason 200 - RejectReasonsList
AddRoute POST /Route 201,202 400,405,415 ApiResponse \
    update=false updateAddressGps=false mergeAddresses=true updateGoodsPrice=false
UpdateRouteByCode PUT /Route/Code/{code} 202 400,404,405 ApiResponse updateAddressGps=false mergeAddresses=true
GetRouteByCode GET /Route/Code/{code} 200 404 Route
DeleteRouteByCode DELETE /Route/Code/{code} 200 400,404 ApiResponse deleteOrders=true
UpdateRouteById PUT /Route/Id/{id} 202 400,404,405 ApiResponse updateAddressGps=false mergeAddresses=true
GetRouteById GET /Route/Id/{id} 200 404 Route
DeleteRouteById DELETE /Route/Id/{id} 200 400,404 ApiResponse deleteOrders=true
UpdateRouteCustomValuesByCode PATCH /Route/Code/{code}/CustomFields 202 400,404,405 ApiResponse
UpdateRouteCustomValuesById PATCH /Route/Id/{id}/CustomFields 202 400,404,405 ApiResponse
GetRouteByDate GET /Route/Date/{date} 200 400 ArrayOfRoute
GetRouteExportCode GET /Route/Export/Code 200 400 ArrayOfString status=5
GetRouteExportId GET /Route/Export/Id 200 400 ArrayOfString status=5
SetRouteExportCode PUT /Route/Export/Code/{code} 202 - ApiResponse
SetRouteExportId PUT /Route/Export/Id/{id} 202 - ApiResponse
AddOrderToRouteByCode PUT /Route/Code/{code}/Order 202 400,405,415 ApiResponse \
    updateAddressGps=false mergeAddresses=true
AddOrderToRouteById PUT /Route/Id/{id}/Order 202 400,405,415 ApiResponse updateAddressGps=false mergeAddresses=true
MoveOrderToRouteByCodeByNumber PUT /Route/Code/{code}/Order/Number/{number} 202 400,404,405 ApiResponse \
    allowTransfer=false allowReschedule=false
MoveOrderToRouteByCodeById PUT /Route/Code/{code}/Order/Id/{orderId} 202 400,404,405 ApiResponse \
    allowTransfer=false allowReschedule=false
MoveOrderToRouteByIdByNumber PUT /Route/Id/{id}/Order/Number/{number} 202 400,404,405 ApiResponse \
    allowTransfer=false allowReschedule=false
MoveOrderToRouteByIdById PUT /Route/Id/{id}/Order/Id/{orderId} 202 400,404,405 ApiResponse \
    allowTransfer=false allowReschedule=false
GetRouteTrackByCode GET /Route/Track/Code/{code} 200 400,404 RouteTrack
GetRouteTrackById GET /Route/Track/Id/{id} 200 404 RouteTrack
StartRouteByCode PUT /Route/Start/Code/{code} 202 400,404,405 ApiResponse statusDate=
StartRouteById PUT /Route/Start/Id/{id} 202 400,404,405 ApiResponse statusDate=
CloseRouteByCode PUT /Route/Close/Code/{code} 202 400,404,405 ApiResponse statusDate=
CloseRouteById PUT /Route/Close/Id/{id} 202 400,404,405 ApiResponse statusDate=
SetRouteReadyByCode PUT /Route/Ready/Code/{code} 202 400,404 ApiResponse statusDate=
SetRouteReadyById PUT /Route/Ready/Id/{id} 202 400,404,405 ApiResponse statusDate=
Test GET /Test 200 415 string
GetVehicle GET /Vehicle/{id} 200 404 VehicleExtended
DeleteVehicle DELETE /Vehicle/{id} 200 400,404 ApiResponse
GetVehicles GET /Vehicle 200 - ArrayOfVehicleExtended number=
AddVehicle POST /Vehicle 201 400,415 ApiResponse
UpdateVehicle PUT /Vehicle 202 400,404,415 ApiResponse
GetCheckByVehicle GET /VehicleCheck/{number} 200 - VehicleCheck
GetChecksByVehicle GET /VehicleCheck/Number/{number}/Date/{date} 200 - ArrayOfVehicleCheck
GetVehicleChecksByDate GET /VehicleCheck/Date/{date} 200 - ArrayOfVehicleCheck
"""


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    statuses: tuple[int, ...]
    refusals: tuple[int, ...]
    root: str | None
    flags: dict[str, str | None]

    def url(self, *about: dict[str, Any]) -> str:
        """The path with the keys of these documents; the first that has a key gives it, `orderId` is of the last."""
        keys: dict[str, Any] = {"orderId": about[-1].get("Id")} if about else {}
        for document in reversed(about):
            keys |= {name[0].lower() + name[1:]: value for name, value in document.items()}
        return "/api" + self.path.format_map({name: quote(str(value), safe="") for name, value in keys.items()})

    def __call__(self, client: TestClient, *about: dict[str, Any], json: Any = None, **flags: Any) -> Any:
        """Perform it on what these documents name: a route, an order, a route and an order, and so on."""
        body = {} if json is None else {"json": json}
        return client.request(self.method, self.url(*about), params=flags, **body)


def _operation(line: str) -> Operation:
    name, method, path, statuses, refusals, root, *flags = line.split()
    return Operation(
        name,
        method,
        path,
        _numbers(statuses),
        _numbers(refusals),
        None if root == "-" else root,
        {flag: value or None for flag, _, value in (one.partition("=") for one in flags)},
    )


def _numbers(text: str) -> tuple[int, ...]:
    return () if text == "-" else tuple(map(int, text.split(",")))


OPERATIONS = {one.id: one for one in map(_operation, _TABLE.strip().splitlines())}


def each(*ids: str) -> pytest.MarkDecorator:
    """The test states a rule of these operations; it is run once for each, in its parameter `operation`."""
    return pytest.mark.parametrize("operation", [OPERATIONS[one] for one in ids], ids=ids)
