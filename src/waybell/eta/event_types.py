"""The opt-in events of estimates: one moved far, a route lags, a route has come on. Pure."""

from typing import Any, Literal

from pydantic import Field

from waybell.events.catalogue import EventType
from waybell.ground.clock import utc_text
from waybell.orders.eta_notes import Cause
from waybell.orders.moments import OrderMoment
from waybell.orders.samples import PLANNED, SAMPLE_MOMENT, created_order
from waybell.routes.event_types import created_route
from waybell.routes.moments import RouteMoment
from waybell.wire.model import ApiModel

ORDER_ETA_CHANGED = "OrderEtaChanged"
ROUTE_DELAYED = "RouteDelayed"
ROUTE_PROGRESS = "RouteProgress"


class OrderEtaChanged(OrderMoment):
    """A new estimate of an order. Times are local, LateBy is in minutes."""

    eta_plan: str | None = Field(None, alias="EtaPlan")
    eta_before: str | None = Field(None, alias="EtaBefore")  # as the last event of this type told it
    eta: str = Field(alias="Eta")
    time_slot_to: str | None = None
    late_by: int
    stops_before: int
    cause: Cause
    road_engine: Literal["line"]  # straight lines times a factor


class RouteDelayed(RouteMoment):
    """A route that lags. Times are local, LateBy and BehindBy are in minutes."""

    late_orders: int
    late_by: int
    behind_by: int
    stops_done: int
    stops_total: int
    next_eta: str | None = Field(None, alias="NextEta")
    finish_time_plan: str | None = None
    finish_time: str
    cause: Cause
    road_engine: Literal["line"]


class RouteProgress(RouteMoment):
    """The progress of a route. Times are local."""

    stops_done: int
    stops_total: int
    location_lat: float | None = None
    location_lon: float | None = None
    location_date: str | None = None
    next_eta: str | None = Field(None, alias="NextEta")
    finish_time: str


_ORDER, _ROUTE = created_order(), created_route()
_RECEIVED = {"received_date": utc_text(SAMPLE_MOMENT.now)}


def _of(document: ApiModel, model: type[ApiModel], **facts: Any) -> dict[str, Any]:
    keys = {name: getattr(document, name, None) for name in model.model_fields}
    return model.model_validate({**keys, **_RECEIVED, **facts}).as_data()


def _opt_in(model: type[ApiModel], meaning: str, about: Literal["order", "route"], sample: dict[str, Any]) -> EventType:
    schema = model.model_json_schema(mode="serialization")
    return EventType(model.__name__, meaning, schema, sample, about=about, opt_in=True)


_LATE: dict[str, Any] = {"cause": "Outcome", "road_engine": "line"}
_WAY: dict[str, Any] = {
    "stops_done": 3,
    "stops_total": 12,
    "next_eta": "2026-11-23T12:08:00",
    "finish_time": "2026-11-23T16:31:00",
}

ETA_EVENT_TYPES = (
    _opt_in(
        OrderEtaChanged,
        "an order is expected five minutes earlier or later than was told, or now comes too late or no longer does; "
        "at most every five minutes",
        "order",
        _of(
            _ORDER,
            OrderEtaChanged,
            eta_plan=PLANNED["eta"],
            eta_before="2026-11-23T11:50:00",
            eta="2026-11-23T12:08:00",
            late_by=8,
            stops_before=2,
            **_LATE,
        ),
    ),
    _opt_in(
        RouteDelayed,
        "an order on a route will come after its time slot, or the route lags a quarter of an hour behind its plan; "
        "once for each delay",
        "route",
        _of(
            _ROUTE,
            RouteDelayed,
            late_orders=1,
            late_by=8,
            behind_by=21,
            finish_time_plan="2026-11-23T16:10:00",
            **_LATE,
            **_WAY,
        ),
    ),
    _opt_in(
        RouteProgress,
        "a stop of a route was finished, or its vehicle came on for five minutes; at most once a minute",
        "route",
        _of(
            _ROUTE,
            RouteProgress,
            location_lat=59.4446,
            location_lon=24.7453,
            location_date="2026-11-23T11:40:00",
            **_WAY,
        ),
    ),
)
