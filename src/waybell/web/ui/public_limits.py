"""Limits on the requests that one place may make for pages and files that need no sign-in."""

from fastapi import HTTPException, Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from waybell.web.client_places import address_of, place_of

# These limits count requests from one place: all of them, and those that found nothing. Many people may share a place.
_ALL = RateLimitItemPerMinute(120)
_MISSES = RateLimitItemPerMinute(30, 5)


class PublicLimits:
    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, request: Request) -> None:
        """Count a request. Raise 429 when there were too many, or too many that missed."""
        place = _place(request)
        if not (self._limiter.hit(_ALL, place) and self._limiter.test(_MISSES, "miss", place)):
            raise HTTPException(429, "Too much was looked at from here. Try again in a few minutes.")

    def count_miss(self, request: Request) -> None:
        """Count that a request found nothing, as a guess does."""
        self._limiter.hit(_MISSES, "miss", _place(request))


def _place(request: Request) -> str:
    return place_of(address_of(request))
