"""The acts of a simulated day: requests of the office, of the ERP and of the drivers' phones. Pure.

An act knows when it happens in the day, which lanes it holds, and which events it must cause. Acts that share a lane
are carried out one after the other, in their sequence: a lane is the office, or the route of a driver.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from waybell.orders.model import DELIVERED, IN_PROGRESS, ORDER_FAILED, PARTIALLY, SITE_FAILED
from waybell.simulating.client import segment
from waybell.simulating.geography import Depot, Place
from waybell.simulating.judge import Expected

OFFICE = "office"

Outcome = tuple[str, int]  # the Number of an order, and its StatusId


@dataclass(frozen=True, slots=True)
class Point:
    at: int  # seconds after the day's midnight
    lat: float
    lon: float
    speed: float


@dataclass(frozen=True, slots=True)
class Act:
    """A request. `at` is when it is sent, in seconds after the day's midnight; its body may tell of earlier times."""

    at: int
    kind: str
    lanes: tuple[str, ...]
    method: str
    path: str
    body: Any = None
    tells: tuple[Expected, ...] = ()
    outcomes: tuple[Outcome, ...] = ()  # statuses that the orders have after it
    reported: str | None = None  # the Number of the order whose outcome a driver or the office reports
    comes: tuple[str, ...] = ()  # Numbers of orders that exist from now on
    goes: tuple[str, ...] = ()  # Numbers of orders that are deleted
    may_be_refused: bool = False  # it conflicts with what the office did while the phone was offline
    points: tuple[Point, ...] = ()


def clock(day: str, seconds: int) -> str:
    """Return a wall-clock time of the day, or of the night after it, as the API reads it."""
    return (datetime.fromisoformat(day) + timedelta(seconds=seconds)).isoformat()


def of_order(event_type: str, number: str) -> Expected:
    return event_type, ("order", number)


def of_route(event_type: str, code: str) -> Expected:
    return event_type, ("route", code)


def depot_made(at: int, depot: Depot) -> Act:
    body = {"Id": depot.id, "Name": depot.name, "Lat": depot.place.lat, "Lon": depot.place.lon}
    return Act(at, "depot", (OFFICE,), "POST", "/api/Depot", body)


def imported(at: int, bodies: Sequence[Mapping[str, Any]]) -> Act:
    numbers = tuple(str(body["Number"]) for body in bodies)
    tells = tuple(of_order("OrderCreated", number) for number in numbers)
    return Act(at, "import", (OFFICE,), "POST", "/api/Order/Bulk", list(bodies), tells, comes=numbers)


def added(at: int, body: Mapping[str, Any]) -> Act:
    number = str(body["Number"])
    tells = (of_order("OrderCreated", number),)
    return Act(at, "order", (OFFICE,), "POST", "/api/Order", dict(body), tells, comes=(number,))


def route_made(at: int, lane: str, body: Mapping[str, Any]) -> Act:
    """Return the act that makes a route, with new orders if its body has any."""
    code, numbers = str(body["Code"]), tuple(str(order["Number"]) for order in body.get("Orders", ()))
    tells = (of_route("RouteCreated", code), *(of_order("OrderCreated", number) for number in numbers))
    return Act(at, "route", (OFFICE, lane), "POST", "/api/Route", dict(body), tells, comes=numbers)


def put_on_route(
    at: int,
    lanes: Sequence[str],
    code: str,
    number: str,
    *,
    left: str = "",
    again: bool = False,
    running: bool = False,
) -> Act:
    """Return the act that puts an order on a route, from the route `left` if it is on one.

    `again` reschedules a failed order; `running` says that the route has started and the order had no status before.
    """
    query = "?allowTransfer=true" if left else ""
    query += f"{'&' if query else '?'}allowReschedule=true" if again else ""
    path = f"/api/Route/Code/{segment(code)}/Order/Number/{segment(number)}{query}"
    tells = [of_route("RouteUpdated", one) for one in (code, left) if one]
    tells.append(of_order("OrderUpdated", number))
    if again or running:
        tells.append(of_order("OrderStatusUpdated", number))
    kind = "reschedule" if again else "move" if left else "assign"
    outcomes = ((number, IN_PROGRESS),) if again or running else ()
    return Act(at, kind, (OFFICE, *lanes), "PUT", path, None, tuple(tells), outcomes)


def loaded(
    at: int, sent: int, lane: str, number: str, day: str, *, last_of: str = "", left_behind: bool = False
) -> Act:
    """Return the report that an order is in the vehicle, or was left behind and cannot be delivered."""
    state = "not-loaded" if left_behind else "loaded"
    body = {"LoadStatus": state, "LoadDate": clock(day, at)}
    path = f"/api/Order/Number/{segment(number)}/Load"
    tells = [of_order("OrderStatusUpdated" if left_behind else "OrderUpdated", number)]
    if last_of:
        tells.append(of_route("RouteUpdated", last_of))
    outcomes = ((number, ORDER_FAILED),) if left_behind else ()
    return Act(sent, "load", (lane,), "PUT", path, body, tuple(tells), outcomes)


