"""A route, and the rules by which it changes. Pure: no database, no clock, no HTTP.

`Route` is the document that the API shows. Its track and its orders are joined in when it is read.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from waybell.directory.address_book import folded
from waybell.directory.model import Driver, Vehicle
from waybell.ground.clock import Moment, wall_text
from waybell.ground.errors import Invalid, NotAllowedNow
from waybell.orders import days
from waybell.orders.days import Span
from waybell.orders.editing import custom_fields, on_another_day
from waybell.orders.model import SUCCEEDED, CustomField, Order, RouteStatus, midnight
from waybell.orders.outcome import Stop, placed, rescheduled, status_date
from waybell.orders.requests import NewCustomField, NewOrder
from waybell.routes.requests import NewRoute
from waybell.wire.model import ApiModel, local_time
from waybell.wire.sizes import MAX_CUSTOM_FIELDS

FirstStatus = Literal["Ready", "Draft"]
STARTED: tuple[RouteStatus, ...] = ("InProgress", "Closed")
OPEN: tuple[RouteStatus, ...] = ("Draft", "Ready", "Loaded", "InProgress")
FIRST_STATUS: FirstStatus = "Ready"  # makes a new route visible to its driver at once


class Route(ApiModel):
    """The orders of a driver on a day. Times are wall-clock text without zone: `...Utc` in UTC, the others local."""

    # The members stand in the order of the Track-POD API.

    code: str | None = None
    id: str | None = None
    date: str
    depot_id: str | None = None
    depot: str | None = None
    start_from_depot: bool | None = None
    return_to_depot: bool | None = None
    driver_login: str | None = None
    driver_name: str | None = None
    driver_number: int = 0
    driver_vehicle: str | None = None
    start_date: str | None = None
    close_date: str | None = None
    track: float | None = None
    priority: int | None = None
    location_lat: float | None = None
    location_lon: float | None = None
    start_time_plan: str | None = None
    finish_time_plan: str | None = None
    distance_plan: float | None = None
    cost_plan: float | None = None
    cost_actual: float | None = None
    create_date_utc: str
    orders: list[Order] | None = None
    status: RouteStatus
    xd: bool = False
    vehicle: Vehicle | None = None
    custom_fields: list[CustomField] | None = None

    route_id: str = Field(exclude=True)  # our own id; never shown
    driver_id: str | None = Field(None, exclude=True)
    # True when a dispatcher has locked it: the board and the optimiser leave it as it is. Never shown.
    locked: bool = Field(False, exclude=True)

    @property
    def started(self) -> bool:
        return self.status in STARTED

    @property
    def span(self) -> Span:
        plan = self.start_time_plan, self.finish_time_plan
        return days.span(self.date, *plan, start_date=self.start_date, close_date=self.close_date)

    def __str__(self) -> str:
        """Return the route's name for messages."""
        return f"Route {self.code or self.id}"


class RemovedRoute(ApiModel):
    """A deleted route: the members that are still shown."""

    code: str | None = None
    date: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class RouteKey:
    """The key by which a caller names a route; of several with a Code or Id, the newest one is meant."""

    member: Literal["Code", "Id", "RouteId"]  # RouteId is our own id, which callers of the API do not know
    value: str

    def __str__(self) -> str:
        return f"{self.member} {self.value}"


_PLANNED = ("start_time_plan", "finish_time_plan")
_AS_SENT = ("code", "id", "depot_id", "depot", "start_from_depot", "return_to_depot", "driver_vehicle")


def draft(request: NewRoute, route_id: str, moment: Moment, status: FirstStatus = FIRST_STATUS) -> Route:
    """Return a route without orders, as requested.

    Raise `Invalid` when it has neither Code nor Id.
    """
    if not (request.code or request.id):
        raise Invalid("Code: is required, or an Id of your own, so that the route can be found again")
    blank = Route(route_id=route_id, date=midnight(moment.today), create_date_utc=moment.utc, orders=[], status=status)
    return edited(blank, request, moment)


