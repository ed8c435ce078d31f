"""Opaque cursors: where a list goes on, in a text that callers hand back as they got it.

A cursor ends with a checksum over its list and its place. So one that a client cut, packed twice or took from another
list is refused: read as the place that is left of it, it would skip or repeat items, and nobody would notice.
"""

import base64
import binascii
import re
import zlib

from waybell.ground.errors import Invalid

_CURSOR = re.compile(r"[\w-]{1,400}", re.ASCII)
_MAX_DIGITS = 18  # of a number that fits into 64 bits


def encode(of: str, *parts: str | int) -> str:
    """Return the cursor for this place in the list that `of` names."""
    return pack("|".join(map(str, (*parts, _check(of, *parts)))))


def decode(of: str, cursor: str, parts: int) -> list[str]:
    """Return the parts that `encode` was given. Raises `Invalid` for anything that it did not make of them."""
    *found, check = unpack(cursor).split("|")
    if len(found) != parts or check != _check(of, *found):
        raise wrong_cursor()
    return found


def pack(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(cursor: str) -> str:
    """Return what was packed. Raises `Invalid` for a text that `pack` does not make."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode() if _CURSOR.fullmatch(cursor) else ""
    except (ValueError, binascii.Error):
        raise wrong_cursor() from None
    if "\0" in text or pack(text) != cursor:
        raise wrong_cursor()
    return text


def number(part: str) -> int:
    """Return a part that is a row number. Raises `Invalid` for what no database holds."""
    if not (part.isascii() and part.isdigit() and len(part) <= _MAX_DIGITS):
        raise wrong_cursor()
    return int(part)


def wrong_cursor() -> Invalid:
    return Invalid(
        "After: not a cursor of this list, or one that was changed on its way. Send the Cursor of your last answer as"
        " it came, or leave it out."
    )


def _check(of: str, *parts: str | int) -> str:
    return f"{zlib.crc32('|'.join(map(str, (of, *parts))).encode()):08x}"
