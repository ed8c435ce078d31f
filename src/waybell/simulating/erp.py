"""A stub of an ERP that knows orders and routes by webhooks alone. Pure.

It keeps of each object the newest version. The members of its route that an order shows (`RouteStatus`, `DriverName`
and others) it takes from the route, because a change of the route alone is told by an event of the route alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Document = Mapping[str, Any]

# The members of an order that are joined in from its route, and the members of the route.
_OF_THE_ROUTE = {
    "RouteStatus": "Status",
    "RoutePriority": "Priority",
    "RouteDate": "Date",
    "DriverLogin": "DriverLogin",
    "DriverName": "DriverName",
    "DriverNumber": "DriverNumber",
    "DriverVehicle": "DriverVehicle",
}
# Links end some time after they were made, so that only their paths can be compared.
_LINKS = {"TrackLink", "ReportUrl", "Photos", "SignaturePhotos", "LoadSignaturePhotos"}
_FULL_ORDER = {"OrderCreated", "OrderUpdated", "OrderStatusUpdated"}
_FULL_ROUTE = {"RouteCreated", "RouteUpdated", "RouteStarted", "RouteClosed", "RouteOptimized"}
# An event that changes these members alone would have been told for an estimate.
_ESTIMATES = {"UpdatedETA", "ChangeDate", "PickupOrder"}
_OUTCOMES = {2, 3, 4, 5}


@dataclass(slots=True)
class _Known:
    version: int
    data: Document | None  # None when it was deleted


@dataclass(slots=True)
class Erp:
    orders: dict[str, _Known] = field(default_factory=dict)  # by Number
    routes: dict[str, _Known] = field(default_factory=dict)  # by Code
    outcomes: dict[str, list[int]] = field(default_factory=dict)  # by Number: the StatusIds of outcomes, as told
    told_for_estimates: int = 0

    def take(self, body: Document) -> None:
        """Take in an event; an event that is older than what is known changes nothing."""
        event, version, data = body["Metadata"]["Event"], body["Metadata"]["Version"], body["Data"]
        if event in _FULL_ORDER:
            self._take_order(event, version, data)
        elif event in _FULL_ROUTE:
            _keep(self.routes, data["Code"], version, data)
        elif event == "OrderDeleted":
            _keep(self.orders, data["Number"], version, None)
        elif event == "RouteDeleted":
            _keep(self.routes, data["Code"], version, None)

    def _take_order(self, event: str, version: int, data: Document) -> None:
        number = data["Number"]
        known = self.orders.get(number)
        follows = known is not None and known.version == version - 1 and known.data is not None
        if event == "OrderUpdated" and follows and known and known.data:
            changed = {name for name in {*data, *known.data} if data.get(name) != known.data.get(name)}
            self.told_for_estimates += bool(changed) and "UpdatedETA" in changed and changed <= _ESTIMATES
        if (
            _keep(self.orders, number, version, data)
            and event == "OrderStatusUpdated"
            and data["StatusId"] in _OUTCOMES
        ):
            self.outcomes.setdefault(number, []).append(data["StatusId"])

    def day(self, date: str) -> dict[str, dict[str, Any]]:
        """Return the orders of a day (`2026-11-30T00:00:00`) by Number, as the API should show them now."""
        return {
            number: self._with_route(known.data)
            for number, known in self.orders.items()
            if known.data and known.data["Date"] == date
        }

    def _with_route(self, order: Document) -> dict[str, Any]:
        known = self.routes.get(order.get("RouteNumber") or "")
        if known is None or known.data is None:
            return dict(order)
        return {**order, **{mine: known.data.get(theirs) for mine, theirs in _OF_THE_ROUTE.items()}}


def _keep(known: dict[str, _Known], key: str, version: int, data: Document | None) -> bool:
    """Keep the data if it is newer than what is known; return whether it was."""
    if key in known and known[key].version >= version:
        return False
    known[key] = _Known(version, data)
    return True


@dataclass(frozen=True, slots=True)
class Difference:
    number: str
    member: str
    erp: Any
    api: Any

    def __str__(self) -> str:
        """Return the difference as one line."""
        return f"{self.number} {self.member}: the ERP has {self.erp!r}, the API {self.api!r}"


def differences(erp: Mapping[str, Document], api: Sequence[Document]) -> list[Difference]:
    """Compare the orders of the ERP with those of the API, member by member.

    The estimate of an order that is still open is left out: it moves by itself, and webhooks tell only larger moves.
    """
    shown = {one["Number"]: one for one in api}
    found = [Difference(number, "(the order)", "nothing", "an order") for number in shown.keys() - erp.keys()]
    found += [Difference(number, "(the order)", "an order", "nothing") for number in erp.keys() - shown.keys()]
    for number in sorted(shown.keys() & erp.keys()):
        found += _of_one(number, erp[number], shown[number])
    return found


def _of_one(number: str, mine: Document, theirs: Document) -> Iterable[Difference]:
    is_open = theirs.get("StatusId") not in _OUTCOMES
    for member in sorted({*mine, *theirs}):
        if member == "UpdatedETA" and is_open:
            continue
        one, other = (_plain(member, document.get(member)) for document in (mine, theirs))
        if one != other:
            yield Difference(number, member, one, other)


def _plain(member: str, value: Any) -> Any:
    """Return the value with links reduced to their paths, also inside of lines of goods and of a pick-up leg."""
    if member in _LINKS:
        return [_path(link) for link in value] if isinstance(value, list) else value and _path(value)
    if isinstance(value, Mapping):
        return {name: _plain(name, one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain("", one) for one in value]
    return value


def _path(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}" if parts.path == "/track" else parts.path