def edited(route: Route, request: NewRoute, moment: Moment) -> Route:
    """Return the route with its header changed by the request; members that the request leaves out stay as they are.

    A new Date also moves the planned times (and the orders, see `moved_along`). Raise `Invalid` when neither Code nor
    Id would be left.
    """
    sent: dict[str, Any] = {name: value for name in _AS_SENT if (value := getattr(request, name)) is not None}
    day = days.day_of(route.date)
    if request.date:
        day = local_time(request.date, moment.zone, day).date()
        by = days.days_between(route.date, midnight(day))
        sent |= {"date": midnight(day), **{name: days.moved(getattr(route, name), by) for name in _PLANNED}}
    sent |= dict.fromkeys(request.emptied.intersection((*_AS_SENT, "start_time_plan")))
    if "driver_vehicle" in request.emptied:
        sent["vehicle"] = None
    if "driver_login" in request.emptied or ("driver_name" in request.emptied and not route.driver_id):
        route = with_driver(route, None)
    if not (sent.get("code", route.code) or sent.get("id", route.id)):
        raise Invalid("Code: is required, or an Id of your own, so that the route can be found again")
    if request.start_time_plan:
        sent["start_time_plan"] = wall_text(local_time(request.start_time_plan, moment.zone, day))
    if request.vehicle is not None:
        sent["vehicle"] = Vehicle(**request.vehicle.model_dump())
        if request.vehicle.number:
            sent.setdefault("driver_vehicle", request.vehicle.number)
    if request.custom_fields is not None:
        sent["custom_fields"] = custom_fields(request.custom_fields)
    return route.model_copy(update=sent)


def moved_along(date_before: str, route: Route) -> list[Order]:
    """Return the orders moved by as many days as the route was; orders that were carried out stay as they were."""
    by = days.days_between(date_before, route.date)
    return [
        order
        if order.status_id in SUCCEEDED
        else on_another_day(order, by).model_copy(update={"eta": days.moved(order.eta, by)})
        for order in route.orders or []
    ]


def with_custom_fields(route: Route, sent: Sequence[NewCustomField]) -> Route:
    """Return the route with the sent custom fields; the others stay as they are.

    Raise `Invalid` for a field without Id, and when there are too many.
    """
    nameless = next((place for place, field in enumerate(sent) if field.id is None), None)
    if nameless is not None:
        raise Invalid(f"[{nameless}].Id: is required")
    new = {field.id: field for field in custom_fields(sent)}
    fields = [new.pop(field.id, field) for field in route.custom_fields or []]
    fields += new.values()
    if len(fields) > max(MAX_CUSTOM_FIELDS, len(route.custom_fields or [])):
        raise Invalid(f"CustomFields: {route} would have {len(fields)}, and there are {MAX_CUSTOM_FIELDS} at most.")
    return route.model_copy(update={"custom_fields": fields or route.custom_fields})


def header(route: Route) -> Route:
    """Return the route without its orders, for comparing the header."""
    return route.model_copy(update={"orders": None})


_MOVING = ("track", "location_lat", "location_lon")  # by themselves, while a route is driven


def steady(route: Route) -> Route:
    """Return the route without what changes by itself, for asking whether somebody has changed it."""
    orders = [order.model_copy(update={"updated_eta": None}) for order in route.orders or []]
    return route.model_copy(update={"orders": orders, **dict.fromkeys(_MOVING)})


def made_ready(route: Route) -> Route:
    """Turn Draft into Ready; Ready and Loaded stay.

    Raise `Invalid` when the route has started.
    """
    if route.started:
        raise Invalid(f"{route} is {route.status} already and cannot become Ready.")
    return route.model_copy(update={"status": "Ready"}) if route.status == "Draft" else route


def loading_noted(route: Route, order: Order) -> Route:
    """Return a Ready or Loaded route as Loaded when all its orders are loaded, else as Ready; others stay unchanged.

    `order` is the order of the route that has just changed.
    """
    if route.status not in ("Ready", "Loaded"):
        return route
    states = [order.load_status if one.track_id == order.track_id else one.load_status for one in route.orders or []]
    return route.model_copy(update={"status": "Loaded" if set(states) == {"loaded"} else "Ready"})


def started(route: Route, sent: str | None, moment: Moment) -> Route:
    """Return the route in progress since the given wall-clock time, or since now.

    Raise `Invalid` when it has started before.
    """
    if route.started:
        raise Invalid(f"{route} is {route.status} already and cannot be started.")
    return route.model_copy(update={"status": "InProgress", "start_date": status_date(sent, route.span, moment)})


