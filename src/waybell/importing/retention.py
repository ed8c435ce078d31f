"""Old imports are deleted with their files, which hold names and addresses; the orders that they made stay."""

from datetime import timedelta

from waybell.db.database import Database
from waybell.importing import store

_AT_ONCE = 5  # a file may have 20 MB


def remove_old(database: Database, keep: timedelta) -> bool:
    """Delete a few imports that are older than `keep`; return whether there may be more."""
    with database.transaction() as tx:
        old = store.old_with_data(tx, tx.now - keep, _AT_ONCE)
        for import_id in old:
            store.remove(tx, import_id)
    return len(old) == _AT_ONCE
