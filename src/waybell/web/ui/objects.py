"""The subjects of events for people: from a typed text to subjects, and from subjects to names and pages."""

from collections.abc import Collection
from dataclasses import dataclass

from waybell.db.database import Tx
from waybell.events.subjects import Subject, parsed
from waybell.orders import names as orders
from waybell.routes import names as routes
from waybell.web.ui.endpoint_frame import WEBHOOKS


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    path: str | None  # the path of its page, if it has one


def subjects_of(tx: Tx, account_id: str, typed: str) -> list[str]:
    """Return the subjects that a text may stand for: an order by its keys, a route by its code, a subject itself."""
    found = [str(Subject("order", one)) for one in orders.track_ids(tx, account_id, typed)]
    found += [str(Subject("route", one)) for one in routes.ids(tx, account_id, typed)]
    return [*found, typed]


def names_of(tx: Tx, account_id: str, subjects: Collection[str]) -> dict[str, Named]:
    """Return how to call these subjects, and where their pages are."""
    named = {text: Named(text, None) for text in subjects}
    ours = [found for found in map(parsed, subjects) if found]
    known = orders.names(tx, account_id, [one.id for one in ours if one.kind == "order"])
    named |= {str(Subject("order", key)): Named(name, f"/orders/{key}") for key, name in known.items()}
    known = routes.names(tx, account_id, [one.id for one in ours if one.kind == "route"])
    named |= {str(Subject("route", key)): Named(name, f"/routes/{key}") for key, name in known.items()}
    named |= {str(one): Named("an endpoint", f"{WEBHOOKS}/{one.id}") for one in ours if one.kind == "endpoint"}
    return named