def closed(route: Route, sent: str | None, moment: Moment) -> Route:
    """Return the route closed at the given wall-clock time, or now.

    Raise `Invalid` when it is closed already.
    """
    if route.status == "Closed":
        raise Invalid(f"{route} is Closed already.")
    return route.model_copy(update={"status": "Closed", "close_date": status_date(sent, route.span, moment)})


def check_open(route: Route) -> None:
    """Raise `NotAllowedNow` when no order can be put on the route any more."""
    if route.status == "Closed":
        raise NotAllowedNow(f"{route} is Closed. Orders cannot be put on it.")


def check_deletable(route: Route) -> None:
    """Raise `Invalid` when an order of the route has an outcome."""
    done = next((order for order in route.orders or [] if order.finished), None)
    if done:
        raise Invalid(f"{route} cannot be deleted: {done} is {done.status} already.")


def without_driver(route: Route) -> Route:
    """Return the route without a driver.

    Raise `Invalid` when it has started, or one of its orders has a status.
    """
    done = next((order for order in route.orders or [] if order.status_id is not None), None)
    if route.started:
        raise Invalid(f"{route} is {route.status}.")
    if done:
        raise Invalid(f"{done} of {route} is {done.status}.")
    return with_driver(route, None)


def with_driver(route: Route, driver: Driver | None, name: str | None = None) -> Route:
    """Return the route with this driver and the driver's current name; without a driver, only with a name."""
    return route.model_copy(
        update={
            "driver_id": driver.id if driver else None,
            "driver_login": driver.username if driver else None,
            "driver_name": driver.name if driver else name,
            "driver_number": driver.number if driver else 0,
        }
    )


def in_sequence(route: Route, orders: Iterable[Order], when: str, *, merge: bool) -> list[Order]:
    """Return the orders on the route in this sequence, numbered from 1; with `merge`, one address is one stop."""
    stops = _Stops(merge=merge)
    return [placed(order, Stop(route.route_id, stops.number_of(order), route.status), when) for order in orders]


def appended(route: Route, orders: Iterable[Order], when: str, *, merge: bool) -> list[Order]:
    """Return the orders behind those of the route; `merge` puts orders at a known address at its stop."""
    stops = _Stops(merge=merge)
    for order in route.orders or []:
        stops.take(order, order.seq_number or 0)
    return [placed(order, Stop(route.route_id, stops.number_of(order), route.status), when) for order in orders]


def closed_up(orders: Sequence[Order]) -> list[Order]:
    """Return the orders in their sequence, with their stops numbered from 1 without gaps."""
    numbers = {number: at for at, number in enumerate(sorted({order.seq_number or 0 for order in orders}), 1)}
    return [order.model_copy(update={"seq_number": numbers[order.seq_number or 0]}) for order in orders]


def in_drivers_sequence(route: Route, wanted: Sequence[str | None]) -> list[Order]:
    """Return the orders with the driver's own numbers of the stops that are left, behind those that are done.

    `wanted` holds the track id of an order at each stop, the next one first; stops that it leaves out follow in the
    sequence of the route, and stops that are done meanwhile are passed over. Raise `Invalid` for an order that is not
    on the route.
    """
    orders = route.orders or []
    stop_of = {order.track_id: order.seq_number or 0 for order in orders}
    named = [(track_id or "").lower() for track_id in wanted]
    unknown = next((place for place, track_id in enumerate(named) if track_id not in stop_of), None)
    if unknown is not None:
        raise Invalid(f"Orders[{unknown}]: {wanted[unknown]} is no order of {route}")
    left = {order.seq_number or 0 for order in orders if not order.finished}
    done = len({*stop_of.values()} - left)
    sequence = dict.fromkeys([*(stop_of[one] for one in named), *sorted(left)])
    numbers = {stop: at for at, stop in enumerate((stop for stop in sequence if stop in left), done + 1)}
    return [
        order.model_copy(update={"seq_number_driver": numbers[order.seq_number or 0]})
        if not order.finished and order.seq_number in numbers
        else order
        for order in orders
    ]


class _Stops:
    """The stop numbers of a route's addresses."""

    def __init__(self, *, merge: bool) -> None:
        self._merge = merge
        self._last = 0
        self._numbers: dict[tuple[str, str], int] = {}

    def take(self, order: Order, number: int) -> None:
        self._last = max(self._last, number)
        self._numbers[_place(order)] = number

    def number_of(self, order: Order) -> int:
        known = self._numbers.get(_place(order)) if self._merge else None
        if known is None:
            known = self._last + 1
            self.take(order, known)
        return known


