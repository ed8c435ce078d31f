"""Hashing passwords. One hash takes 64 MiB and some tens of milliseconds, by design.

So a web server makes few at once (`web/costly_work.py`), and none within a transaction, where others would wait for its
locks.
"""

from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

PasswordHash = NewType("PasswordHash", str)  # argon2id, with its parameters

_hasher = PasswordHasher()


def hashed(password: str) -> PasswordHash:
    return PasswordHash(_hasher.hash(password))


def is_right(password: str, kept: str) -> bool:
    """Return whether the password matches its hash `kept`."""
    try:
        return _hasher.verify(kept, password)
    except VerificationError:
        return False
