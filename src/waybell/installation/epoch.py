"""A database that is restored from a back-up begins a new epoch, so that receivers do not miss later events.

Receivers may have seen events that the back-up does not hold. If counting went on from the back-up, new events would
reuse versions and feed positions that receivers know, and on PostgreSQL a new server may number its transactions from
the start. So all versions and positions of a later epoch are above those of an earlier one. An epoch is numbered by the
ten minutes since 1970 in which it began, so two restores of the same back-up differ as well.
"""

from sqlalchemy import ColumnElement, func, select, update

from waybell.db.database import Tx
from waybell.db.schema import microseconds
from waybell.installation.tables import installation

VERSIONS = 1_000_000  # the versions that one object may use up in ten minutes
PLACES = 2**40  # the transactions that a PostgreSQL server may number
_UNIT = 600_000_000  # ten minutes in microseconds


def current() -> ColumnElement[int]:
    """Return the SQL expression for the current epoch, 0 for an installation that was never restored."""
    one = select(installation.c.epoch).where(installation.c.id == 1).scalar_subquery()
    return func.coalesce(one, 0)


def begin(tx: Tx) -> None:
    """Begin a new epoch. No other process may use the database meanwhile."""
    number = max(tx.execute(select(current())).scalar_one() + 1, microseconds(tx.now) // _UNIT)
    tx.execute(update(installation).values(epoch=number, is_copy=False))


def begin_on_copy(tx: Tx) -> bool:
    """Begin an epoch at the start if the database is a copy made by a back-up; return whether it was."""
    is_copy = bool(tx.execute(select(installation.c.is_copy).with_for_update()).scalar())
    if is_copy:
        begin(tx)
    return is_copy
