"""Links that documents carry to the outside: to the tracking page for good, to pictures and reports for a time.

A link for a time names its end and is signed over path and end. Nothing is stored of it: whichever process is asked
can judge it, and no link can be made longer or lead elsewhere.
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
        """`base_url` has no trailing slash. `keys` answers those in force: the first signs, those of all are good."""
        self._base_url = base_url
        self._keys = keys

    def tracking(self, track_id: str) -> str:
        """To the page that everybody may see who knows the random id."""
        return f"{self._base_url}/track?id={quote(track_id)}"

    def until(self, end: datetime, path: str) -> str:
        """To what lies at `path` (of unreserved letters), good up to that second."""
        return self._base_url + self.here_until(end, path)

    def here_until(self, end: datetime, path: str) -> str:
        """The same for a page of our own: without the host."""
        seconds = int(end.timestamp())
        return f"{path}?until={seconds}&sig={_signature(self._keys()[0], path, seconds)}"

    def is_good(self, path: str, end: str, signature: str, now: datetime) -> bool:
        """Whether we have made this link, and it has not ended."""
        if not _END.fullmatch(end) or datetime.fromtimestamp(int(end), UTC) < now.replace(microsecond=0):
            return False
        given = signature.encode()
        good = [hmac.compare_digest(_signature(key, path, int(end)).encode(), given) for key in self._keys()]
        return any(good)


def _signature(key: bytes, path: str, seconds: int) -> str:
    return urlsafe_b64encode(hmac.digest(key, f"{path}\n{seconds}".encode(), "sha256")).decode().rstrip("=")
