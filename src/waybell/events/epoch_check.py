"""A check at each start that a restored database has begun its new epoch."""

from sqlalchemy import BigInteger, Text, cast, func, select

from waybell.db.database import Tx
from waybell.events.tables import events
from waybell.ground.errors import SetupError
from waybell.installation import epoch


def check(tx: Tx) -> None:
    """Raise `SetupError` when the feed holds events of another server and no new epoch has begun."""
    if not tx.on_postgres:
        return
    newest = tx.execute(select(events.c.horizon).order_by(events.c.seq.desc()).limit(1)).scalar() or 0
    here = epoch.current() * epoch.PLACES + cast(
        cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger
    )
    if newest >= tx.execute(select(here)).scalar_one():
        raise SetupError(
            "This database was put back from a back-up, or moved from another server. Stop all that uses it, and say "
            "so once, or receivers will miss events: waybell restored"
        )
