"""Work that takes much memory or time for one request. A web server does few pieces of each kind at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from waybell.accounts import actions as accounts
from waybell.accounts.passwords import PasswordHash, hashed
from waybell.db.database import Database
from waybell.ground.bulkhead import Bulkhead
from waybell.pictures import encoding
from waybell.pictures.model import Photo

T = TypeVar("T")


class CostlyWork:
    """The limits of one web application. Each method raises `Busy` when too many requests wait for it."""

    def __init__(self) -> None:
        # Running and waiting work together take half of a web server's threads; the other half stays free.
        self.passwords = Bulkhead(2, 22, "Too many passwords are being checked at this moment. Try again.")
        # Pictures are read one at a time, because one can take 170 MB, and in one thread, because the heap of a thread
        # keeps the memory that it once had: twelve large PNGs at once left 1.7 GB in twelve threads.
        self.pictures = Bulkhead(1, 8, "Too many pictures are being read at this moment. Send it again.")
        self._picture_thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    def hash_password(self, password: str) -> PasswordHash:
        with self.passwords.slot():
            return hashed(password)

    def new_password(self, password: str) -> PasswordHash:
        """Check a new password and return its hash, as `accounts.actions.new_password` does."""
        with self.passwords.slot():
            return accounts.new_password(password)

    def check_password(self, database: Database, email: str, password: str) -> str | None:
        """Return the id of the user with this address and password, or None."""
        with self.passwords.slot():
            return accounts.check_password(database, email, password)

    def photo(self, sent: bytes) -> Photo:
        """Return the picture as `pictures.encoding.photo` makes it."""
        return self._read(encoding.photo, sent)

    def logo(self, sent: bytes) -> bytes:
        """Return the picture as `pictures.encoding.logo` makes it."""
        return self._read(encoding.logo, sent)

    def _read(self, make: Callable[[bytes], T], sent: bytes) -> T:
        with self.pictures.slot():
            return self._picture_thread.submit(make, sent).result()
