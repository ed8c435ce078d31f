"""The limit on wrong keys: an address that sent too many is refused for a while.

The counts are in memory, for this process alone. Keys are too long to be guessed; the limit only makes tries cheap.
"""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from waybell.accounts.actions import token_hash
from waybell.ground.errors import TooManyRequests
from waybell.web.client_places import place_of

_WRONG = RateLimitItemPerMinute(60)


class WrongKeys:
    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._good: set[str] = set()
        self._any = False  # whether any wrong key came yet: most servers never see one

    def check(self, address: str, key_text: str | None) -> None:
        """Raise `TooManyRequests` over the limit. A key that was good before is let in: it may share the address."""
        if self._any and not self._limiter.test(_WRONG, place_of(address)) and _hash(key_text) not in self._good:
            raise TooManyRequests("Too many wrong API keys from this address. Try again in a minute.", 60)

    def note_wrong(self, address: str) -> None:
        self._any = True
        self._limiter.hit(_WRONG, place_of(address))

    def note_good(self, key_text: str | None) -> None:
        self._good.add(_hash(key_text))


def _hash(key_text: str | None) -> str:
    return token_hash((key_text or "").strip())
