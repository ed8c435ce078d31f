"""Hashing passwords. One hash takes 64 MiB and some tens of milliseconds, by design.

So few are made at once, and none within a transaction, where others would wait for its locks.
"""

from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from waybell.ground.bulkhead import Bulkhead

PasswordHash = NewType("PasswordHash", str)  # argon2id, with its parameters

# Together with those that wait, half of a web server's threads; the other half stays free for other requests.
AT_ONCE, _WAITING = 2, 22
_bulkhead = Bulkhead(AT_ONCE, _WAITING, "Too many passwords are being checked at this moment. Try again.")
_hasher = PasswordHasher()


def hashed(password: str) -> PasswordHash:
    """Hash a password.

    Raise `Busy` when too many are being hashed.
    """
    with _bulkhead.slot():
        return PasswordHash(_hasher.hash(password))


def is_right(password: str, kept: str) -> bool:
    """Return whether the password matches its hash `kept`.

    Raise `Busy` when too many are being hashed.
    """
    with _bulkhead.slot():
        try:
            return _hasher.verify(kept, password)
        except VerificationError:
            return False
