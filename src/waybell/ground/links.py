"""Links that documents carry to the outside: permanent ones to tracking pages, expiring ones to pictures and reports.

An expiring link holds its end and a signature over path and end. Nothing is stored, so every process can check a link,
and a client can neither extend a link nor point it elsewhere.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

_END = re.compile(r"[0-9]{1,12}", re.ASCII)


class Links:
    def __init__(self, base_url: str, keys: Callable[[], Sequence[bytes]]) -> None:
        """Make links below `base_url`, which has no trailing slash.

        `keys` returns the signing keys in force, newest first: the first signs, and all of them verify.
        """
        self._base_url = base_url
        self._keys = keys

    def tracking(self, track_id: str) -> str:
        """Return the link to the public tracking page of an order; the random id is its only protection."""
        return f"{self._base_url}/track?id={quote(track_id)}"

    def until(self, end: datetime, path: str) -> str:
        """Return a link to `path` that is valid until `end`, to the second. `path` holds only unreserved characters."""
        return self._base_url + self.here_until(end, path)

    def here_until(self, end: datetime, path: str) -> str:
        """Return the same link without the host, for our own pages."""
        seconds = int(end.timestamp())
        return f"{path}?until={seconds}&sig={_signature(self._keys()[0], path, seconds)}"

    def is_good(self, path: str, end: str, signature: str, now: datetime) -> bool:
        """Return whether the signature is ours and the link has not expired."""
        if not _END.fullmatch(end) or datetime.fromtimestamp(int(end), UTC) < now.replace(microsecond=0):
            return False
        given = signature.encode()
        good = [hmac.compare_digest(_signature(key, path, int(end)).encode(), given) for key in self._keys()]
        return any(good)


def _signature(key: bytes, path: str, seconds: int) -> str:
    return urlsafe_b64encode(hmac.digest(key, f"{path}\n{seconds}".encode(), "sha256")).decode().rstrip("=")
