"""How often one place may look at what is open to everybody."""

from fastapi import HTTPException, Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from waybell.web.client_places import address_of, place_of

# From one place: looks in all, and looks for what there is not. Many people may share a place.
_ALL = RateLimitItemPerMinute(120)
_MISSES = RateLimitItemPerMinute(30, 5)
_looks = SlidingWindowCounterRateLimiter(MemoryStorage())


def look(request: Request) -> None:
    """Count a look. Raises 429 when there were too many, or too many that missed."""
    place = _place(request)
    if not (_looks.hit(_ALL, place) and _looks.test(_MISSES, "miss", place)):
        raise HTTPException(429, "Too much was looked at from here. Try again in a few minutes.")


def missed(request: Request) -> None:
    """Count that a look found nothing, as guesses do."""
    _looks.hit(_MISSES, "miss", _place(request))


def _place(request: Request) -> str:
    return place_of(address_of(request))
