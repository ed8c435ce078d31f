"""The errors of a request. Each message tells the caller what to do next.

Raise one of these for a mistake of the caller. One table in `web/errors.py` turns them into HTTP answers. Any other
exception is a fault of ours: the caller gets "Internal Server Error" and the log gets the traceback.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class WaybellError(Exception):
    """The base of the errors below; `str(error)` is the message for the caller."""


class Invalid(WaybellError):  # noqa: N818 - the name says what the request was
    """The request cannot be carried out as it stands (400)."""


@contextmanager
def within(place: str) -> Iterator[None]:
    """Put a place in the request, such as `Orders[2]`, before each line of an `Invalid` raised in the block.

    An empty place adds nothing.
    """
    try:
        yield
    except Invalid as error:
        lines = (f"{place}.{line}" if place else line for line in str(error).splitlines())
        raise Invalid("\n".join(lines)) from None


class Unauthorized(WaybellError):  # noqa: N818
    """The key of the request is missing, unknown, disabled or expired (401)."""


class Forbidden(WaybellError):  # noqa: N818
    """The key is valid but lacks the permission (403); the message names the missing permission."""


class TooManyRequests(WaybellError):  # noqa: N818
    """The caller is over a limit (429); `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(WaybellError):  # noqa: N818
    """The account has no such object (404)."""


class Gone(WaybellError):  # noqa: N818
    """The object was deleted (410); `removed` is the document that says what was deleted and when."""

    def __init__(self, message: str, removed: Any) -> None:
        super().__init__(message)
        self.removed = removed


class NotAllowedNow(WaybellError):  # noqa: N818
    """The state of the object forbids the operation (405, as the Track-POD API specifies)."""


class Conflict(WaybellError):  # noqa: N818
    """The request conflicts with another object, or with the present state of this one (409)."""


class Outdated(Conflict):
    """The caller relied on a state that somebody has changed since (409); `facts` say who, and what is there now."""

    def __init__(self, message: str, facts: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.facts = facts


class Raced(Conflict):
    """Another request came in between (409); the same request may succeed when it is sent again."""


class TooLarge(WaybellError):  # noqa: N818
    """The body is over the size limit (413)."""


class KeyReused(WaybellError):  # noqa: N818
    """The Idempotency-Key was sent before with another request (422)."""


class UnsupportedMediaType(WaybellError):  # noqa: N818
    """The server does not read this Content-Type, charset or Content-Encoding (415)."""


class UnsupportedCoding(UnsupportedMediaType):
    """The server cannot decompress the body (415); `codings` lists the encodings that it can."""

    def __init__(self, message: str, codings: str) -> None:
        super().__init__(message)
        self.codings = codings


class NotInstalled(WaybellError):  # noqa: N818
    """The operation needs an optional part that is not installed (501)."""


class Busy(WaybellError):  # noqa: N818
    """Too many of these operations are under way (503)."""

    retry_after = 1  # seconds


class SetupError(WaybellError):
    """The installation is wrong: a bad setting, an old schema or a missing key.

    It stops the start. While the server runs, the caller gets a 500.
    """
