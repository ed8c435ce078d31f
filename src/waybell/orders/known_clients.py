"""The clients of earlier orders, for a form that fills in what is known of a client while its name is typed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from waybell.db.database import Tx
from waybell.db.scoped import member
from waybell.orders.store import in_scope
from waybell.orders.tables import orders

_MOST_SEARCHED = 5_000  # the newest orders
_MOST_READ = 200  # orders whose client matches; several of them may be of one client

# The members that belong to a client and its place, rather than to one order.
_LASTING = (
    "Client",
    "ClientId",
    "Address",
    "AddressId",
    "AddressLat",
    "AddressLon",
    "ContactName",
    "Phone",
    "Email",
    "ServiceTime",
)
_SLOT = ("TimeSlotFrom", "TimeSlotTo")


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client at an address, as their newest order describes them.

    `members` maps names of the API to values; the time slot is given as times of day (`09:00`).
    """

    client: str
    address: str
    members: dict[str, Any]


def known_clients(tx: Tx, account_id: str, typed: str, limit: int) -> list[KnownClient]:
    """Return the clients whose name holds the typed text, those with the newest orders first."""
    of_account = (orders.c.account_id == account_id, orders.c.deleted_at.is_(None), in_scope(tx))
    newest = select(orders.c.seq).where(*of_account).order_by(orders.c.seq.desc()).limit(_MOST_SEARCHED).subquery()
    query = (
        select(orders.c.document)
        .where(orders.c.seq.in_(select(newest.c.seq)))
        .where(member(tx, orders.c.document, "Client").icontains(typed, autoescape=True))
        .order_by(orders.c.seq.desc())
        .limit(_MOST_READ)
    )
    found: dict[tuple[str, str], KnownClient] = {}
    for document in tx.execute(query).scalars():
        members = {name: document[name] for name in _LASTING if document.get(name) is not None}
        members |= {name: document[name][11:16] for name in _SLOT if document.get(name)}
        client = KnownClient(document.get("Client") or "", document.get("Address") or "", members)
        found.setdefault((client.client, client.address), client)
        if len(found) == limit:
            break
    return list(found.values())
