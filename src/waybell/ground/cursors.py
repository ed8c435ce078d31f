"""Opaque cursors: text that says where a list goes on and that callers send back unchanged.

A cursor ends with a checksum over the name of its list and its position. A cursor that a client cut, encoded twice or
took from another list is therefore refused; without the checksum it could silently skip or repeat items.
"""

import base64
import binascii
import re
import zlib

from waybell.ground.errors import Invalid

_CURSOR = re.compile(r"[\w-]{1,400}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_TOO_LARGE = 2**63  # a number that databases cannot compare with


def encode(of: str, *parts: str | int) -> str:
    """Return the cursor for this position in the list named `of`."""
    return pack("|".join(map(str, (*parts, _check(of, *parts)))))


def decode(of: str, cursor: str, parts: int) -> list[str]:
    """Return the parts that `encode` was given.

    Raise `Invalid` when `encode` did not make this cursor for the list named `of`.
    """
    *found, check = unpack(cursor).split("|")
    if len(found) != parts or check != _check(of, *found):
        raise wrong_cursor()
    return found


def pack(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(cursor: str) -> str:
    """Return the text that was packed.

    Raise `Invalid` when `pack` could not have made this cursor.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode() if _CURSOR.fullmatch(cursor) else ""
    except (ValueError, binascii.Error):
        raise wrong_cursor() from None
    if "\0" in text or pack(text) != cursor:
        raise wrong_cursor()
    return text


def number(part: str, least: int = 0) -> int:
    """Return the number in a part.

    Raise `Invalid` when the number is below `least`, or too large for a database to compare.
    """
    if not _NUMBER.fullmatch(part) or not least <= int(part) < _TOO_LARGE:
        raise wrong_cursor()
    return int(part)


def wrong_cursor() -> Invalid:
    return Invalid(
        "After: not a cursor of this list, or one that was changed on its way. Send the Cursor of your last answer as"
        " it came, or leave it out."
    )


def _check(of: str, *parts: str | int) -> str:
    return f"{zlib.crc32('|'.join(map(str, (of, *parts))).encode()):08x}"
