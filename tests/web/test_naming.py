"""Operations on orders and routes are there once for each way of naming their object, under the API's own names."""

import pytest

ORDER = ("Number/{number}", "Id/{id}", "TrackId/{trackId}")
ROUTE = ("Code/{code}", "Id/{id}")
GPS, PRICE, MERGE = {"updateAddressGps": False}, {"updateGoodsPrice": False}, {"mergeAddresses": True}
WHEN = {"statusDate": None}

# The method, the path and the id, in which {} is the way of naming; the ways; the query with its defaults.
OPERATIONS = [
    ("POST", "/Order", "AddOrder", (), GPS | PRICE),
    ("PUT", "/Order", "UpdateOrder", (), GPS | {"forceUpdate": False}),
    ("POST", "/Order/Bulk", "AddOrderBulk", (), GPS | PRICE),
    ("GET", "/Order/{}", "GetOrderBy{}", ORDER, {}),
    ("PUT", "/Order/{}", "UpdateOrderBy{}", ORDER[2:], GPS),
    ("DELETE", "/Order/{}", "DeleteOrderBy{}", ORDER[:2], {}),
    ("GET", "/Order/Date/{date}", "GetOrderByDate", (), {}),
    ("GET", "/Order/Route/Date/{date}", "GetOrderByRouteDate", (), {}),
    ("GET", "/Order/Route/Code/{code}", "GetOrderByRouteCode", (), {}),
    ("GET", "/Order/Status/Date/{date}", "GetOrderByStatusDate", (), {}),
    ("GET", "/Order/Number/{number}/List", "GetOrdersByNumber", (), {}),
    ("PUT", "/Order/{}/Status", "SetOrderStatusBy{}", ORDER, {}),
    ("PUT", "/Order/{}/Complete", "CompleteOrderBy{}", ORDER, {}),
    ("PUT", "/Order/{}/Reject", "RejectOrderBy{}", ORDER, {}),
    ("POST", "/Route", "AddRoute", (), GPS | PRICE | MERGE | {"update": False}),
    ("PUT", "/Route/{}", "UpdateRouteBy{}", ROUTE, GPS | MERGE),
    ("GET", "/Route/{}", "GetRouteBy{}", ROUTE, {}),
    ("DELETE", "/Route/{}", "DeleteRouteBy{}", ROUTE, {"deleteOrders": True}),
    ("PATCH", "/Route/{}/CustomFields", "UpdateRouteCustomValuesBy{}", ROUTE, {}),
    ("GET", "/Route/Date/{date}", "GetRouteByDate", (), {}),
    ("GET", "/Route/Export/Code", "GetRouteExportCode", (), {"status": 5}),
    ("GET", "/Route/Export/Id", "GetRouteExportId", (), {"status": 5}),
    ("PUT", "/Route/Export/{}", "SetRouteExport{}", ROUTE, {}),
    ("PUT", "/Route/{}/Order", "AddOrderToRouteBy{}", ROUTE, GPS | MERGE),
    *(
        ("PUT", f"/Route/{{}}/Order/{order}", f"MoveOrderToRouteBy{{}}By{order.partition('/')[0]}", ROUTE, flags)
        for flags in [{"allowTransfer": False, "allowReschedule": False}]
        for order in ("Number/{number}", "Id/{orderId}")
    ),
    ("PUT", "/Route/Start/{}", "StartRouteBy{}", ROUTE, WHEN),
    ("PUT", "/Route/Close/{}", "CloseRouteBy{}", ROUTE, WHEN),
    ("PUT", "/Route/Ready/{}", "SetRouteReadyBy{}", ROUTE, WHEN),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_operation_is_there_for_each_way_with_its_flags_and_defaults(api):
    paths = api.get("/api/openapi.json").json()["paths"]
    there = {
        operation["operationId"]: (method.upper(), path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    for method, path, operation_id, ways, query in OPERATIONS:
        for way in ways or ("",):
            found = there[operation_id.replace("{}", way.partition("/")[0])]
            assert found[:2] == (method, f"/api{path.replace('{}', way)}")
            parameters = found[2].get("parameters", [])
            flags = {one["name"]: one["schema"].get("default") for one in parameters if one["in"] == "query"}
            assert flags == query, operation_id
            assert {f"{{{one['name']}}}" for one in parameters if one["in"] == "path"} == {
                part for part in found[1].split("/") if part.startswith("{")
            }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_operation_is_described_in_the_words_of_its_way(api):
    paths = api.get("/api/openapi.json").json()["paths"]
    described = paths["/api/Route/Code/{code}/Order/Id/{orderId}"]["put"]["description"]
    assert "order with this Id" in described
    assert "route with this Code" in described