def _place(order: Order) -> tuple[str, str]:
    return ("id", order.address_id) if order.address_id else ("text", folded(order.address or ""))


def moved(
    order: Order, route: Route, when: str, *, source: Route | None = None, transfer: bool, reschedule: bool
) -> Order:
    """Return the order at the end of the route, moved to the route's day. An order on the route stays as it is.

    Raise `NotAllowedNow` for a closed route, for an order that was carried out, for one on another route unless
    `transfer` is set, and for a failed one unless `reschedule` is set.
    """
    check_open(route)
    if order.status_id in SUCCEEDED:
        raise NotAllowedNow(f"{order} is {order.status} already and cannot be put on a route.")
    if order.finished:
        if not reschedule:
            raise NotAllowedNow(f"{order} is {order.status}. Send allowReschedule=true to try again.")
        order = rescheduled(order)
    elif order.route_id == route.route_id:
        return order
    elif order.route_id and not transfer:
        raise NotAllowedNow(f"{order} is on route {order.route_number}. Send allowTransfer=true to move it.")
    order = on_day_of(order, route, source)
    others = closed_up([other for other in route.orders or [] if other.track_id != order.track_id])
    behind = route.model_copy(update={"orders": others})
    return appended(behind, [order], when, merge=True)[0]


def on_day_of(order: Order, route: Route, source: Route | None = None) -> Order:
    """Return the order moved to the day of a route that takes it over.

    An order whose time slot lies in the time of the route, such as one after midnight on a night route, keeps its day.
    If its slot lies in the time of `source`, the route that it comes from, it moves by the days between the two routes.
    """
    slot = (order.time_slot_from, order.time_slot_to)
    if route.span.has(slot):
        return order
    due = source.date if source and source.span.has(slot) else order.date
    return on_another_day(order, days.days_between(due, route.date))


def made_draft(route: Route) -> Route:
    """Turn Ready into Draft, so that the driver no longer sees it.

    Raise `NotAllowedNow` when the route is loaded or has started.
    """
    if route.status not in ("Draft", "Ready"):
        raise NotAllowedNow(f"{route} is {route.status} already and cannot become Draft.")
    return route.model_copy(update={"status": "Draft"})


@dataclass(frozen=True, slots=True)
class Synchronised:
    """The match of a route's orders with those of a request: in the request's sequence, and the orders that leave."""

    sequence: list[tuple[Order | None, NewOrder]]  # the matching order on the route, or None for a new one
    leaving: list[Order]


def synchronised(route: Route, requests: Sequence[NewOrder]) -> Synchronised:
    """Match requests with the orders on the route, by Id, else by Number, each order once.

    Orders with an outcome stay on the route, whether the request lists them or not.
    """
    left = {order.track_id: order for order in route.orders or []}
    matches: list[Order | None] = [None] * len(requests)
    # A Number must not take the order that another request names by its Id.
    for member, find in (("id", _with_id), ("number", _with_number)):
        named: dict[str | None, list[Order]] = defaultdict(list)
        for order in left.values():
            named[getattr(order, member)].append(order)
        for at, request in enumerate(requests):
            known = [order for order in named.get(getattr(request, member), ()) if order.track_id in left]
            match = matches[at] or find(known, request)
            matches[at] = match and left.pop(match.track_id, match)
    sequence = list(zip(matches, requests, strict=True))
    return Synchronised(sequence, [order for order in left.values() if not order.finished])


def _with_id(orders: Iterable[Order], request: NewOrder) -> Order | None:
    return next((order for order in _of_type(orders, request) if request.id and order.id == request.id), None)


def _with_number(orders: Iterable[Order], request: NewOrder) -> Order | None:
    """Return the order with the sent Number; an order with another Id than the sent one does not match."""
    number = request.number
    named = (order for order in _of_type(orders, request) if request.id is None or order.id is None)
    return next((order for order in named if number and order.number == number), None)


def _of_type(orders: Iterable[Order], request: NewOrder) -> Iterable[Order]:
    return (order for order in orders if request.type is None or order.type == request.type)
