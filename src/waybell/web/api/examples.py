"""Examples of requests and answers. Orders and routes are the samples of their events, made by the real rules."""

from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import from_json

from waybell.checks.model import NewVehicleCheck, made
from waybell.directory.reject_reasons import DEFAULT
from waybell.events.model import Event, body
from waybell.events.subjects import Subject
from waybell.orders.days import Span
from waybell.orders.event_types import ORDER_EVENT_TYPES
from waybell.orders.requests import NewOrder
from waybell.orders.samples import SAMPLE_MOMENT, sample_on_route, sample_order
from waybell.routes.event_types import ROUTE_EVENT_TYPES
from waybell.routes.requests import NewRoute
from waybell.tracks.model import NewTrackPoint, RouteTrack, read
from waybell.wire.xml import bare, element_name, write

_SOME = "019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f"
_ENDPOINT_ID, _MESSAGE_ID, _EVENT_ID = f"ep_{_SOME}", f"msg_{_SOME}", f"evt_{_SOME}"
_DRIVER_ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
_AT = "2026-11-23T08:15:30.123456Z"
_SOON = "2026-11-23T08:15:31.246813Z"


def sample_event(name: str, data: Any) -> Any:
    """Return the sample of an event as it is sent."""
    return from_json(body(Event("", name, None, data, id=_EVENT_ID), 1, SAMPLE_MOMENT.now))


_ROUTE = ROUTE_EVENT_TYPES[0].sample
_NEW_ORDER = NewOrder.model_validate(sample_order().as_data()).as_data()
_EVENT = sample_event(ORDER_EVENT_TYPES[0].name, ORDER_EVENT_TYPES[0].sample)
_REMOVED = ORDER_EVENT_TYPES[2].sample
_SUBJECT = str(Subject("order", sample_order().track_id))
_WHEN = {"StatusDate": "2026-11-23T10:42:00"}
_GOODS = [{"OrderLineId": "1", "QuantityFact": 8, "GoodsRejectReasonId": 201}]
_NEW_DRIVER = {"Name": "Driver One", "Vehicle": "123 ABC", "Phone": "+372 5550 1234", "Username": "driver1"}
_NEW_VEHICLE = {"Number": "123 ABC", "Weight": 1200, "DriverUsername": "driver1", "Depot": "Peterburi tee 2, Tallinn"}
_NEW_CHECK = {
    "DriverLogin": "driver1",
    "Date": "2026-11-23T07:45:00",
    "VehicleNumber": "123 ABC",
    "Odometer": 84210,
    "Values": [{"Label": "Tyres", "Status": True}, {"Label": "Fuel", "Status": True, "Value": 38.5}],
    "Stage": "BeforeRoute",
}
_NEW_POINTS = [
    {"Lat": 59.4317, "Lng": 24.8192, "Speed": 0, "Date": "2026-11-23T08:01:00"},
    {"Lat": 59.4446, "Lng": 24.7453, "Speed": 8.3, "Date": "2026-11-23T08:22:00"},
]
_POINTS = read([NewTrackPoint.model_validate(point) for point in _NEW_POINTS], Span(SAMPLE_MOMENT.today), SAMPLE_MOMENT)
_ENDPOINT = {
    "Url": "https://erp.example.com/waybell",
    "Description": "The ERP",
    "EventTypes": ["OrderCreated", "OrderStatusUpdated"],
}
_SHOWN_ENDPOINT: dict[str, Any] = {
    "Id": _ENDPOINT_ID,
    **_ENDPOINT,
    "Headers": {},
    "Ordered": True,
    "Concurrency": 10,
    "RateLimit": None,
    "Schemes": ["v1"],
    "HexHeader": None,
    "State": "enabled",
    "DisabledReason": None,
    "ParkedAt": None,
    "ParkedReason": None,
    "NextProbeAt": None,
    "PausedUntil": None,
    "Waiting": 0,
    "Alerts": False,
    "CreatedAt": _AT,
    "ChangedAt": _AT,
}
_SECRET = {
    "Scheme": "v1",
    "Secret": "whsec_VGhpcyBpcyBhbiBleGFtcGxlLCBubyBzZWNyZXQ=",
    "PublicKey": None,
    "CreatedAt": _AT,
    "ExpiresAt": None,
}
_ABOUT_EVENT = {"EventId": _EVENT_ID, "Event": "OrderCreated", "Subject": _SUBJECT}
_MESSAGE = {
    "Id": _MESSAGE_ID,
    "EndpointId": _ENDPOINT_ID,
    **_ABOUT_EVENT,
    "Version": 1,
    "State": "succeeded",
    "DueAt": None,
    "Attempts": 1,
    "Failures": 0,
    "Manual": False,
    "Error": None,
    "Status": 200,
    "CreatedAt": _AT,
    "FinishedAt": _SOON,
}
_ATTEMPT = {
    "MessageId": _MESSAGE_ID,
    "EndpointId": _ENDPOINT_ID,
    "Number": 1,
    "Kind": "automatic",
    "Succeeded": True,
    "Status": 200,
    "Error": None,
    "Detail": None,
    "StartedAt": _AT,
    "DnsMs": 1.2,
    "ConnectMs": 9.8,
    "TlsMs": 21.4,
    "WaitMs": 35.1,
    "TotalMs": 67.9,
}
_JOB = {
    "Id": f"job_{_SOME}",
    "EndpointId": _ENDPOINT_ID,
    "Act": "retry",
    "What": "missed",
    "Since": "2026-11-23T08:00:00.000000Z",
    "Until": None,
    "State": "running",
    "Total": 1200,
    "Done": 500,
    "Retried": 490,
    "Canceled": 0,
    "CreatedAt": _AT,
    "FinishedAt": None,
}
_TOPIC = {"Event": "invoice.paid", "Subject": "invoice:7"}
_EVENT_TYPE = {"Name": "invoice.paid", "Meaning": "an invoice was paid", "Schema": None, "Sample": {"Invoice": 7}}
_GRANT = {"Methods": ["GET", "POST"], "Kinds": ["Orders"], "Shippers": ["S-2"]}
_KEY = {
    "Id": f"key_{_SOME}",
    "Name": "Shop",
    "Hint": "wb_Xk3v",
    "State": "enabled",
    **_GRANT,
    "Depots": [],
    "Networks": [],
    **dict.fromkeys(("ExpiresAt", "PerSecond", "PerMinute", "PdfPerSecond", "LabelPerSecond")),
    "CreatedAt": _AT,
    "LastUsedAt": None,
}

