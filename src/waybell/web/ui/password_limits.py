"""The check of a typed password, with limits on wrong ones that slow down guessing."""

from fastapi import Request
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from waybell.db.database import Database
from waybell.web.client_places import address_of, place_of
from waybell.web.costly_work import CostlyWork

# These limits count wrong passwords: for one e-mail address from one place, for all addresses from one place, and for
# one address from everywhere. No place alone can use up the last limit in an hour, and so keep a user out everywhere.
_FOR_ONE = RateLimitItemPerMinute(10, 5)
_FOR_ONE_LONGER = RateLimitItemPerHour(30)
_FOR_ALL = RateLimitItemPerMinute(60, 5)
_FROM_EVERYWHERE = RateLimitItemPerHour(100)


class TooManyGuesses(Exception):  # noqa: N818 - it reads as what happened
    """The error after too many wrong passwords; it says when to try again."""

    def __init__(self) -> None:
        super().__init__(
            "Too many wrong passwords. Try again in five minutes, after very many in an hour, or sign in by a link."
        )


class PasswordLimits:
    """A check of passwords that counts the wrong ones sent to this web server."""

    def __init__(self, database: Database, costly: CostlyWork) -> None:
        self._database = database
        self._costly = costly
        self._wrong = SlidingWindowCounterRateLimiter(MemoryStorage())

    def check(self, request: Request, email: str, password: str) -> str | None:
        """Return the id of the user who signs in with these, or None.

        Raise `TooManyGuesses` without checking, and `Busy` when too many passwords are being checked.
        """
        place, email = place_of(address_of(request)), email.strip().lower()
        counted = (
            (_FOR_ONE, place, email),
            (_FOR_ONE_LONGER, place, email),
            (_FOR_ALL, place),
            (_FROM_EVERYWHERE, email),
        )
        # A password counts as wrong until it is known to be right: else of many at once none would count in time.
        if not all(self._wrong.test(*one) for one in counted) or not all(self._wrong.hit(*one) for one in counted):
            raise TooManyGuesses
        is_wrong = False
        try:
            user_id = self._costly.check_password(self._database, email, password)
            is_wrong = user_id is None
        finally:
            if not is_wrong:
                for one in counted:
                    self._wrong.hit(*one, cost=-1)
        return user_id
