"""The catalogue of event types as forms offer it, with a sample of each event."""

from dataclasses import dataclass

from waybell.db.database import Tx
from waybell.events import types
from waybell.events.catalogue import EventType
from waybell.events.model import Event, body
from waybell.events.subjects import Kind
from waybell.web.ui.visit import Visit

_EXAMPLE_ID = "evt_019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f"


@dataclass(frozen=True, slots=True)
class Offered:
    group: str  # Orders, Routes, Waybell, Your own; opt-in types have groups of their own
    name: str
    meaning: str
    sample: bytes  # the body of the sample, as it would be sent


def offered(tx: Tx, visit: Visit) -> list[Offered]:
    """Return all event types of the account: first the built-in ones, then its own."""
    now = tx.now
    found = [*visit.tools.catalogue, *types.custom(tx, visit.account.id)]
    return [Offered(_group(one), one.called, one.meaning, body(_example(visit, one), 1, now)) for one in found]


def _group(event_type: EventType) -> str:
    return f"{_GROUPS[event_type.about]}: only by name" if event_type.opt_in else _GROUPS[event_type.about]


def _example(visit: Visit, event_type: EventType) -> Event:
    return Event(visit.account.id, event_type.called, None, event_type.sample or {}, id=_EXAMPLE_ID)


_GROUPS: dict[Kind | None, str] = {"order": "Orders", "route": "Routes", "endpoint": "Waybell itself", None: "Your own"}