# Examples by the names of their XML elements, which are those of their schemas. Null members may be omitted.
EXAMPLES: dict[str, Any] = {
    "string": "ok",
    "ArrayOfString": ["23-1", "23-2"],
    "NewOrder": _NEW_ORDER,
    "Order": sample_on_route().as_data(),
    "OrderResult": {"Number": "SO-1001", "Id": "erp-5001"},
    "ApiRemovedOrderResponse": {"Order": _REMOVED, "Status": 410, "Title": "Gone", "Detail": "It was deleted."},
    "CompleteOrder": {**_WHEN, "SignatureName": "Front desk", "GoodsList": _GOODS},
    "RejectOrder": {**_WHEN, "DriverComment": "Nobody there", "RejectReasonId": 1},
    "StatusRequest": {"Status": "NotDelivered", "RejectReason": "Canceled"},
    "OrderLoad": {"LoadStatus": "loaded", "LoadDate": "2026-11-23T07:50:00"},
    "OrderVisit": {"Date": "2026-11-23T10:37:00", "Lat": 59.4446, "Lon": 24.7453},
    "CorrectOrder": {**_WHEN, "GoodsList": _GOODS, "Reason": "Two bags came back torn"},
    "OrderScan": {"Barcode": "4740012345678", "Stage": "load"},
    "OrderInstructions": {"DeliveryInstructions": "Leave it with the neighbour"},
    "OrderPin": {"Pin": "2718"},
    "OrderFeedback": {"Rating": 5, "Text": "On time, and friendly."},
    "NewRoute": NewRoute.model_validate(_ROUTE).as_data(),
    "Route": _ROUTE,
    "DriversSequence": {"Orders": [sample_order().track_id]},
    "NewCustomField": {"Id": "cf_1", "Value": "Gate B"},
    "ArrayOfNewTrackPoint": _NEW_POINTS,
    "RouteTrack": RouteTrack(track_points=_POINTS).as_data(),
    "NewDriver": {**_NEW_DRIVER, "Password": "a long one"},
    "UpdateDriver": {"Phone": "+372 5550 4321", "Username": "driver1"},
    "Driver": {"Id": _DRIVER_ID, "Number": 1, **_NEW_DRIVER, "Active": True},
    "NewVehicle": _NEW_VEHICLE,
    "UpdateVehicle": {"MaxNodes": 40, "Id": 1},
    "VehicleExtended": {
        "Id": 1,
        "DriverId": _DRIVER_ID,
        "DriverUsername": "driver1",
        "Depot": "Peterburi tee 2, Tallinn",
        "Number": "123 ABC",
        "Weight": 1200,
    },
    "NewVehicleCheck": _NEW_CHECK,
    "VehicleCheck": made(NewVehicleCheck.model_validate(_NEW_CHECK), None, SAMPLE_MOMENT).as_data(),
    "NewAddress": {"Id": "A-4", "FullAddress": "Kalasadama 4, Tallinn", "Lat": 59.4446, "Lon": 24.7453},
    "RejectReasonsList": DEFAULT.as_answer(),
    "RejectReasonEntry": {"Id": "205", "Name": "Too warm", "List": "GoodsIssue"},
    "Shipper": {"Id": "S-2", "Name": "Roastery"},
    "Depot": {"Id": "D-1", "Name": "Peterburi tee 2, Tallinn", "Lat": 59.4317, "Lon": 24.8192},
    "Client": {"Id": "C-17", "Name": "Blue Harbour Cafe", "Note": "Closed on Mondays"},
    "GoodsItem": {"GoodsId": "G-100", "GoodsName": "Coffee beans 1 kg", "GoodsUnit": "pcs", "Cost": 4.89},
    "Team": {"Id": "north", "Name": "North of the river"},
    "CustomFieldDefinition": {"Id": "cf_1", "Label": "Gate", "Kind": "text"},
    "EntryResult": {"Id": "C-17", "Status": 201},
    "EndpointRequest": _ENDPOINT,
    "Endpoint": _SHOWN_ENDPOINT,
    "Secrets": {"Items": [_SECRET], "Headers": {}},
    "RotateRequest": {"OverlapHours": 24},
    "TestRequest": {"EventType": "OrderCreated"},
    "AlertUrlRequest": {"Url": "https://alerts.example.com/waybell"},
    "CancelRequest": {"WaitingSince": "2026-11-23T08:00:00Z"},
    "RetryRequest": {"MissedSince": "2026-11-23T08:00:00Z"},
    "Message": _MESSAGE,
    "MessageWithBody": {**_MESSAGE, "WaitsFor": None, "Behind": 0, "Body": _EVENT},
    "ListedAttempt": {**_ATTEMPT, **_ABOUT_EVENT},
    "Attempt": {
        **_ATTEMPT,
        "RequestHeaders": [f"webhook-id: {_EVENT_ID}", "content-type: application/json"],
        "ResponseHeaders": ["HTTP/1.1 200 OK", "content-type: text/plain"],
        "ResponseBody": "received",
    },
    "Job": _JOB,
    "FeedPage": {"Items": [_EVENT], "Cursor": "AAABnC8Oinu3"},
    "PublishRequest": {**_TOPIC, "Data": {"Invoice": 7}, "Key": "erp-7"},
    "Published": {"Id": _EVENT_ID, **_TOPIC, "Date": _AT, "Key": "erp-7", "Status": 201},
    "EventTypeRequest": _EVENT_TYPE,
    "Exception": {
        "Id": "e71",
        "Kind": "late",
        "Severity": 2,
        "Since": _AT,
        "ClearedAt": None,
        "Text": "Late by 14 min at stop 5",
        "Advice": "Move the stop forward, or tell the recipient.",
        "TrackId": sample_order().track_id,
        "Number": "SO-1001",
        "OrderId": "erp-5001",
        "RouteCode": _ROUTE["Code"],
        "RouteId": None,
    },
    "EventType": {**_EVENT_TYPE, "CheckData": True, "Custom": True, "OptIn": False},
    "KeyRequest": {"Name": "Shop", **_GRANT},
    "Key": _KEY,
    "NewKey": {**_KEY, "Key": "wb_Xk3vThisIsAnExampleAndNoKey"},
}


def example(shape: Any) -> Any:
    """Return an example of a value of this annotation; None when there is none."""
    shape = bare(shape)
    found = EXAMPLES.get(element_name(shape))
    if found is not None:
        return found
    if get_origin(shape) is list:
        one = example(get_args(shape)[0])
        return None if one is None else [one]
    if isinstance(shape, type) and issubclass(shape, BaseModel) and "items" in shape.model_fields:
        return {"Items": example(shape.model_fields["items"].annotation), "Cursor": None}
    return None


class Examples:
    """The examples of the OpenAPI document. Each is in its components once, in JSON and in XML."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}

    def show(self, content: dict[str, Any], shape: Any, sample: Any = None, name: str = "") -> None:
        """Add the example of the shape, or the given one under this name, to the JSON and the XML of a content."""
        sample, name = (sample, name) if name else (example(shape), element_name(shape))
        if sample is None or "application/json" not in content:
            return
        self.components |= {name: {"value": sample}, f"{name}InXml": {"value": write(sample, shape).decode()}}
        for kind, ending in (("application/json", ""), ("application/xml", "InXml")):
            content[kind]["examples"] = {name: {"$ref": f"#/components/examples/{name}{ending}"}}
