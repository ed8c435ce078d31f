"""The event types of routes: their names, when they happen, and their Data."""

from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.events.subjects import Subject
from waybell.orders.editing import labelled
from waybell.orders.samples import BOOK, ESTIMATED, ON_ROUTE, SAMPLE_MOMENT, created_order, full_order
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
    return Event(account_id, event_type, str(Subject("route", route.route_id)), route.as_data())


def route_deleted(account_id: str, route: Route) -> Event:
    removed = RemovedRoute(code=route.code, date=route.date, id=route.id)
    return Event(account_id, ROUTE_DELETED, str(Subject("route", route.route_id)), removed.as_data())


# The real rules make the samples, as for orders (`orders/samples.py`).
REQUEST = {
    "Code": "R-23-1",
    "Id": "erp-r-77",
    "Date": "2026-11-23",
    "StartTimePlan": "08:00",
    "DepotId": "D-1",
    "Depot": "Peterburi tee 2, Tallinn",
    "StartFromDepot": True,
    "ReturnToDepot": True,
    "DriverVehicle": "123 ABC",
    "Vehicle": {
        "Number": "123 ABC",
        "CarrierCode": "CR-1",
        "Carrier": "North Carriers",
        "Weight": 1200,
        "Volume": 12,
        "Pallets": 6,
    },
    "CustomFields": [{"Id": "cf_1", "Value": "3"}],
}


def created_route() -> Route:
    """Return a new route, ready to start, with an order that has all members of a new order."""
    route = model.draft(NewRoute.model_validate(REQUEST), "r", SAMPLE_MOMENT)
    driver = {name: ON_ROUTE[name] for name in ("driver_login", "driver_name", "driver_number")}
    no_status = {"route_status": "Ready", "status_id": None, "status": None, "status_date": None}
    order = created_order().model_copy(update=no_status | dict.fromkeys(ESTIMATED))
    fields = labelled(route.custom_fields, BOOK)
    return route.model_copy(update={"orders": [order], "custom_fields": fields, **driver})


def full_route() -> Route:
    """Return a route that was planned and has started, with a track and an order that has all members of an outcome."""
    started = model.started(created_route().model_copy(update=PLANNED), None, SAMPLE_MOMENT)
    return started.model_copy(update={"orders": [full_order()], **_TRACK})


# The plan that `optimizing/planning.py` makes for a depot at 59.4317, 24.8192; a test compares the two.
PLANNED = {"finish_time_plan": "2026-11-23T09:18:57", "distance_plan": 11928.0, "cost_plan": 37.72}
_TRACK = {"track": 6120.5, "location_lat": 59.4446, "location_lon": 24.7453}  # joined in when the route is read
_CREATED, _STARTED = created_route(), full_route()
_CLOSED = model.closed(_STARTED, "2026-11-23T16:40:00", SAMPLE_MOMENT)
_ROUTE = Route.model_json_schema(mode="serialization")
_REMOVED = RemovedRoute.model_json_schema(mode="serialization")

ROUTE_EVENT_TYPES = (
    EventType(ROUTE_CREATED, "a route was added", _ROUTE, _CREATED.as_data(), about="route"),
    EventType(
        ROUTE_UPDATED,
        "the header of a route, its set of orders or their sequence changed",
        _ROUTE,
        _CLOSED.as_data(),
        about="route",
    ),
    EventType(
        ROUTE_DELETED,
        "a route was deleted",
        _REMOVED,
        RemovedRoute(code=_CREATED.code, date=_CREATED.date, id=_CREATED.id).as_data(),
        about="route",
        is_deletion=True,
    ),
    EventType(ROUTE_STARTED, "a route has started", _ROUTE, _STARTED.as_data(), about="route"),
    EventType(ROUTE_CLOSED, "a route was closed", _ROUTE, _CLOSED.as_data(), about="route"),
    EventType(
        ROUTE_OPTIMIZED,
        "the orders of a route were put in the best sequence, with an ETA for each",
        _ROUTE,
        _STARTED.as_data(),
        about="route",
    ),
)
