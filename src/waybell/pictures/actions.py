"""Actions on an account's logo; `orders.actions` adds the pictures of orders."""

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.ids import new_id
from waybell.pictures import store


def set_logo(tx: Tx, actor: Actor, png: bytes | None) -> None:
    """Set the account's logo, already encoded; None removes it. A new logo gets a new id, and thereby a new URL."""
    store.delete_logo(tx, actor.account.id)
    if png:
        store.insert(tx, actor.account.id, new_id("pic"), "logo", png, None)
    audit.record(tx, actor, "changed the logo" if png else "removed the logo", actor.account.id)
