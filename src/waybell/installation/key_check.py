"""Check at the start, not at the first send, that the secret key is the one that the database was used with."""

from sqlalchemy import select, update

from waybell.db.database import Tx
from waybell.db.inserting import insert_into
from waybell.ground.errors import SetupError
from waybell.installation.tables import installation
from waybell.vault import Vault

_KNOWN_TEXT = "waybell"


def remember(tx: Tx, vault: Vault) -> None:
    """Store at the first start a check value for the key; a second process that starts waits, and is checked."""
    row = {"id": 1, "key_check": vault.seal(_KNOWN_TEXT), "created_at": tx.now}
    tx.execute(insert_into(installation, on_postgres=tx.on_postgres).values(row).on_conflict_do_nothing())
    verify(tx, vault)


def is_remembered(tx: Tx) -> bool:
    return tx.execute(select(installation.c.id)).first() is not None


def verify(tx: Tx, vault: Vault) -> None:
    """Raise `SetupError` when the database was used with another key. The row stays locked until the commit."""
    sealed = tx.execute(select(installation.c.key_check).with_for_update()).scalar_one_or_none()
    if sealed is None:
        return
    try:
        vault.open(sealed)
    except SetupError:
        raise SetupError(
            "The secret key is not the one that this database was used with. Set WAYBELL_SECRET_KEY to that key, or "
            "put its secret.key back into the data folder. Without it the secrets of the endpoints cannot be read."
        ) from None


def renew(tx: Tx, vault: Vault) -> None:
    """Store the check value anew with the newest key."""
    tx.execute(update(installation).values(key_check=vault.seal(_KNOWN_TEXT)))
