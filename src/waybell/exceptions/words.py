"""What people read of an exception: what is the matter, and what they can do about it. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

_LONG = 120  # minutes; people read more as hours


def _span(facts: Mapping[str, Any]) -> str:
    minutes = facts["Minutes"]
    return f"{minutes} min" if minutes < _LONG else f"{minutes // 60} h {minutes % 60} min"


_TEXTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "late": lambda of: f"Late by {_span(of)}",
    "very-late": lambda of: f"Very late, by {_span(of)}",
    "at-risk": lambda of: f"Only {_span(of)} before the time slot ends",
    "no-position": lambda of: f"No position for {_span(of)}",
    "standing-still": lambda of: f"Standing still for {_span(of)}, away from a stop",
    "failed": lambda of: f"Failed: {of['Reason']}" if of.get("Reason") else "Failed",
    "partial": lambda _: "Delivered in part",
    "not-loaded": lambda _: "Not loaded",
    "over-capacity": lambda of: f"Over capacity: {of['Of'].lower()} {of['Load']:g} of {of['Room']:g}",
    "no-coordinates": lambda _: "The address has no position",
    "unassigned": lambda _: "Not on a route after the cut-off",
    "cod-differs": lambda of: f"Cash: {of['Taken']:.2f} taken, {of['Due']:.2f} due",
    "clock-off": lambda of: f"The phone's clock is {_span(of)} ahead",
}

ADVICE: Mapping[str, str] = {
    "late": "Move the stop forward, or tell the recipient.",
    "very-late": "Give the stop to another route, or tell the recipient.",
    "at-risk": "Watch it, or move the stop forward.",
    "no-position": "Call the driver: the phone may be off, or without a network.",
    "standing-still": "Call the driver.",
    "failed": "Plan another attempt, or cancel the order.",
    "partial": "Look what is missing, and plan the rest.",
    "not-loaded": "Take the order off the route, or load it.",
    "over-capacity": "Move orders to another route, or change the vehicle.",
    "no-coordinates": "Correct the address, or enter its coordinates.",
    "unassigned": "Assign the order to a route.",
    "cod-differs": "Ask the driver, and correct the outcome.",
    "clock-off": "Let the driver set the phone's time to automatic.",
}


def text_of(kind: str, facts: Mapping[str, Any]) -> str:
    """Return what is the matter, such as "Late by 14 min at stop 5"."""
    text = _TEXTS[kind](facts)
    return f"{text} at stop {facts['Stop']}" if kind in ("late", "very-late") and "Stop" in facts else text
