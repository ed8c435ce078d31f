"""Noting that the estimates of a route are to be made anew, which `eta/runs.py` does once before the commit.

The stores note it, so that no action can forget it.
"""

from collections.abc import Iterable
from typing import Literal

from waybell.db.database import Tx
from waybell.orders.model import Order

# What has changed, the most telling first: an event about a new estimate names one.
Cause = Literal["Start", "Sequence", "Outcome", "Departure", "Arrival", "Change", "Position", "Time"]

# The members on which estimates depend, by the cause that an event names.
_MEMBERS: dict[Cause, tuple[str, ...]] = {
    "Sequence": ("route_id", "seq_number", "seq_number_driver"),
    "Outcome": ("status_id",),
    "Departure": ("departed_date",),
    "Arrival": ("arrived_date",),
    "Change": ("date", "time_slot_from", "time_slot_to", "service_time", "address_lat", "address_lon", "status_date"),
}


def note(tx: Tx, route_id: str | None, cause: Cause) -> None:
    """Note that the estimates of this route are due."""
    if route_id is not None:
        tx.pending_routes.setdefault(route_id, set()).add(cause)


def note_changes(tx: Tx, changed: Iterable[tuple[Order | None, Order]]) -> None:
    """Note the routes of which these changes of orders, given as before and after, concern the estimates."""
    for before, after in changed:
        if before is None:
            note(tx, after.route_id, "Sequence")
        elif before.route_id or after.route_id:
            for cause, members in _MEMBERS.items():
                if any(getattr(before, name) != getattr(after, name) for name in members):
                    for route_id in {before.route_id, after.route_id}:
                        note(tx, route_id, cause)
