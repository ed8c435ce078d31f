"""Examples of what is sent and answered. Orders and routes are the samples of their events, made by the real rules."""

from typing import Any, get_args, get_origin

from pydantic import BaseModel

from waybell.orders.event_types import sample_on_route, sample_order
from waybell.orders.requests import NewOrder
from waybell.routes.event_types import ROUTE_EVENT_TYPES
from waybell.routes.requests import NewRoute
from waybell.wire import schema_name
from waybell.wire_xml import bare

_ROUTE = ROUTE_EVENT_TYPES[0].sample
_GOODS = [{"OrderLineId": "1", "QuantityFact": 8, "GoodsRejectReasonId": 1}]

# By the names of schemas, null members left out.
EXAMPLES: dict[str, Any] = {
    "NewOrder": NewOrder.model_validate(sample_order().as_data()).as_data(),
    "Order": sample_on_route().as_data(),
    "NewRoute": NewRoute.model_validate(_ROUTE).as_data(),
    "Route": _ROUTE,
    "CompleteOrder": {"StatusDate": "2026-11-23T10:42:00", "SignatureName": "Front desk", "GoodsList": _GOODS},
    "RejectOrder": {"StatusDate": "2026-11-23T10:42:00", "DriverComment": "Nobody there", "RejectReasonId": 1},
    "OrderResult": {"Number": "SO-1001", "Id": "erp-5001"},
    "NewDriver": {"Name": "Driver One", "Vehicle": "123 ABC", "Username": "driver1", "Password": "a long one"},
    "NewVehicle": {"Number": "123 ABC", "Weight": 1200, "DriverUsername": "driver1", "Depot": "Peterburi tee 2"},
    "EndpointRequest": {"Url": "https://erp.example.com/waybell", "EventTypes": ["OrderCreated", "OrderStatusUpdated"]},
    "RotateRequest": {"OverlapHours": 24},
    "TestRequest": {"EventType": "OrderCreated"},
    "RetryRequest": {"MissedSince": "2026-11-23T08:00:00Z"},
    "PublishRequest": {"Event": "invoice.paid", "Subject": "invoice:7", "Data": {"Invoice": 7}, "Key": "erp-7"},
    "EventTypeRequest": {"Name": "invoice.paid", "Meaning": "an invoice was paid", "Sample": {"Invoice": 7}},
}


def example(shape: Any) -> Any:
    """An example of a value of this annotation; None where there is none."""
    shape = bare(shape)
    if get_origin(shape) is list:
        one = example(get_args(shape)[0])
        return None if one is None else [one]
    is_model = isinstance(shape, type) and issubclass(shape, BaseModel)
    return EXAMPLES.get(schema_name(shape.__name__)) if is_model else None
