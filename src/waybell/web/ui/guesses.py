"""Checking a password that somebody typed on a page, and slowing down whoever guesses."""

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from waybell.accounts import actions

# Of wrong passwords: for one e-mail address from one place, and from one place for all.
_FOR_ONE = RateLimitItemPerMinute(10, 5)
_FOR_ALL = RateLimitItemPerMinute(60, 5)
_wrong = SlidingWindowCounterRateLimiter(MemoryStorage())


class TooManyGuesses(Exception):  # noqa: N818 - it reads as what happened
    """Says when to try again."""

    def __init__(self) -> None:
        super().__init__("Too many wrong passwords. Try again in five minutes.")


def check_password(request: Request, email: str, password: str) -> str | None:
    """The id of the user who signs in with these, or None. Raises `TooManyGuesses` without looking."""
    place = request.client.host if request.client else ""
    one, everybody = (_FOR_ONE, place, email.lower()), (_FOR_ALL, place)
    if not (_wrong.test(*one) and _wrong.test(*everybody)):
        raise TooManyGuesses
    user_id = actions.check_password(request.app.state.database, email, password)
    if user_id is None:
        _wrong.hit(*one)
        _wrong.hit(*everybody)
    return user_id
