"""Checking a password that somebody typed on a page, and slowing down whoever guesses."""

from fastapi import Request
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from waybell.accounts import actions
from waybell.web.places import place_of

# Of wrong passwords: for one e-mail address from one place, for all from one place, and for one from everywhere.
_FOR_ONE = RateLimitItemPerMinute(10, 5)
_FOR_ALL = RateLimitItemPerMinute(60, 5)
_FROM_EVERYWHERE = RateLimitItemPerHour(100)
_wrong = SlidingWindowCounterRateLimiter(MemoryStorage())


class TooManyGuesses(Exception):  # noqa: N818 - it reads as what happened
    """Says when to try again."""

    def __init__(self) -> None:
        super().__init__("Too many wrong passwords. Try again in five minutes, or sign in by a link.")


def check_password(request: Request, email: str, password: str) -> str | None:
    """The id of the user who signs in with these, or None. Raises `TooManyGuesses` without looking."""
    place, email = place_of(request.client.host if request.client else ""), email.strip().lower()
    counted = ((_FOR_ONE, place, email), (_FOR_ALL, place), (_FROM_EVERYWHERE, email))
    if not all(_wrong.test(*one) for one in counted):
        raise TooManyGuesses
    user_id = actions.check_password(request.app.state.database, email, password)
    if user_id is None:
        for one in counted:
            _wrong.hit(*one)
    return user_id
