"""The event types of orders: their names, when they happen, and their Data."""

from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.events.subjects import Subject
from waybell.orders import model
from waybell.orders.model import Order, RemovedOrder
from waybell.orders.samples import SAMPLE_MOMENT, created_order, full_order

ORDER_CREATED = "OrderCreated"
ORDER_UPDATED = "OrderUpdated"
ORDER_DELETED = "OrderDeleted"
ORDER_STATUS_UPDATED = "OrderStatusUpdated"


def order_event(account_id: str, event_type: str, order: Order) -> Event:
    return Event(account_id, event_type, str(Subject("order", order.track_id)), order.as_data())


def order_deleted(account_id: str, track_id: str, removed: RemovedOrder) -> Event:
    return Event(account_id, ORDER_DELETED, str(Subject("order", track_id)), removed.as_data())


_ORDER = Order.model_json_schema(mode="serialization")
_REMOVED = RemovedOrder.model_json_schema(mode="serialization")

ORDER_EVENT_TYPES = (
    EventType(
        ORDER_CREATED,
        "an order was added, by itself or with a route",
        _ORDER,
        created_order().as_data(),
        about="order",
    ),
    EventType(
        ORDER_UPDATED,
        "members of an order changed, or it was put on a route, moved or taken off",
        _ORDER,
        full_order().as_data(),
        about="order",
    ),
    EventType(
        ORDER_DELETED,
        "an order was deleted",
        _REMOVED,
        model.removed(created_order(), "Back office", SAMPLE_MOMENT.now).as_data(),
        about="order",
        is_deletion=True,
    ),
    EventType(
        ORDER_STATUS_UPDATED,
        "an order's StatusId changed: its route started, it was completed, rejected, canceled or rescheduled",
        _ORDER,
        full_order().as_data(),
        about="order",
    ),
)
