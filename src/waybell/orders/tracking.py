"""How an order stands, for whoever waits for it: in words, and as steps with their times. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from waybell.ground.clock import wall_text
from waybell.orders.model import COLLECTION, FAILED, IN_PROGRESS, PARTIALLY, SUCCEEDED, Order, status_text


@dataclass(frozen=True, slots=True)
class Step:
    """`at` is a wall-clock time as the API writes it, or its day alone, or empty when it is not known."""

    words: str
    at: str = ""
    done: bool = True


def standing(order: Order) -> str:
    """`Received`, `Planned`, `Loaded`, `On its way`, `Partially delivered`, `Not collected`, ..."""
    if order.status_id == PARTIALLY:
        return f"Partially {_done(order)}"
    if order.finished:
        return status_text(order.status_id, order.type) or ""
    if order.status_id == IN_PROGRESS:
        return "The driver is on the way" if order.type == COLLECTION else "On its way"
    if order.load_status == "loaded":
        return "Loaded"
    return "Planned" if order.route_id else "Received"


def _done(order: Order) -> str:
    return "collected" if order.type == COLLECTION else "delivered"


def due(order: Order) -> str:
    """Return the day on which the driver comes, which is not that of the route where its night is over by then."""
    return order.time_slot_from or order.time_slot_to or order.route_date or order.date


def steps(order: Order, zone: ZoneInfo) -> list[Step]:
    """What has happened, and what is still to come, in this order."""
    on_its_way = order.status_id is not None
    under_way = standing(order.model_copy(update={"status_id": IN_PROGRESS}))
    received = datetime.fromisoformat(order.create_date_utc).replace(tzinfo=UTC).astimezone(zone)
    planned = on_its_way or order.route_id is not None
    found = [
        Step("Order received", wall_text(received)),
        Step("Planned", (order.route_date or order.date)[:10] if planned else "", done=planned),
    ]
    if order.load_status == "loaded":
        found.append(Step("Loaded", order.load_date or ""))
    started = order.status_date if order.status_id == IN_PROGRESS else None
    found.append(Step(under_way, started or "", done=on_its_way))
    if order.arrived_date:
        found.append(Step("The driver has arrived", order.arrived_date))
    if order.finished:
        found.append(Step(standing(order), order.status_date or ""))
    else:
        found.append(Step(_done(order).capitalize(), done=False))
    return found


def went_wrong(order: Order) -> bool:
    return order.status_id in FAILED


def may_be_rated(order: Order) -> bool:
    """Whether its receiver can say what they think: once, after the goods were handed over."""
    return order.status_id in SUCCEEDED and order.feedback_rating is None


def with_local_status(order: Order, status_at: datetime | None, zone: ZoneInfo) -> Order:
    """The order with its StatusDate as a clock on its wall shows it.

    A caller who sends none gets the time in UTC, as the API has it; that one is known by being the time, by our clock,
    at which the status changed.
    """
    if status_at is None or order.status_date != wall_text(status_at.astimezone(UTC)):
        return order
    return order.model_copy(update={"status_date": wall_text(status_at.astimezone(zone))})
