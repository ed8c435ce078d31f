"""What can be wrong with a request, said so that its sender knows what to do next.

Raise these for mistakes of callers. `web/errors.py` holds the one table that turns them into HTTP answers; anything
else that is raised is our own fault and becomes "Internal Server Error" outside and a traceback in the log.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class WaybellError(Exception):
    """Base of the errors below; `str(error)` is the sentence for the caller."""


class Invalid(WaybellError):  # noqa: N818 - they read as what the request was
    """The request cannot be carried out as it stands (400)."""


@contextmanager
def within(place: str) -> Iterator[None]:
    """Put the place in the request, such as `Orders[2]`, before each line of an `Invalid`; nothing when it is empty."""
    try:
        yield
    except Invalid as error:
        lines = (f"{place}.{line}" if place else line for line in str(error).splitlines())
        raise Invalid("\n".join(lines)) from None


class Unauthorized(WaybellError):  # noqa: N818
    """No key, an unknown key, or a disabled one (401)."""


class Forbidden(WaybellError):  # noqa: N818
    """The key is good, but not for this (403); says what it may not."""


class TooManyRequests(WaybellError):  # noqa: N818
    """Over a limit (429); `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotFound(WaybellError):  # noqa: N818
    """No such object in this account (404)."""


class Gone(WaybellError):  # noqa: N818
    """It was there and was deleted (410); `removed` is the document that says what and when."""

    def __init__(self, message: str, removed: Any) -> None:
        super().__init__(message)
        self.removed = removed


class NotAllowedNow(WaybellError):  # noqa: N818
    """The object's state forbids it (405, as the API names it)."""


class Conflict(WaybellError):  # noqa: N818
    """Something else with that name is there already (409)."""


class TooLarge(WaybellError):  # noqa: N818
    """The body is over the limit (413)."""


class UnsupportedMediaType(WaybellError):  # noqa: N818
    """The Content-Type, its charset or the Content-Encoding is none that we read (415)."""


class UnsupportedCoding(UnsupportedMediaType):
    """The body is packed in a way that is not unpacked here (415); `codings` are those that are."""

    def __init__(self, message: str, codings: str) -> None:
        super().__init__(message)
        self.codings = codings


class NotInstalled(WaybellError):  # noqa: N818
    """It takes an optional part that this installation lacks (501)."""


class Busy(WaybellError):  # noqa: N818
    """Too much of this is under way (503)."""

    retry_after = 1  # seconds


class SetupError(WaybellError):
    """The installation itself is not right: wrong settings, an old schema, a key that is missing.

    It stops the start, or shows later (500).
    """
