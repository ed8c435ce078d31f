"""The events about orders: their names, when they happen, what they carry."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from waybell.clock import Moment
from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.orders import editing, model, outcome
from waybell.orders.model import Order, RemovedOrder
from waybell.orders.requests import CompleteOrder, NewOrder

ORDER_CREATED = "OrderCreated"
ORDER_UPDATED = "OrderUpdated"
ORDER_DELETED = "OrderDeleted"
ORDER_STATUS_UPDATED = "OrderStatusUpdated"


def order_event(account_id: str, event_type: str, order: Order) -> Event:
    return Event(account_id, event_type, f"order:{order.track_id}", order.as_data())


def order_deleted(account_id: str, track_id: str, removed: RemovedOrder) -> Event:
    return Event(account_id, ORDER_DELETED, f"order:{track_id}", removed.as_data())


# The samples are made by the real rules, so that they cannot differ from what is sent.
SAMPLE_MOMENT = Moment(datetime(2026, 11, 23, 8, 15, 30, tzinfo=UTC), ZoneInfo("Europe/Tallinn"))
_TRACK_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def sample_order() -> Order:
    request = NewOrder.model_validate(
        {
            "Number": "SO-1001",
            "Id": "erp-5001",
            "Date": "2026-11-23",
            "Type": 0,
            "Client": "Blue Harbour Cafe",
            "ClientId": "C-17",
            "Address": "Kalasadama 4, Tallinn",
            "AddressLat": 59.4446,
            "AddressLon": 24.7453,
            "TimeSlotFrom": "09:00",
            "TimeSlotTo": "12:00",
            "ServiceTime": 10,
            "Note": "Ring at the back door",
            "Phone": "+372 5550 1234",
            "Weight": 12.5,
            "COD": 48.9,
            "GoodsList": [
                {"OrderLineId": "1", "GoodsName": "Coffee beans 1 kg", "GoodsUnit": "pcs", "Quantity": 10, "Cost": 4.89}
            ],
        }
    )
    return editing.draft(request, _TRACK_ID, SAMPLE_MOMENT)


def sample_on_route() -> Order:
    stop = outcome.Stop("", 1, "InProgress")
    route = {
        "route_number": "R-23-1",
        "route_status": "InProgress",
        "route_date": "2026-11-23T00:00:00",
        "driver_login": "driver1",
        "driver_name": "Driver One",
        "driver_number": 1,
        "driver_vehicle": "123 ABC",
    }
    return outcome.placed(sample_order(), stop, SAMPLE_MOMENT.local).model_copy(update=route)


def _sample_completed() -> Order:
    return outcome.completed(
        sample_on_route(), CompleteOrder(signature_name="Front desk", cod_actual=48.9), SAMPLE_MOMENT
    )


_ORDER = Order.model_json_schema(mode="serialization")
_REMOVED = RemovedOrder.model_json_schema(mode="serialization")

ORDER_EVENT_TYPES = (
    EventType(ORDER_CREATED, "an order was added, by itself or with a route", _ORDER, sample_order().as_data()),
    EventType(
        ORDER_UPDATED,
        "members of an order changed, or it was put on a route, moved or taken off",
        _ORDER,
        sample_on_route().as_data(),
    ),
    EventType(
        ORDER_DELETED,
        "an order was deleted",
        _REMOVED,
        model.removed(sample_order(), "Back office", SAMPLE_MOMENT.now).as_data(),
    ),
    EventType(
        ORDER_STATUS_UPDATED,
        "an order's StatusId changed: its route started, it was completed, rejected, canceled or rescheduled",
        _ORDER,
        _sample_completed().as_data(),
    ),
)
