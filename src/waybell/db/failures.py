"""Names for the errors of a database, so that the web layer can catch them without importing SQLAlchemy."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# Any failure. The text of the error names hosts and users, so it belongs in the log only.
FAILURE = SQLAlchemyError

# The database did not answer in time, is restarting, or takes no writes, as a standby does.
AWAY = (OperationalError, InternalError, PoolTimeoutError)

# A row with the same key exists already, for example because another transaction has just stored it.
ALREADY_THERE = IntegrityError

_TRIES = 5
_UNIQUE, _DEADLOCK = "23505", "40P01"

T = TypeVar("T")


def again_when_raced(act: Callable[[], T]) -> T:
    """Run a transaction, and run it again when a concurrent one with the same keys made it fail."""
    for _ in range(_TRIES - 1):
        try:
            return act()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in (_UNIQUE, _DEADLOCK):
                raise
    return act()
