"""How the text of a body is written: its charset, and JSON that was made from a template of text.

Nothing is guessed. A byte order mark counts first, then the charset of the Content-Type, then what XML declares;
without any of these a body is UTF-8.
"""

import codecs
import re
from typing import Any

from pydantic_core import from_json

from waybell.ground.errors import Invalid, UnsupportedMediaType
from waybell.wire.json_text import with_escapes

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # which begins as that of UTF-16 does
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# As Python names them: Unicode, ASCII, ISO 8859 and the code pages of Windows.
_READ = re.compile(r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp125\d")
_DECLARED = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s"';]*)""", re.IGNORECASE)

_POSITION = re.compile(r" at line \d+ column \d+")


def in_utf8(body: bytes, content_type: str, *, is_xml: bool) -> bytes:
    """Return the body in UTF-8, without a byte order mark.

    Raises `UnsupportedMediaType` for a charset that is not read here, and `Invalid` for a body that is not in its own.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return _recoded(body.removeprefix(mark), _codec(codec), codec)
    named = _CHARSET.search(content_type)
    charset = named[1] if named else _declared(body) if is_xml else ""
    codec = _codec(charset) if charset else "utf-8"
    return _recoded(body, _with_order(body) if codec == "utf-16" else codec, charset)


def _codec(charset: str) -> str:
    try:
        codec = codecs.lookup(charset).name
    except LookupError:
        codec = ""
    if not _READ.fullmatch(codec):
        raise UnsupportedMediaType(f"The charset {charset[:40]} is not read here. Send UTF-8.")
    return codec


def _declared(body: bytes) -> str:
    """Return what an XML document says of itself, where that can be.

    Programs write "utf-16" because their texts are so in memory, and then send UTF-8: a declaration that can be read as
    ASCII is in no UTF-16.
    """
    if body[:2] in {b"<\0", b"\0<"}:
        return "utf-16"
    found = _DECLARED.match(body)
    charset = found[1].decode() if found else ""
    return "" if re.match(r"(utf|ucs)[-_]?(16|32|2|4)|iso-10646|unicode", charset, re.IGNORECASE) else charset


def _with_order(body: bytes) -> str:
    """Return which UTF-16 it is. JSON and XML begin with a character of ASCII: one of its two bytes is 0."""
    if len(body) > 1 and (body[0] == 0) != (body[1] == 0):
        return "utf-16-le" if body[1] == 0 else "utf-16-be"
    return "utf-16-be"  # as RFC 2781 has it; what is none fails to be JSON or XML


def _recoded(body: bytes, codec: str, charset: str) -> bytes:
    if codec == "utf-8":  # is judged by what reads it
        return body
    try:
        return body.decode(codec).encode()
    except UnicodeError:
        raise Invalid(f"The body is not {charset}, as it is said to be. Send UTF-8, or name its charset.") from None


def read_json(body: bytes) -> Any:
    """Read JSON as the standard has it, no NaN, no lone surrogates, no endless nesting; but with one habit of senders.

    What is made by putting texts into a template holds their line breaks and tabs as they are, where JSON wants them
    escaped: they are taken for what they are. Raises `ValueError`.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        escaped = with_escapes(body)
        if escaped == body:
            raise
    try:
        return from_json(escaped, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(_POSITION.sub("", str(error))) from None  # it counts lines that are not the sender's
