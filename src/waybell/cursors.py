"""Opaque cursors: where a list goes on, in a text that callers hand back as they got it."""

import base64
import binascii

from waybell.errors import Invalid

_MAX_CHARACTERS = 400
_MAX_DIGITS = 18  # of a number that fits into 64 bits


def encode(*parts: str | int) -> str:
    return base64.urlsafe_b64encode("|".join(map(str, parts)).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[str]:
    """The parts that `encode` was given. Raises `Invalid` for anything that it did not make."""
    try:
        text = base64.urlsafe_b64decode(cursor[:_MAX_CHARACTERS] + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        raise wrong_cursor() from None
    found = text.split("|")
    if len(found) != parts or "\0" in text:
        raise wrong_cursor()
    return found


def number(part: str) -> int:
    """A part that is a row number. Raises `Invalid` for what no database holds."""
    if not (part.isascii() and part.isdigit() and len(part) <= _MAX_DIGITS):
        raise wrong_cursor()
    return int(part)


def wrong_cursor() -> Invalid:
    return Invalid("After: not a cursor of this list. Send the Cursor of your last answer, or leave it out.")
