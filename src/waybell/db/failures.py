"""What a database says instead of an answer, by names of ours: the doors catch these and know no SQL library."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# Any failure. The text of the error names hosts and users, so it is for the log alone.
FAILURE = SQLAlchemyError

# The database did not answer in time, is being restarted, or takes no writes for now, as the second of two servers.
AWAY = (OperationalError, InternalError, PoolTimeoutError)

# Another transaction has stored a row with the same key at the same moment.
ALREADY_THERE = IntegrityError

_TRIES = 5
_UNIQUE, _DEADLOCK = "23505", "40P01"

T = TypeVar("T")


def again_when_raced(act: Callable[[], T]) -> T:
    """Run a transaction that another one with the same keys may beat; the next try sees the rows of the other one."""
    for _ in range(_TRIES - 1):
        try:
            return act()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in (_UNIQUE, _DEADLOCK):
                raise
    return act()
