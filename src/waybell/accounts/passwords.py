"""Passwords as they are kept. Hashing one takes 64 MiB and some tens of milliseconds, by design.

So it is done in turns, and never in a transaction: others would wait for what that has locked.
"""

from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from waybell.ground.bulkhead import Bulkhead

PasswordHash = NewType("PasswordHash", str)  # argon2id, with its parameters

# With those who wait, half of a web server's threads: the other half is for everybody else.
AT_ONCE, _WAITING = 2, 22
_bulkhead = Bulkhead(AT_ONCE, _WAITING, "Too many passwords are being checked at this moment. Try again.")
_hasher = PasswordHasher()


def hashed(password: str) -> PasswordHash:
    """Raises `Busy` when too many are under way."""
    with _bulkhead.slot():
        return PasswordHash(_hasher.hash(password))


def is_right(password: str, kept: str) -> bool:
    """Whether this is the password that was hashed to `kept`. Raises `Busy` when too many are under way."""
    with _bulkhead.slot():
        try:
            return _hasher.verify(kept, password)
        except VerificationError:
            return False
