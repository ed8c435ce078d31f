"""The opt-in events of routes. Each carries the keys of the route and its own facts, not its orders. Pure."""

from datetime import datetime

from waybell.events.catalogue import EventType
from waybell.events.model import Event
from waybell.events.subjects import Subject
from waybell.ground.clock import utc_text
from waybell.orders.samples import SAMPLE_MOMENT
from waybell.routes.event_types import created_route
from waybell.routes.model import Route
from waybell.wire.model import ApiModel

ROUTE_READY = "RouteReady"


class RouteMoment(ApiModel):
    """The keys of a route, and when the server learned of the moment (UTC)."""

    code: str | None = None
    id: str | None = None
    date: str
    driver_login: str | None = None
    driver_vehicle: str | None = None
    depot_id: str | None = None
    received_date: str


class RouteReady(RouteMoment):
    """A route that its driver can see, with what is planned for it."""

    start_time_plan: str | None = None
    finish_time_plan: str | None = None
    order_count: int


def became_ready(before: Route | None, after: Route) -> bool:
    """Return whether the driver can see the route from now on. A new route may be ready at once."""
    return after.status == "Ready" and (before is None or before.status == "Draft")


def route_ready(account_id: str, route: Route, received: datetime) -> Event:
    data = _ready(route, received).as_data()
    return Event(account_id, ROUTE_READY, str(Subject("route", route.route_id)), data, opt_in=True)


def _ready(route: Route, received: datetime) -> RouteReady:
    members = {name: getattr(route, name) for name in RouteReady.model_fields if name in Route.model_fields}
    return RouteReady(**members, order_count=len(route.orders or ()), received_date=utc_text(received))


_SAMPLE = created_route().model_copy(update={"finish_time_plan": "2026-11-23T09:18:57"})

ROUTE_MOMENT_TYPES = (
    EventType(
        ROUTE_READY,
        "a route became visible to its driver",
        RouteReady.model_json_schema(mode="serialization"),
        _ready(_SAMPLE, SAMPLE_MOMENT.now).as_data(),
        about="route",
        opt_in=True,
    ),
)
