"""What is done with an account's logo; pictures of orders are added by `orders.actions`."""

from waybell.accounts import audit
from waybell.accounts.model import Actor
from waybell.db.database import Tx
from waybell.ground.ids import new_id
from waybell.pictures import store


def set_logo(tx: Tx, actor: Actor, png: bytes | None) -> None:
    """The logo of the account from now on, encoded already; None for none. It gets a new id, and with it a new URL."""
    store.delete_logo(tx, actor.account.id)
    if png:
        store.insert(tx, actor.account.id, new_id("pic"), "logo", png, None)
    audit.record(tx, actor, "changed the logo" if png else "removed the logo", actor.account.id)
