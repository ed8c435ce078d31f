"""The state of an order for people who wait for it: in words, and as steps with their times. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from waybell.ground.clock import wall_text
from waybell.orders.model import COLLECTION, FAILED, IN_PROGRESS, PARTIALLY, SUCCEEDED, Order, status_text


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an order. `at` is a wall-clock time as the API writes it, a day, or empty when not known."""

    words: str
    at: str = ""
    done: bool = True


def status_in_words(order: Order) -> str:
    """Return the state in words: `Received`, `Planned`, `Loaded`, `On its way`, `Partially delivered`, ..."""
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
    """Return when the driver comes. On a route through the night this may be the day after the route's."""
    return order.time_slot_from or order.time_slot_to or order.route_date or order.date


def lateness(order: Order) -> str:
    """Return how late the driver is expected to come, in a sentence, or an empty text for an order that is on time.

    Without a time slot nothing was agreed, so only a quarter of an hour behind the plan counts.
    """
    expected = order.updated_eta
    if order.finished or order.arrived_date or not expected:
        return ""
    if order.time_slot_to:
        agreed = datetime.fromisoformat(order.time_slot_to)
        if order.time_slot_from and order.time_slot_to < order.time_slot_from:
            agreed += timedelta(days=1)  # older versions stored a slot over midnight so
        late = _minutes_between(agreed, expected)
        return f"The driver is late, and is expected {_in_words(late)} after the agreed time." if late > 0 else ""
    behind = _minutes_between(datetime.fromisoformat(order.eta), expected) if order.eta else 0
    return f"The driver is expected {_in_words(behind)} later than planned." if behind >= _BEHIND else ""


_BEHIND = 15  # minutes


def _minutes_between(before: datetime, after: str) -> int:
    return ceil((datetime.fromisoformat(after) - before).total_seconds() / 60)


def _in_words(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [
        f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in ((hours, "hour"), (rest, "minute")) if count
    ]
    return " and ".join(parts)


def steps(order: Order, zone: ZoneInfo) -> list[Step]:
    """Return the past steps and then the coming ones."""
    on_its_way = order.status_id is not None
    under_way = status_in_words(order.model_copy(update={"status_id": IN_PROGRESS}))
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
        found.append(Step(status_in_words(order), order.status_date or ""))
    else:
        found.append(Step(_done(order).capitalize(), done=False))
    return found


def went_wrong(order: Order) -> bool:
    return order.status_id in FAILED


def may_be_rated(order: Order) -> bool:
    """Return whether the receiver can still give feedback: once, after the goods were handed over."""
    return order.status_id in SUCCEEDED and order.feedback_rating is None


def with_local_status(order: Order, status_at: datetime | None, zone: ZoneInfo) -> Order:
    """Return the order with its StatusDate in local time.

    Without a sent time, the StatusDate is in UTC, as the API specifies. Such a StatusDate is recognised by being equal
    to the time, by our clock, at which the status changed.
    """
    if status_at is None or order.status_date != wall_text(status_at.astimezone(UTC)):
        return order
    return order.model_copy(update={"status_date": wall_text(status_at.astimezone(zone))})
