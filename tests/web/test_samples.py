"""The samples of event types: tools that map fields learn from them which ones there are."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.pictures import a_picture
from waybell.orders import samples
from waybell.orders.event_types import ORDER_EVENT_TYPES
from waybell.routes import event_types as route_types
from waybell.routes.event_types import ROUTE_EVENT_TYPES
from waybell.webhooks.endpoints.operational_events import ENDPOINT_DISABLED, ENDPOINT_DOWN

TYPES = {one.name: one for one in (*ORDER_EVENT_TYPES, *ROUTE_EVENT_TYPES, ENDPOINT_DISABLED, ENDPOINT_DOWN)}

# Members that the API has and nothing of ours fills, of orders and of routes.
_OF_ORDERS = """
AddressNote RoutePriority
"""
_OF_LEGS = """
AddressNote ArrivedDate Barcode CODActual CustomFieldsStr DepartedDate DriverComment ETA FeedbackRating
HasLoadSignature HasPhoto HasRoutePointPhoto HasSignaturePhoto LoadCheckScanReasonId LoadCheckScanRejectReason
LoadDate LoadSignaturePhotos LoadStatus LoadStatusId Photos PlanServiceTime PlanTime PlanTimeDep RejectReason
RejectReasonId ReportUrl RescheduledTimes ScanReasonId ScanRejectReason Scanned SignatureName SignaturePhotos
Status StatusDate StatusId StatusLat StatusLon TrackLink UpdatedETA
"""
NEVER = {*_OF_ORDERS.split(), *(f"PickupOrder.{name}" for name in _OF_LEGS.split())}
NEVER_OF_ROUTES = {"CostActual", "Priority", *(f"Orders[].{name}" for name in NEVER)}
# What comes of an order later, and what comes of a route.
_LATER = """
ArrivedDate CODActual DeliveryInstructions DepartedDate DistanceFromDepotPlan DriverComment ETA Feedback
GoodsList[].LoadCheckScanRejectReason GoodsList[].LoadStatus GoodsList[].ScanRejectReason GoodsList[].Scanned
LoadCheckScanRejectReason Pin ScanRejectReason Scanned SeqNumberDriver FeedbackRating
GoodsList[].HasPhoto GoodsList[].Photos GoodsList[].QuantityFact GoodsList[].RejectReason HasPhoto
HasSignaturePhoto LoadDate LoadSignaturePhotos LoadStatus Photos RejectReason ReportUrl RescheduledTimes
SignatureName SignaturePhotos StatusLat StatusLon UpdatedETA
"""
_LATER_OF_ROUTES = "CloseDate CostPlan DistancePlan FinishTimePlan LocationLat LocationLon StartDate Track"
LATER = set(_LATER.split())
LATER_OF_ROUTES = {
    *_LATER_OF_ROUTES.split(),
    *(f"Orders[].{name}" for name in (*LATER, "Status", "StatusId", "StatusDate")),
}
LACKING = {
    "OrderCreated": NEVER | LATER - {"ETA", "UpdatedETA"},
    "OrderUpdated": NEVER,
    "OrderStatusUpdated": NEVER,
    "RouteCreated": NEVER_OF_ROUTES | LATER_OF_ROUTES,
    "RouteUpdated": NEVER_OF_ROUTES,
    "RouteStarted": NEVER_OF_ROUTES | {"CloseDate"},
    "RouteOptimized": NEVER_OF_ROUTES | {"CloseDate"},
    "RouteClosed": NEVER_OF_ROUTES,
}


def in_schema(schema: dict[str, Any], root: dict[str, Any], place: str = "") -> Iterator[str]:
    """The paths of all members that a schema has."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    for one in schema.get("anyOf", ()):
        yield from in_schema(one, root, place)
    for name, part in schema.get("properties", {}).items():
        yield place + name
        yield from in_schema(part, root, f"{place}{name}.")
    if "items" in schema:
        yield from in_schema(schema["items"], root, f"{place[:-1]}[].")


def in_data(value: Any, place: str = "") -> Iterator[str]:
    """The paths of all members that Data have."""
    for part in value if isinstance(value, list) else ():
        yield from in_data(part, f"{place[:-1]}[].")
    for name, part in value.items() if isinstance(value, dict) else ():
        yield place + name
        yield from in_data(part, f"{place}{name}.")


@pytest.mark.parametrize("event_type", TYPES.values(), ids=TYPES)
def test_a_sample_has_all_members_of_its_schema_that_an_event_can_have(event_type):
    known = set(in_schema(event_type.data_schema, event_type.data_schema))
    lacking = known - set(in_data(event_type.sample))
    assert lacking == LACKING.get(event_type.name, set()), (
        "Add what is missing to the samples (of orders: src/waybell/orders/samples.py) or, where no "
        "event of this type can have it, to LACKING in tests/web/test_samples.py."
    )
    assert set(in_data(event_type.sample)) <= known


