"""The events about routes: their names, when they happen, what they carry."""

from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.orders.event_types import SAMPLE_MOMENT, sample_on_route
from waybell.routes import model
from waybell.routes.model import RemovedRoute, Route
from waybell.routes.requests import NewRoute

ROUTE_CREATED = "RouteCreated"
ROUTE_UPDATED = "RouteUpdated"
ROUTE_DELETED = "RouteDeleted"
ROUTE_STARTED = "RouteStarted"
ROUTE_CLOSED = "RouteClosed"
ROUTE_OPTIMIZED = "RouteOptimized"


def route_event(account_id: str, event_type: str, route: Route) -> Event:
    return Event(account_id, event_type, f"route:{route.route_id}", route.as_data())


def route_deleted(account_id: str, route: Route) -> Event:
    removed = RemovedRoute(code=route.code, date=route.date, id=route.id)
    return Event(account_id, ROUTE_DELETED, f"route:{route.route_id}", removed.as_data())


# The samples are made by the real rules, so that they cannot differ from what is sent.
def _sample_started() -> Route:
    request = NewRoute.model_validate(
        {
            "Code": "R-23-1",
            "Id": "erp-r-77",
            "Date": "2026-11-23",
            "StartTimePlan": "08:00",
            "Depot": "Peterburi tee 2, Tallinn",
            "StartFromDepot": True,
            "ReturnToDepot": True,
            "DriverVehicle": "123 ABC",
        }
    )
    order = sample_on_route()
    driver = {name: getattr(order, name) for name in ("driver_login", "driver_name", "driver_number")}
    route = model.draft(request, "", SAMPLE_MOMENT).model_copy(update={"orders": [order], **driver})
    return model.started(route, None, SAMPLE_MOMENT)


_STARTED = _sample_started()
_CLOSED = model.closed(_STARTED, "2026-11-23T16:40:00", SAMPLE_MOMENT)
_READY = _STARTED.model_copy(
    update={
        "status": "Ready",
        "start_date": None,
        "orders": [
            order.model_copy(update={"route_status": "Ready", "status_id": None, "status": None, "status_date": None})
            for order in _STARTED.orders or []
        ],
    }
)
# As `optimizing/planning.py` plans it for a depot at 59.4317, 24.8192; a test compares.
_OPTIMIZED = _READY.model_copy(
    update={
        "finish_time_plan": "2026-11-23T09:18:57",
        "distance_plan": 11928.0,
        "orders": [
            order.model_copy(update={"eta": "2026-11-23T09:00:00", "distance_from_depot_plan": 5964.0})
            for order in _READY.orders or []
        ],
    }
)
_ROUTE = Route.model_json_schema(mode="serialization")
_REMOVED = RemovedRoute.model_json_schema(mode="serialization")

ROUTE_EVENT_TYPES = (
    EventType(ROUTE_CREATED, "a route was added", _ROUTE, _READY.as_data()),
    EventType(
        ROUTE_UPDATED, "the header of a route, its set of orders or their sequence changed", _ROUTE, _READY.as_data()
    ),
    EventType(
        ROUTE_DELETED,
        "a route was deleted",
        _REMOVED,
        RemovedRoute(code=_READY.code, date=_READY.date, id=_READY.id).as_data(),
    ),
    EventType(ROUTE_STARTED, "a route has started", _ROUTE, _STARTED.as_data()),
    EventType(ROUTE_CLOSED, "a route was closed", _ROUTE, _CLOSED.as_data()),
    EventType(
        ROUTE_OPTIMIZED,
        "the orders of a route were put in the best sequence, with an ETA for each",
        _ROUTE,
        _OPTIMIZED.as_data(),
    ),
)
