"""Refused sign-ins and keys: they are counted for `/metrics`, and logged so that guessing is noticed.

The log holds nothing of what was typed, which may be a password in the wrong field. A flood of tries writes one line a
second for each kind, with their number.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Literal

import structlog
from starlette.requests import HTTPConnection

from waybell.accounts.actions import user_of_email
from waybell.db.database import Database
from waybell.web.client_places import address_of, place_of
from waybell.web.traffic import keys_of

log = structlog.get_logger()

Reason = Literal["wrong", "throttled"]
REASONS: tuple[Reason, ...] = ("wrong", "throttled")
_SECONDS = 1.0


class Refused:
    """The number of refusals for one reason, and how many of them the log does not show yet."""

    def __init__(self) -> None:
        self.total = 0
        self._told = 0
        self._quiet_until = 0.0

    def count(self, now: float) -> int:
        """Count one refusal. Return how many refusals a log line should report now, or 0 for no line."""
        self.total += 1
        if now < self._quiet_until:
            return 0
        untold, self._told, self._quiet_until = self.total - self._told, self.total, now + _SECONDS
        return untold


class Refusals:
    def __init__(self, database: Database, seconds: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._seconds = seconds
        self._lock = Lock()
        self.sign_ins = {reason: Refused() for reason in REASONS}
        self.keys = {reason: Refused() for reason in REASONS}

    def sign_in(self, request: HTTPConnection, email: str, reason: Reason) -> None:
        """Count a sign-in with a wrong password, or one over the limit. `email` is what was typed; it is not logged."""
        count = self._count(self.sign_ins[reason])
        if not count:
            return
        with self._database.reading() as tx:
            user = user_of_email(tx, email)
        place, of_request = place_of(address_of(request)), keys_of(request.scope)
        if reason == "wrong":
            log.warning("signin.refused", count=count, user=user, place=place, **of_request)
        else:
            log.warning("signin.throttled", count=count, user=user, place=place, **of_request)

    def key(self, request: HTTPConnection, reason: Reason) -> None:
        """Count a call whose key is missing, unknown, disabled, expired, or over the limit of wrong keys."""
        count = self._count(self.keys[reason])
        if not count:
            return
        place, of_request = place_of(address_of(request)), keys_of(request.scope)
        if reason == "wrong":
            log.warning("key.refused", count=count, place=place, **of_request)
        else:
            log.warning("key.throttled", count=count, place=place, **of_request)

    def _count(self, kind: Refused) -> int:
        with self._lock:
            return kind.count(self._seconds())