def test_what_really_happens_has_no_member_that_its_sample_lacks_and_lacks_none_of_it(api, told):
    act_out(api)
    seen: dict[str, set[str]] = {}
    for event in told.news():
        seen.setdefault(event.type, set()).update(in_data(event.data))
    samples_of = {name: set(in_data(one.sample)) for name, one in TYPES.items() if not name.startswith("Endpoint")}
    assert seen.keys() == samples_of.keys(), "act_out of tests/web/test_samples.py must make each event type happen"
    assert {name: more for name in seen if (more := seen[name] - samples_of[name])} == {}
    for name in ("OrderCreated", "OrderUpdated", "OrderDeleted", "RouteCreated", "RouteUpdated", "RouteDeleted"):
        assert samples_of[name] - seen[name] == set(), name


def act_out(api) -> None:
    """Days of an account on which everything happens that can happen to an order and to a route."""

    def do(method: str, path: str, body: Any = None, **more: Any) -> None:
        answer = (
            api.request(method, f"/api{path}", json=body, **more)
            if body is not None
            else api.request(method, f"/api{path}", **more)
        )
        assert answer.status_code in (200, 201, 202), (path, answer.text)

    for (kind, _), entry in samples.BOOK_ENTRIES.items():
        noun = "CustomField" if kind == "custom_field" else "Client"
        do("POST", f"/{noun}", entry.as_data())
    do("POST", "/Depot", {"Id": "D-1", "Name": "Peterburi tee 2, Tallinn", "Lat": 59.4317, "Lon": 24.8192})
    do("POST", "/Driver", {"Name": "Driver One", "Username": "driver1", "Password": "secret"})
    prices = {"BaseFare": 10, "CostPerDistance": 1, "CostPerHour": 12}
    do("POST", "/Vehicle", {"Number": "123 ABC", "DriverUsername": "driver1", "DepotId": "D-1", **prices})
    order, route = samples.REQUEST, route_types.REQUEST | {"DriverLogin": "driver1"}
    jpeg = {"content": a_picture(), "headers": {"Content-Type": "image/jpeg"}}

    do("POST", "/Route", {**route, "Orders": [order]})
    do("PUT", "/Route/Optimize/Code/R-23-1")
    for picture in ("Photo", "LoadSignature"):
        do("POST", f"/Order/Number/SO-1001/{picture}", **jpeg)
    do("PUT", "/Order/Number/SO-1001/Load", {"LoadStatus": "loaded"})
    do("PUT", "/Route/Start/Code/R-23-1")
    do("POST", "/Route/Track/Code/R-23-1", [{"Lat": 59.43, "Lng": 24.8, "Date": "2026-11-23T08:01:00"}])
    do("PUT", "/Route/Code/R-23-1/Order", {**order, "Number": "SO-1002", "Id": "erp-5002"})
    do("PUT", "/Order/Number/SO-1001/Reject", {"RejectReasonId": 1})
    do("PUT", "/Order", {"Number": "SO-1001", "Note": "z"}, params={"forceUpdate": "true"})
    again = {"allowTransfer": "true", "allowReschedule": "true"}
    do("PUT", "/Route/Code/R-23-1/Order/Number/SO-1001", params=again)
    do("PUT", "/Route/Optimize/Code/R-23-1")
    do("PUT", "/Order/Number/SO-1001/Instructions", samples.INSTRUCTIONS)
    do("PUT", "/Order/Number/SO-1001/Pin", samples.PIN)
    for scan in samples.SCANS:
        do("PUT", "/Order/Number/SO-1001/Scan", scan)
    do("PUT", "/Route/DriverSequence/Code/R-23-1", {"Orders": []})
    do("PUT", "/Order/Number/SO-1001/Arrive", samples.ARRIVED)
    do("PUT", "/Order/Number/SO-1001/Complete", samples.DONE)
    do("PUT", "/Order/Number/SO-1001/Depart", samples.DEPARTED)
    for picture in ("Photo", "Signature", "LoadSignature"):
        do("POST", f"/Order/Number/SO-1001/{picture}", **jpeg)
    do("POST", "/Order/Number/SO-1001/Goods/Photo", params={"orderLineId": "1"}, **jpeg)
    do("PUT", "/Order/Number/SO-1001/Feedback", {"Rating": 5, "Text": "Friendly driver"})
    do("PUT", "/Order/Number/SO-1002/Reject", {"RejectReasonId": 1})
    do("PUT", "/Route/Code/R-23-1", {"StartFromDepot": False})
    do("PUT", "/Route/Close/Code/R-23-1")
    do("PATCH", "/Route/Code/R-23-1/CustomFields", [{"Id": "cf_1", "Value": "4"}])
    do("POST", "/Route", {**route, "Code": "R-2", "Id": "r2", "Orders": [{**order, "Number": "SO-3"}]})
    do("PUT", "/Route/Start/Code/R-2")
    do("DELETE", "/Order/Number/SO-3")
    do("DELETE", "/Route/Code/R-2")
