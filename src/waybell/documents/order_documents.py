"""The documents of an order: this module reads what they need, and the others lay them out."""

from collections.abc import Callable

from waybell.accounts.model import Account
from waybell.db.database import Tx
from waybell.documents.label import PAGE_TYPES, PageType, shipping_label
from waybell.documents.layout_process import proof_of_delivery
from waybell.documents.proof import Evidence
from waybell.documents.text import Letterhead
from waybell.orders import store, tracking
from waybell.orders.model import Order
from waybell.orders.order_links import photo_ids
from waybell.pictures import store as pictures

__all__ = ["PAGE_TYPES", "Paper", "label", "proof"]

# Layout is slow and must not hold a transaction open, so callers take this function out of the transaction.
Paper = Callable[[], bytes]


def proof(tx: Tx, account: Account, order: Order) -> Paper:
    """Return a function that makes the proof of delivery as a PDF."""
    found = store.of_track_id(tx, account.id, order.track_id)
    order = tracking.with_local_status(order, found.status_at if found else None, account.zone)
    evidence = Evidence(
        pictures.many(tx, account.id, order.signature_ids or []), pictures.many(tx, account.id, photo_ids(order))
    )
    head = _letterhead(tx, account)
    return lambda: proof_of_delivery(order, head, evidence)


def label(tx: Tx, account: Account, order: Order, page_type: PageType) -> Paper:
    """Return a function that makes the shipping label as a PDF."""
    head = _letterhead(tx, account)
    return lambda: shipping_label(order, head, page_type)


def _letterhead(tx: Tx, account: Account) -> Letterhead:
    logo = pictures.logo(tx, account.id)
    return Letterhead(account.name, logo.content if logo else None, account.time_zone)