def started(at: int, lane: str, code: str, numbers: Sequence[str], day: str) -> Act:
    path = f"/api/Route/Start/Code/{segment(code)}?statusDate={clock(day, at)}"
    tells = (of_route("RouteStarted", code), *(of_order("OrderStatusUpdated", number) for number in numbers))
    return Act(at, "start", (lane,), "PUT", path, None, tells, tuple((number, IN_PROGRESS) for number in numbers))


def closed(at: int, sent: int, lane: str, code: str, day: str) -> Act:
    path = f"/api/Route/Close/Code/{segment(code)}?statusDate={clock(day, at)}"
    return Act(sent, "close", (lane,), "PUT", path, None, (of_route("RouteClosed", code),))


def visited(
    at: int, sent: int, lane: str, number: str, day: str, place: Place, *, event: Literal["Arrive", "Depart"]
) -> Act:
    """Return the report that the driver has come to the stop of an order, or has left it."""
    path = f"/api/Order/Number/{segment(number)}/{event}"
    body = {"Date": clock(day, at), "Lat": place.lat, "Lon": place.lon}
    return Act(sent, event.lower(), (lane,), "PUT", path, body, (of_order("OrderUpdated", number),))


def completed(
    at: int, sent: int, lane: str, number: str, day: str, body: Mapping[str, Any], *, short: bool, conflict: bool
) -> Act:
    path = f"/api/Order/Number/{segment(number)}/Complete"
    status = PARTIALLY if short else DELIVERED
    return _outcome(at, sent, lane, number, path, {**body, "StatusDate": clock(day, at)}, status, conflict=conflict)


def rejected(
    at: int, sent: int, lane: str, number: str, day: str, body: Mapping[str, Any], *, site: bool, conflict: bool
) -> Act:
    path = f"/api/Order/Number/{segment(number)}/Reject"
    status = SITE_FAILED if site else ORDER_FAILED
    return _outcome(at, sent, lane, number, path, {**body, "StatusDate": clock(day, at)}, status, conflict=conflict)


def _outcome(
    _at: int, sent: int, lane: str, number: str, path: str, body: Mapping[str, Any], status: int, *, conflict: bool
) -> Act:
    tells = (of_order("OrderStatusUpdated", number),)
    return Act(
        sent,
        "outcome",
        (lane,),
        "PUT",
        path,
        dict(body),
        tells,
        ((number, status),),
        reported=number,
        may_be_refused=conflict,
    )


def canceled(at: int, lane: str, number: str) -> Act:
    path = f"/api/Order/Number/{segment(number)}/Status"
    body = {"Status": "NotDelivered", "RejectReason": "Canceled"}
    tells = (of_order("OrderStatusUpdated", number),)
    return Act(at, "cancel", (OFFICE, lane), "PUT", path, body, tells, ((number, ORDER_FAILED),), reported=number)


def deleted(at: int, lane: str, number: str, code: str) -> Act:
    path = f"/api/Order/Number/{segment(number)}"
    tells = (of_order("OrderDeleted", number), of_route("RouteUpdated", code))
    return Act(at, "delete", (OFFICE, lane), "DELETE", path, None, tells, goes=(number,))


def corrected(at: int, lane: str, number: str, members: Mapping[str, Any]) -> Act:
    """Return the change of some members of an order by the office."""
    tells = (of_order("OrderUpdated", number),)
    return Act(at, "correction", (OFFICE, lane), "PUT", "/api/Order", {"Number": number, **members}, tells)


def instructed(at: int, lane: str, number: str, wish: str) -> Act:
    """Return the wish of a recipient."""
    path = f"/api/Order/Number/{segment(number)}/Instructions"
    tells = (of_order("OrderUpdated", number),)
    return Act(at, "instructions", (OFFICE, lane), "PUT", path, {"DeliveryInstructions": wish}, tells)


def outcome_corrected(at: int, lane: str, number: str, reason: str) -> Act:
    """Return the correction by the office of an order that was rejected by mistake."""
    path = f"/api/Order/Number/{segment(number)}/Correct"
    body = {"Outcome": "completed", "Reason": reason}
    tells = (of_order("OrderStatusUpdated", number),)
    return Act(at, "correction", (OFFICE, lane), "PUT", path, body, tells, ((number, DELIVERED),), reported=number)


def positions(sent: int, lane: str, code: str, points: Sequence[Point]) -> Act:
    """Return the report of positions; `track_body` makes the body of them only when it is sent."""
    return Act(sent, "positions", (lane,), "POST", f"/api/Route/Track/Code/{segment(code)}", points=tuple(points))


def body_of(act: Act, day: str) -> Any:
    """Return the body of an act. Positions are kept as numbers until they are sent, because a day has 200,000."""
    if not act.points:
        return act.body
    return [{"lat": one.lat, "lng": one.lon, "speed": one.speed, "date": clock(day, one.at)} for one in act.points]
