"""One delivery day as a list of acts: the requests of the ERP, the dispatcher and the drivers.

Nothing is executed here. Each change names the events that it must cause, and the same seed gives the same day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from random import Random
from typing import Any, Literal

from waybell.simulating.client import segment
from waybell.simulating.judge import Expected

Order = dict[str, Any]

_CUSTOMER_AWAY, _SITE_CLOSED, _REFUSED, _CANCELED = 1, 4, 101, 102  # ids of directory/reject_reasons
_DAMAGED, _MISSING = 201, 202
_COMMENTS = ("Left with the kitchen", "Signed at the counter", "Took two empty crates back", "Waited at the gate")
_CALLS_EVERY = 4  # stops, while the receiver is down: a customer calls just before the driver comes
_DEPOT = "Peterburi tee 46, 11415 Tallinn, Estonia"

# The outcomes of the stops: of twenty, one customer is away, one refuses, two get less than ordered.
_OUTCOMES = ("delivered",) * 16 + ("partly", "partly", "away", "refused")


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str


@dataclass(frozen=True, slots=True)
class Change:
    """A request that changes `objects` objects, the events that it must cause, and the time to watch it."""

    method: str
    path: str
    body: Any
    expects: tuple[Expected, ...]
    pause: timedelta
    objects: int = 1


@dataclass(frozen=True, slots=True)
class Receiver:
    """The receiver goes down or comes back after some time."""

    after: timedelta
    goes: Literal["down", "up"]


Act = Chapter | Change | Receiver


def day(orders: Sequence[Order], seed: int = 7) -> list[Act]:
    chance = Random(seed)
    zones: dict[str, list[Order]] = {}
    for order in orders:
        zones.setdefault(order["AddressZone"], []).append(order)
    routes = {f"TLN-{zone.upper()}": members for zone, members in zones.items()}
    dropped = chance.choice(next(iter(routes.values())))
    driven = {code: [o for o in members if o is not dropped] for code, members in routes.items()}
    return [
        Chapter(f"The ERP imports {len(orders)} orders"),
        *(_import(members) for members in routes.values()),
        Chapter(f"The dispatcher plans {len(routes)} routes"),
        *chain.from_iterable(plan(number, code, routes[code]) for number, code in enumerate(routes, 1)),
        Chapter("Customers change their minds"),
        *_corrections(chance, driven),
        _delete(dropped, next(iter(routes))),
        Chapter("The drivers set off"),
        *(start(code, members) for code, members in driven.items()),
        *_drive(chance, driven),
        Chapter("The drivers are back, their routes are closed"),
        *(close(code) for code in driven),
    ]


def _import(orders: Sequence[Order]) -> Change:
    return Change(
        "POST",
        "/api/Order/Bulk",
        list(orders),
        tuple(_of("OrderCreated", order) for order in orders),
        timedelta(milliseconds=350),
        objects=len(orders),
    )


def plan(number: int, code: str, orders: Sequence[Order]) -> Iterator[Change]:
    header = {
        "Code": code,
        "Depot": _DEPOT,
        "StartFromDepot": True,
        "ReturnToDepot": True,
        "StartTimePlan": "07:00",
        "DriverLogin": f"driver{number}",
        "DriverName": f"Driver {number}",
        "DriverVehicle": f"VAN {number}",
    }
    yield Change("POST", "/api/Route", header, (("RouteCreated", ("route", code)),), timedelta(milliseconds=120))
    for order in orders:
        path = f"/api/Route/Code/{segment(code)}/Order/Number/{segment(order['Number'])}"
        expects = (("RouteUpdated", ("route", code)), _of("OrderUpdated", order))
        yield Change("PUT", path, None, expects, timedelta(milliseconds=25))


def _corrections(chance: Random, routes: dict[str, list[Order]]) -> Iterator[Change]:
    for members in routes.values():
        early, heavy = chance.sample(members, 2)
        yield update(early, {"TimeSlotFrom": "12:00", "TimeSlotTo": "16:00", "Note": "Not before noon"})
        yield update(heavy, {"Weight": round(heavy["Weight"] * 1.2, 1), "Pallets": 1})


def update(order: Order, members: Order) -> Change:
    body = {"Number": order["Number"], **members}
    return Change("PUT", "/api/Order", body, (_of("OrderUpdated", order),), timedelta(milliseconds=90))


def _delete(order: Order, code: str) -> Change:
    path = f"/api/Order/Number/{segment(order['Number'])}"
    expects = (_of("OrderDeleted", order), ("RouteUpdated", ("route", code)))
    return Change("DELETE", path, None, expects, timedelta(milliseconds=250))


def start(code: str, orders: Sequence[Order]) -> Change:
    path = f"/api/Route/Start/Code/{segment(code)}"
    expects = (("RouteStarted", ("route", code)), *(_of("OrderStatusUpdated", order) for order in orders))
    return Change("PUT", path, None, expects, timedelta(milliseconds=350))


def _drive(chance: Random, routes: dict[str, list[Order]]) -> Iterator[Act]:
    """Yield the stops of all drivers, interleaved; the receiver is down for the middle third."""
    stops = _together(chance, [list(members) for members in routes.values()])
    goes_down, comes_back = len(stops) // 3, len(stops) * 2 // 3
    for place, order in enumerate(stops):
        if place == 0:
            yield Chapter("On the road: deliver, deliver in part, reject")
        if place == goes_down:
            yield Receiver(timedelta(milliseconds=400), "down")
        if place == comes_back:
            # Long enough for the server to see that not one message fails but all.
            yield Receiver(timedelta(milliseconds=1200), "up")
        if goes_down <= place < comes_back and place % _CALLS_EVERY == 0:
            yield update(order, {"Note": "Ring twice, please"})  # so that two messages about the order wait, in order
        yield visit(chance, order)


def _together(chance: Random, queues: list[list[Order]]) -> list[Order]:
    merged = []
    while queues := [queue for queue in queues if queue]:
        merged.append(chance.choice(queues).pop(0))
    return merged


def visit(chance: Random, order: Order) -> Change:
    path = f"/api/Order/Number/{segment(order['Number'])}"
    expects = (_of("OrderStatusUpdated", order),)
    pause = timedelta(milliseconds=chance.randint(90, 170))
    comment = {"DriverComment": chance.choice(_COMMENTS)}
    match chance.choice(_OUTCOMES):
        case "delivered":
            return Change("PUT", f"{path}/Complete", comment | {"SignatureName": "Kitchen"}, expects, pause)
        case "partly":
            line = chance.choice(order["GoodsList"])
            short = {
                "OrderLineId": line["OrderLineId"],
                "QuantityFact": line["Quantity"] - 1,
                "GoodsRejectReasonId": chance.choice((_DAMAGED, _MISSING)),
            }
            return Change("PUT", f"{path}/Complete", comment | {"GoodsList": [short]}, expects, pause)
        case "away":
            reason = {"RejectReasonId": chance.choice((_CUSTOMER_AWAY, _SITE_CLOSED))}
        case _:
            reason = {"RejectReasonId": chance.choice((_REFUSED, _CANCELED))}
    return Change("PUT", f"{path}/Reject", reason, expects, pause)


def close(code: str) -> Change:
    path = f"/api/Route/Close/Code/{segment(code)}"
    return Change("PUT", path, None, (("RouteClosed", ("route", code)),), timedelta(milliseconds=200))


def _of(event_type: str, order: Order) -> Expected:
    return event_type, ("order", order["Number"])
