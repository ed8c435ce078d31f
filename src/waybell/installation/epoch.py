"""A database that was put back from a back-up begins a new epoch, so that receivers do not miss what happens next.

What happened between the back-up and its return is gone here, but receivers may have seen it: the versions of events
that are counted on from the back-up would be versions they know, and so would the places in the feed; on PostgreSQL,
transactions of another server may be numbered from anew. So versions and places of a later epoch all lie above those of
an earlier one. An epoch is the ten minutes since 1970 in which it began: also two returns from one back-up differ.
"""

from sqlalchemy import ColumnElement, func, select, update

from waybell.db.database import Tx
from waybell.db.schema import microseconds
from waybell.installation.tables import installation

VERSIONS = 1_000_000  # of one object in ten minutes
PLACES = 2**40  # transactions of a PostgreSQL server
_UNIT = 600_000_000  # microseconds


def current() -> ColumnElement[int]:
    """The epoch as a part of a statement; 0 for an installation that was never put back."""
    one = select(installation.c.epoch).where(installation.c.id == 1).scalar_subquery()
    return func.coalesce(one, 0)


def begin(tx: Tx) -> None:
    """Call it while nothing else runs on this database."""
    number = max(tx.execute(select(current())).scalar_one() + 1, microseconds(tx.now) // _UNIT)
    tx.execute(update(installation).values(epoch=number, is_copy=False))


def begin_on_copy(tx: Tx) -> bool:
    """At a start: begin one if this is a back-up on which nobody has started yet; whether it was."""
    is_copy = bool(tx.execute(select(installation.c.is_copy).with_for_update()).scalar())
    if is_copy:
        begin(tx)
    return is_copy
