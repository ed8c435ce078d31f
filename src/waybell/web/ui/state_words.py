"""The word and the colour of each state of messages, endpoints, keys, jobs, orders and routes."""

from typing import NamedTuple

from waybell.orders import model
from waybell.orders.model import Order


class Shown(NamedTuple):
    text: str
    colour: str  # of waybell.css: green is good, red is bad, orange is between, blue is planned, violet is under way


_SHOWN = {
    "succeeded": Shown("Succeeded", "green"),
    "failed": Shown("Failed", "red"),
    "waiting": Shown("Waiting", "blue"),
    "sending": Shown("Sending", "blue"),
    "canceled": Shown("Canceled", "secondary"),
    "none": Shown("Not sent", "secondary"),
    "enabled": Shown("Enabled", "green"),
    "failing": Shown("Failing", "red"),
    "parked": Shown("Parked", "red"),
    "paused": Shown("Paused", "orange"),
    "disabled": Shown("Disabled", "secondary"),
    "deleted": Shown("Deleted", "secondary"),
    "expired": Shown("Expired", "secondary"),
    "running": Shown("Running", "blue"),
    "verified": Shown("Verified", "green"),
    "unverified": Shown("Not verified", "red"),
    "live": Shown("Live", "green"),
    # Routes
    "Draft": Shown("Draft", "secondary"),
    "Ready": Shown("Ready", "blue"),
    "Loaded": Shown("Loaded", "blue"),
    "InProgress": Shown("In Progress", "violet"),
    "Closed": Shown("Closed", "green"),
    # Orders by their state, as listing.ORDER_STATES has it
    "unscheduled": Shown("Unscheduled", "secondary"),
    "scheduled": Shown("Scheduled", "blue"),
    "in-progress": Shown("In Progress", "violet"),
    "done": Shown("Delivered or collected", "green"),
    "partially": Shown("Partially", "orange"),
    "not-done": Shown("Not delivered", "red"),
}


def shown(state: str) -> Shown:
    """Return the word and the colour of a state. An unknown state gets a word made from its name."""
    return _SHOWN.get(state) or Shown(state.replace("_", " ").replace("-", " ").capitalize(), "secondary")


def shown_order(order: Order) -> Shown:
    """Return the word and the colour of an order: its status, or whether it is on a route before it has one."""
    if order.status is None or order.status_id is None:
        return shown("scheduled" if order.route_id else "unscheduled")
    if order.status_id in model.FAILED:
        return Shown(order.status, "red")
    colours = {model.IN_PROGRESS: "violet", model.DELIVERED: "green", model.PARTIALLY: "orange"}
    return Shown(order.status, colours[order.status_id])
