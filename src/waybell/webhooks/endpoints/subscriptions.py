"""Subscriptions: the event types that each endpoint listens to."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, literal_column, or_, select

from waybell.db.database import Tx
from waybell.db.prepared import Prepared
from waybell.events.model import StoredEvent
from waybell.webhooks.endpoints.tables import endpoints, subscriptions

ALL_TYPES = "*"


class Listener(NamedTuple):
    endpoint_id: str
    ordered: bool


_listening = Prepared(
    select(endpoints.c.id, endpoints.c.ordered)
    .join(subscriptions, endpoints.c.id == subscriptions.c.endpoint_id)
    .where(subscriptions.c.account_id == bindparam("account"))
    .where(or_(subscriptions.c.event_type == bindparam("type"), subscriptions.c.event_type == bindparam("or_type")))
    .where(endpoints.c.state == literal_column("'enabled'"))
    .order_by(endpoints.c.id)
)


Kind = tuple[str, str, bool]  # the account, the type and whether it is opt-in, by which events find their listeners


def kind_of(event: StoredEvent) -> Kind:
    return event.account_id, event.type, event.opt_in


def listeners(tx: Tx, events: Sequence[StoredEvent]) -> dict[Kind, list[Listener]]:
    """Return the enabled endpoints that listen to these events, by the kinds of the events.

    An endpoint that listens to all types gets no opt-in type, unless it names it.
    """
    return {
        kind: list(dict.fromkeys(Listener(row.id, bool(row.ordered)) for row in _asking(tx, *kind)))
        for kind in sorted(set(map(kind_of, events)))
    }


def _asking(tx: Tx, account_id: str, event_type: str, opt_in: bool) -> Sequence[Any]:  # noqa: FBT001 - a part of `Kind`
    wide = event_type if opt_in else ALL_TYPES
    return _listening.run(tx, {"account": account_id, "type": event_type, "or_type": wide})


def named_by(tx: Tx, account_id: str, event_type: str) -> list[str]:
    """Return the ids of the endpoints that ask for this event type by name."""
    query = select(subscriptions.c.endpoint_id).where(
        subscriptions.c.account_id == account_id, subscriptions.c.event_type == event_type
    )
    return list(tx.execute(query.order_by(subscriptions.c.endpoint_id)).scalars())


def subscribe(tx: Tx, account_id: str, endpoint_id: str, event_types: Sequence[str]) -> None:
    """Let the endpoint listen to these event types, or to all when none is named."""
    names = event_types or (ALL_TYPES,)
    rows = [{"account_id": account_id, "event_type": name, "endpoint_id": endpoint_id} for name in names]
    tx.execute(subscriptions.insert(), rows)


def unsubscribe(tx: Tx, endpoint_id: str) -> None:
    """Delete all subscriptions of the endpoint."""
    tx.execute(delete(subscriptions).where(subscriptions.c.endpoint_id == endpoint_id))
